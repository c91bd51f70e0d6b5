"""What a large commit leaves in the log is moved into the file behind its back."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from syncd.ports import State
from syncd.state import open_state
from syncd.state.sqlite.log_moving import MANY, LogMoving
from tests.contract.state.examples import put, sku

ROWS = [sku(f"{number:05}") for number in range(MANY + 1)]


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[LogMoving]:
    """What was to be moved, and is not."""
    begun: list[LogMoving] = []

    def note(moving: LogMoving) -> None:
        begun.append(moving)

    monkeypatch.setattr(LogMoving, "begin", note)
    return begun


def test_a_large_commit_is_there_before_its_log_is_moved(
    state: State, file: Path, begun: list[LogMoving]
) -> None:
    put(state, ROWS)

    assert len(state.tracked([row.id for row in ROWS])) == len(ROWS)
    assert (len(begun), _rows_without_log(file)) == (1, 0)


def test_a_large_commit_is_moved_by_a_thread_of_its_own(
    state: State, file: Path, begun: list[LogMoving], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(state, ROWS)
    monkeypatch.undo()
    begun[0].begin()
    begun[0].end()

    assert _rows_without_log(file) == len(ROWS)


def test_a_small_commit_moves_its_log_itself(state: State, begun: list[LogMoving]) -> None:
    put(state, ROWS)
    put(state, ROWS[:5])

    assert len(begun) == 1


@pytest.mark.parametrize(("rows", "pages"), [(MANY, 1000), (MANY + 1, 0)])
def test_only_who_commits_much_leaves_the_log_to_others(rows: int, pages: int) -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        moving = LogMoving(lambda: connection)
        connection.execute("CREATE TABLE t (a)")
        connection.executemany("INSERT INTO t VALUES (?)", ((row,) for row in range(rows)))

        assert moving.is_worthwhile(connection, 0) is (pages == 0)
        assert connection.execute("PRAGMA wal_autocheckpoint").fetchone() == (pages,)


def test_who_closes_the_file_waits_until_all_is_moved() -> None:
    is_slow, moved = threading.Event(), list[bool]()

    def connect() -> sqlite3.Connection:
        moved.append(is_slow.wait(30))
        return sqlite3.connect(":memory:")

    moving = LogMoving(connect)
    moving.begin()
    moving.begin()
    assert not moved
    is_slow.set()
    moving.end()

    assert moved == [True, True]


def test_a_log_that_cannot_be_moved_is_left_to_a_later_commit() -> None:
    def connect() -> sqlite3.Connection:
        raise sqlite3.OperationalError

    moving = LogMoving(connect)
    moving.begin()
    moving.end()


def test_nothing_is_left_of_the_log_once_the_file_is_closed(file: Path) -> None:
    with closing(open_state(f"sqlite:///{file}")) as state:
        put(state, ROWS)

    assert not file.with_name("syncd.db-wal").exists()
    assert _rows_without_log(file) == len(ROWS)


def _rows_without_log(file: Path) -> int:
    """Count what stands in the file alone, where its table is not in the log as well."""
    alone = file.with_name("alone.db")
    shutil.copyfile(file, alone)
    with closing(sqlite3.connect(alone)) as connection:
        table = "SELECT name FROM sqlite_master WHERE name = 'sku'"
        if connection.execute(table).fetchone() is None:
            return 0
        count: int = connection.execute("SELECT count(*) FROM sku").fetchone()[0]
        return count
