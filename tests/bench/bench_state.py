"""How long a state of one million SKUs takes to be recorded, counted, copied and searched."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from dataclasses import replace
from itertools import chain
from pathlib import Path

import pytest

from syncd.domain.attributes import Attribute, ItemId, Value
from syncd.domain.tracking import Ownership, SkuState, Tracked
from syncd.ports import State
from syncd.state import codec, open_existing_read_only, open_state, schema
from syncd.state.sqlite.file import KEPT
from tests.bench.conftest import Measure, Tell, TellTime
from tests.bench.figure import Beside, Figure, at_most

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


def _enter(context: Callable[[], AbstractContextManager[object]]) -> None:
    with context():
        pass


@pytest.mark.timeout(600)
def test_recording_against_the_bare_driver(measure: Measure, tell: Tell, tmp_path: Path) -> None:
    file = tmp_path / "syncd.db"
    with closing(open_state(f"sqlite:///{file}")) as state:
        recorded = measure(_record, state)
    raw = Beside("bare sqlite3 executemany", _record_raw(tmp_path / "raw.db", file))

    tell(Figure(f"state: {SKUS:,} SKUs put", recorded, "s", at_most(3.0), raw))
    size = file.stat().st_size / SKUS
    tell(Figure("state: a SKU on disk", size, "bytes", at_most(250)))


def test_census(tell_time: TellTime, state: State) -> None:
    assert sum(tell_time("state: census", state.census, 20, 0.1).states.values()) == SKUS


def test_finding_the_pending_ones(tell_time: TellTime, state: State) -> None:
    wanted = frozenset({SkuState.PENDING, SkuState.QUARANTINED, SkuState.MISSING})

    found = tell_time("state: 1,000 pending found", lambda: list(chain(*state.in_states(wanted))))

    assert len(found) == SKUS // PENDING_EVERY


def test_owned_ids_from_all_over(tell_time: TellTime, state: State) -> None:
    assert len(tell_time("state: 100 owned ids from all over", lambda: state.owned(100))) == 100


def test_an_overlay(tell_time: TellTime, state: State) -> None:
    tell_time("state: an overlay", lambda: _enter(state.overlay))


def test_fingerprints_made_anew(tell_time: TellTime, state: State, file: Path) -> None:
    copy = file.with_name("syncd.db.fingerprints.parquet")

    def make() -> None:
        copy.unlink(missing_ok=True)
        _enter(state.fingerprints)

    tell_time("state: fingerprints made anew", make)


def test_fingerprints_mended(tell_time: TellTime, state: State) -> None:
    """What a cycle finds after one that has changed one row in a hundred."""
    _enter(state.fingerprints)
    numbers = iter(range(1, 100))

    def change_and_mend() -> None:
        turn = next(numbers)
        rows = [_sku(number) for number in range(SKUS // 100)]
        with state.transaction() as transaction:
            transaction.put([replace(row, fingerprint=turn) for row in rows])
        _enter(state.fingerprints)

    tell_time("state: 1 % put, and the fingerprints mended", change_and_mend)


def test_fingerprints_as_they_are(tell_time: TellTime, state: State) -> None:
    _enter(state.fingerprints)

    tell_time("state: fingerprints as they are", lambda: _enter(state.fingerprints), 20, 0.1)


def test_opening_to_read(tell_time: TellTime, file: Path) -> None:
    def look() -> int:
        with closing(open_existing_read_only(f"sqlite:///{file}")) as state:
            return state.census().owned

    assert tell_time("state: opened to read, and counted", look, 10, 0.5) == SKUS
