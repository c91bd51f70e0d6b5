"""Many at one file: readers beside a writer, writers in turn, one cycle, and death at any time."""

from __future__ import annotations

import sqlite3
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from syncd.domain.attributes import ItemId
from syncd.domain.tracking import SkuState
from syncd.errors import LeaseHeldError, StateBusyError
from syncd.ports import Census, State
from syncd.state import open_state, patience
from syncd.state.sqlite.opening import open_for_writing
from tests.contract.state.examples import put, sku
from tests.integration.state.conftest import StartProcess

_AT_ONCE = timedelta(0)
_KILL_ME_WRITING = """
from syncd.domain.attributes import Attribute
from syncd.domain.tracking import Tracked
long = {Attribute.PART_NUMBER: "x" * 300_000}
with state.transaction() as transaction:
    transaction.forget(["kept"])
    transaction.put([Tracked(f"{number:03}", desired=long) for number in range(100)])
    print("ready", flush=True)
    input()
"""
_KILL_ME_LEASING = """
from datetime import timedelta
with state.lease("the one that died", timedelta(0)):
    print("ready", flush=True)
    input()
"""
_KILL_ME_AFTER_COMMIT = """
from syncd.domain.tracking import Tracked
with state.transaction() as transaction:
    transaction.put([Tracked("committed")])
print("ready", flush=True)
input()
"""


def _die(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait()


def test_a_process_killed_in_a_transaction_leaves_the_old_state(
    state: State, file: Path, start_process: StartProcess
) -> None:
    put(state, [sku("kept")])
    with start_process(_KILL_ME_WRITING) as process:
        assert file.with_name("syncd.db-wal").stat().st_size > 1_000_000  # some of it is written
        _die(process)

        assert state.tracked([ItemId("kept"), ItemId("000")]) == {"kept": sku("kept")}
        put(state, [sku("next")])
    assert state.census() == Census({SkuState.PENDING: 2}, 0)


def test_what_was_committed_outlives_the_process(state: State, start_process: StartProcess) -> None:
    with start_process(_KILL_ME_AFTER_COMMIT) as process:
        _die(process)

    assert list(state.tracked([ItemId("committed")])) == ["committed"]


def test_the_lease_of_a_killed_process_is_free(state: State, start_process: StartProcess) -> None:
    with start_process(_KILL_ME_LEASING) as process:
        with (
            pytest.raises(LeaseHeldError, match="the one that died"),
            state.lease("heir", _AT_ONCE),
        ):
            pytest.fail("two hold the lease")
        _die(process)

        with state.lease("heir", _AT_ONCE), pytest.raises(LeaseHeldError, match="heir"):
            state.lease("third", _AT_ONCE).__enter__()


def test_a_lease_leaves_the_file_of_the_state_to_others(
    state: State, start_process: StartProcess
) -> None:
    with start_process(_KILL_ME_LEASING):
        put(state, [sku("a")])

    assert state.census().states == {SkuState.PENDING: 1}


def test_the_clock_dates_the_lease(url: str, file: Path) -> None:
    class Clock:
        def now(self) -> datetime:
            return datetime(2020, 2, 29, tzinfo=UTC)

        async def sleep(self, seconds: float) -> None:
            """Nothing waits."""

    with closing(open_state(url, Clock())) as state, state.lease("me", _AT_ONCE):
        assert b"2020-02-29 00:00:00 UTC" in file.with_name("syncd.db.lock").read_bytes()


def test_a_writer_that_never_ends_is_not_waited_for_for_ever(file: Path) -> None:
    with closing(open_for_writing(file, busy_timeout=timedelta(milliseconds=50))) as state:
        put(state, [sku("a")])
        with closing(sqlite3.connect(file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with (
                pytest.raises(StateBusyError, match=r"keeps it locked.*Let that process end"),
                state.transaction(),
            ):
                pytest.fail("two write at once")
            assert state.census().states == {SkuState.PENDING: 1}
            other.execute("ROLLBACK")
        put(state, [sku("b")])


def test_in_a_hurry_a_writer_waits_a_few_seconds_more_and_no_longer(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "HURRIED", 0.1)
    monkeypatch.setattr(patience, "LEAST", 0.1)
    with (
        closing(open_for_writing(file)) as state,
        closing(sqlite3.connect(file, isolation_level=None)) as other,
        ThreadPoolExecutor(1) as pool,
    ):
        other.execute("BEGIN IMMEDIATE")
        waiting = pool.submit(put, state, [sku("a")])
        state.hurry()
        with pytest.raises(StateBusyError):
            waiting.result(10)  # as usual it would be thirty
        other.execute("ROLLBACK")
        put(state, [sku("b")])


def test_a_file_locked_for_everything_is_busy(file: Path, url: str) -> None:
    open_state(url).close()
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StateBusyError):
            open_for_writing(file, busy_timeout=timedelta(milliseconds=50))


def test_readers_see_whole_transactions_while_one_is_written(state: State) -> None:
    rows = [sku(f"{number:04}") for number in range(2000)]
    put(state, rows)
    held = [sku(row.id, SkuState.HELD) for row in rows]

    with ThreadPoolExecutor(4) as pool:
        writing = pool.submit(put, state, held)
        seen = [pool.submit(state.census) for _ in range(30)]
        writing.result()

    assert all(len(census.result().states) == 1 for census in seen)
    assert state.census().states == {SkuState.HELD: 2000}
