"""How long a state of one million SKUs in PostgreSQL takes to be recorded, counted and searched.

Run by name: `pytest tests/bench/bench_state_postgres.py -s`.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from syncd.domain.attributes import ItemId
from syncd.domain.tracking import SkuState
from syncd.ports import State
from syncd.state import open_existing_read_only
from tests.bench.bench_state import BATCH, PENDING_EVERY, SKUS, _record, _sku, _timed
from tests.postgres_states import Account, new_account
from tests.servers import Server, own_postgres

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

_RELATIONS = "SELECT count(*) FROM pg_class WHERE relnamespace = current_schema()::regnamespace"
_ACCOUNTS = 100


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with own_postgres() as server:
        yield server


@pytest.fixture(scope="module")
def account(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """A state of a million SKUs, one in a thousand of them pending."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CACHE_DIRECTORY", str(tmp_path_factory.mktemp("cache")))
        with new_account(server) as account:
            with closing(account.open()) as state:
                seconds = _record(state)
            (size,) = account.ask("SELECT pg_total_relation_size('sku')")[0]
            account.run("ANALYZE sku")
            sys.stdout.write(f"\n{SKUS / seconds:,.0f} rows/s recorded, {size} bytes\n")
            yield account


@pytest.fixture
def state(account: Account) -> Iterator[State]:
    with closing(account.open()) as state:
        yield state


@pytest.mark.timeout(600)
def test_census(benchmark: BenchmarkFixture, state: State) -> None:
    assert sum(_timed(benchmark, state.census).states.values()) == SKUS


def test_finding_the_pending_ones(benchmark: BenchmarkFixture, state: State) -> None:
    wanted = frozenset({SkuState.PENDING, SkuState.QUARANTINED, SkuState.MISSING})

    found = _timed(benchmark, lambda: list(chain(*state.in_states(wanted))))

    assert len(found) == SKUS // PENDING_EVERY


def test_owned_ids_from_all_over(benchmark: BenchmarkFixture, state: State) -> None:
    assert len(_timed(benchmark, lambda: state.owned(100))) == 100


def test_a_dry_run_of_ten(benchmark: BenchmarkFixture, state: State) -> None:
    rows = [_sku(number) for number in range(10)]

    def dry_run() -> int:
        with state.overlay() as overlay, overlay.transaction() as transaction:
            transaction.put(rows)
            return len(transaction.tracked([row.id for row in rows]))

    assert _timed(benchmark, dry_run) == 10


def test_looking_rows_up_beneath_an_overlay(benchmark: BenchmarkFixture, state: State) -> None:
    ids = [ItemId(f"SKU-{number:08}") for number in range(0, SKUS, SKUS // 1000)]
    with state.overlay() as overlay:
        with overlay.transaction() as transaction:
            transaction.put([_sku(number) for number in range(BATCH)])
        assert len(_timed(benchmark, lambda: overlay.tracked(ids))) == 1000


def test_a_settled_batch(benchmark: BenchmarkFixture, state: State) -> None:
    rows = [_sku(number) for number in range(25)]

    def settle() -> None:
        with state.transaction() as transaction:
            transaction.put(rows)

    _timed(benchmark, settle, rounds=20)


def test_fingerprints_made_anew(benchmark: BenchmarkFixture, state: State) -> None:
    def make() -> None:
        with state.fingerprints() as copy:
            pass
        copy.unlink()

    _timed(benchmark, make)


def test_opening_to_read(benchmark: BenchmarkFixture, account: Account) -> None:
    def look() -> int:
        with closing(open_existing_read_only(account.url, account.name)) as state:
            return state.census().owned

    assert _timed(benchmark, look, rounds=5) == SKUS


def test_what_an_account_costs(server: Server, tmp_path: Path) -> None:
    """So many empty accounts in one database: relations, bytes of the catalogs, seconds to make."""
    with pytest.MonkeyPatch.context() as patch, new_account(server) as first:
        patch.setenv("CACHE_DIRECTORY", str(tmp_path))
        size = "SELECT pg_database_size(current_database())"
        (before,), began = first.ask(size)[0], time.perf_counter()
        made = [new_account(server) for _ in range(_ACCOUNTS)]
        for one in made:
            one.__enter__()
        seconds = (time.perf_counter() - began) / _ACCOUNTS
        (after,) = first.ask(size)[0]
        (relations,) = first.ask(_RELATIONS)[0]
        sys.stdout.write(
            f"\nan account: {relations} relations, {(after - before) / _ACCOUNTS / 1024:.0f} KiB,"  # type: ignore[operator]  # they are numbers
            f" {seconds * 1000:.0f} ms to make\n"
        )
        for one in made:
            one.__exit__(None, None, None)
