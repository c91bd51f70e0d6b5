"""How long a state of one million SKUs in PostgreSQL takes to be recorded, counted and searched."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from itertools import chain
from pathlib import Path

import pytest

from syncd.domain.attributes import ItemId
from syncd.domain.tracking import SkuState
from syncd.ports import State
from syncd.state import open_existing_read_only
from tests.bench.bench_state import BATCH, PENDING_EVERY, SKUS, _record, _sku
from tests.bench.conftest import FIGURES, Tell, TellTime
from tests.bench.figure import Figure
from tests.postgres_states import Account, new_account
from tests.servers import Server, own_postgres

_RELATIONS = "SELECT count(*) FROM pg_class WHERE relnamespace = current_schema()::regnamespace"
_ACCOUNTS = 100


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with own_postgres() as server:
        yield server


@pytest.fixture(scope="module")
def account(
    server: Server, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Account]:
    """A state of a million SKUs, one in a thousand of them pending."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CACHE_DIRECTORY", str(tmp_path_factory.mktemp("cache")))
        with new_account(server) as account:
            with closing(account.open()) as state:
                seconds = _record(state)
            (size,) = account.ask("SELECT pg_total_relation_size('sku')")[0]
            tell = request.config.stash[FIGURES].append
            tell(Figure(f"PostgreSQL: {SKUS:,} SKUs put", seconds, "s"))
            tell(Figure("PostgreSQL: a SKU on disk", int(str(size)) / SKUS, "bytes"))
            account.run("ANALYZE sku")
            yield account


@pytest.fixture
def state(account: Account) -> Iterator[State]:
    with closing(account.open()) as state:
        yield state


@pytest.mark.timeout(600)
def test_census(tell_time: TellTime, state: State) -> None:
    assert sum(tell_time("PostgreSQL: census", state.census).states.values()) == SKUS


def test_finding_the_pending_ones(tell_time: TellTime, state: State) -> None:
    wanted = frozenset({SkuState.PENDING, SkuState.QUARANTINED, SkuState.MISSING})

    name = "PostgreSQL: 1,000 pending found"
    found = tell_time(name, lambda: list(chain(*state.in_states(wanted))))

    assert len(found) == SKUS // PENDING_EVERY


def test_owned_ids_from_all_over(tell_time: TellTime, state: State) -> None:
    name = "PostgreSQL: 100 owned ids from all over"
    assert len(tell_time(name, lambda: state.owned(100))) == 100


def test_a_dry_run_of_ten(tell_time: TellTime, state: State) -> None:
    rows = [_sku(number) for number in range(10)]

    def dry_run() -> int:
        with state.overlay() as overlay, overlay.transaction() as transaction:
            transaction.put(rows)
            return len(transaction.tracked([row.id for row in rows]))

    assert tell_time("PostgreSQL: a dry run of ten", dry_run) == 10


def test_looking_rows_up_beneath_an_overlay(tell_time: TellTime, state: State) -> None:
    ids = [ItemId(f"SKU-{number:08}") for number in range(0, SKUS, SKUS // 1000)]
    with state.overlay() as overlay:
        with overlay.transaction() as transaction:
            transaction.put([_sku(number) for number in range(BATCH)])
        name = "PostgreSQL: 1,000 rows beneath an overlay"
        assert len(tell_time(name, lambda: overlay.tracked(ids))) == 1000


def test_a_settled_batch(tell_time: TellTime, state: State) -> None:
    rows = [_sku(number) for number in range(25)]

    def settle() -> None:
        with state.transaction() as transaction:
            transaction.put(rows)

    tell_time("PostgreSQL: 25 settled", settle, 20)


def test_fingerprints_made_anew(tell_time: TellTime, state: State) -> None:
    def make() -> None:
        with state.fingerprints() as known:
            pass
        known.copy.unlink()

    tell_time("PostgreSQL: fingerprints made anew", make)


def test_opening_to_read(tell_time: TellTime, account: Account) -> None:
    def look() -> int:
        with closing(open_existing_read_only(account.url, account.name)) as state:
            return state.census().owned

    assert tell_time("PostgreSQL: opened to read, and counted", look, 5) == SKUS


def test_what_an_account_costs(server: Server, tmp_path: Path, tell: Tell) -> None:
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
        bytes_each = (int(str(after)) - int(str(before))) / _ACCOUNTS
        tell(Figure("PostgreSQL: relations of an account", int(str(relations)), "tables, indexes"))
        tell(Figure("PostgreSQL: an empty account on disk", bytes_each / 1024, "KiB"))
        tell(Figure("PostgreSQL: an account made", seconds, "s"))
        for one in made:
            one.__exit__(None, None, None)
