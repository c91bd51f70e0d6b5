"""How long a state of one million SKUs takes to be recorded, counted, copied and searched.

Run by name: `pytest tests/bench/bench_state.py -s`.
"""

from __future__ import annotations

import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest

from syncd.domain.attributes import Attribute, ItemId, Value
from syncd.domain.tracking import Ownership, SkuState, Tracked
from syncd.ports import State
from syncd.state import codec, open_existing_read_only, open_state, schema
from syncd.state.sqlite import KEPT

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

_T = TypeVar("_T")

SKUS = 1_000_000
BATCH = 10_000
PENDING_EVERY = 1000


def _sku(number: int) -> Tracked:
    desired: dict[Attribute, Value] = {
        Attribute.MANUFACTURER_ID: f"Manufacturer {number % 300}",
        Attribute.PART_NUMBER: f"PN-{number:07}",
        Attribute.COUNTRY_OF_ORIGIN: "DK",
        Attribute.ECCN: "EAR99",
        Attribute.HS_CODE: "640420",
        Attribute.ALLOW_OVERSELL: False,
    }
    return Tracked(
        ItemId(f"SKU-{number:08}"),
        fingerprint=number * 7919,
        desired=desired,
        known=desired | ({} if number % PENDING_EVERY else {Attribute.ECCN: "5A992"}),
        sent=frozenset(Attribute),
        ownership=Ownership.OWNED,
        revision=1,
    )


def _batches() -> Iterator[list[Tracked]]:
    for start in range(0, SKUS, BATCH):
        yield [_sku(number) for number in range(start, start + BATCH)]


def _record(state: State) -> float:
    """Seconds spent in the state, the making of the rows left out."""
    spent = 0.0
    with state.transaction() as transaction:
        for rows in _batches():
            began = time.perf_counter()
            transaction.put(rows)
            spent += time.perf_counter() - began
        began = time.perf_counter()
    return spent + time.perf_counter() - began


def _record_raw(file: Path, tables: Path) -> float:
    """Seconds for the same rows, encoded beforehand, through the bare driver."""
    with closing(sqlite3.connect(tables)) as like:
        layout = [
            statement
            for (statement,) in like.execute(
                "SELECT sql FROM sqlite_master WHERE tbl_name = 'sku' AND sql IS NOT NULL"
            )
        ]
    places = ", ".join("?" * len(schema.sku.columns))
    spent = 0.0
    with closing(sqlite3.connect(file, isolation_level=None)) as raw:
        for statement in (*KEPT.pragmas, *layout, "BEGIN IMMEDIATE"):
            raw.execute(statement)
        for rows in _batches():
            encoded = [codec.sku_row(row) for row in rows]
            began = time.perf_counter()
            raw.executemany(f"INSERT OR REPLACE INTO sku VALUES ({places})", encoded)  # noqa: S608
            spent += time.perf_counter() - began
        began = time.perf_counter()
        raw.execute("COMMIT")
    return spent + time.perf_counter() - began


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state of a million SKUs, one in a thousand of them pending."""
    file = tmp_path_factory.mktemp("state") / "syncd.db"
    with closing(open_state(f"sqlite:///{file}")) as state:
        _record(state)
    return file


@pytest.fixture
def state(file: Path) -> Iterator[State]:
    with closing(open_state(f"sqlite:///{file}")) as state:
        yield state


def _timed(benchmark: BenchmarkFixture, action: Callable[[], _T], rounds: int = 3) -> _T:
    """A few rounds, for what takes seconds."""
    result: _T = benchmark.pedantic(  # type: ignore[no-untyped-call]  # it carries no types
        action, rounds=rounds
    )
    return result


def _enter(context: Callable[[], AbstractContextManager[object]]) -> None:
    with context():
        pass


@pytest.mark.timeout(600)
def test_recording_against_the_bare_driver(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    file = tmp_path / "syncd.db"
    with closing(open_state(f"sqlite:///{file}")) as state:
        recorded = _timed(benchmark, lambda: _record(state), rounds=1)
    raw = _record_raw(tmp_path / "raw.db", file)

    benchmark.extra_info |= {
        "seconds": recorded,
        "raw_seconds": raw,
        "times_raw": recorded / raw,
        "bytes_a_sku": file.stat().st_size / SKUS,
    }
    sys.stdout.write(f"\n{benchmark.extra_info}\n")


def test_census(benchmark: BenchmarkFixture, state: State) -> None:
    assert sum(benchmark(state.census).states.values()) == SKUS


def test_finding_the_pending_ones(benchmark: BenchmarkFixture, state: State) -> None:
    wanted = frozenset({SkuState.PENDING, SkuState.QUARANTINED, SkuState.MISSING})

    found = benchmark(lambda: list(chain(*state.in_states(wanted))))

    assert len(found) == SKUS // PENDING_EVERY


def test_owned_ids_from_all_over(benchmark: BenchmarkFixture, state: State) -> None:
    assert len(_timed(benchmark, lambda: state.owned(100))) == 100


def test_an_overlay(benchmark: BenchmarkFixture, state: State) -> None:
    _timed(benchmark, lambda: _enter(state.overlay))


def test_fingerprints_made_anew(benchmark: BenchmarkFixture, state: State, file: Path) -> None:
    copy = file.with_name("syncd.db.fingerprints.parquet")

    def make() -> None:
        copy.unlink(missing_ok=True)
        _enter(state.fingerprints)

    _timed(benchmark, make)


def test_fingerprints_as_they_are(benchmark: BenchmarkFixture, state: State) -> None:
    _enter(state.fingerprints)

    benchmark(_enter, state.fingerprints)


def test_opening_to_read(benchmark: BenchmarkFixture, file: Path) -> None:
    def look() -> int:
        with closing(open_existing_read_only(f"sqlite:///{file}")) as state:
            return state.census().owned

    assert benchmark(look) == SKUS
