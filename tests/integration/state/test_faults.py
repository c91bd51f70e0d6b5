"""What the disk and the database cannot do is told as an error of the state."""

from __future__ import annotations

import errno
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from syncd.errors import StateBusyError, StateError
from syncd.state import open_state
from syncd.state.adapter import SqlState
from syncd.state.faults import files_translated, translated
from syncd.state.fingerprints import FingerprintCopy
from syncd.state.sqlite.database import SqliteDatabase
from syncd.state.sqlite.file import KEPT, Access, open_file
from tests.contract.state.examples import put, sku


@pytest.mark.parametrize(
    ("code", "error", "reason"),
    [
        (sqlite3.SQLITE_BUSY, StateBusyError, "locked for writing"),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, StateBusyError, "locked for writing"),
        (sqlite3.SQLITE_LOCKED, StateBusyError, "locked for writing"),
        (sqlite3.SQLITE_READONLY_DIRECTORY, StateError, "read-only here"),
        (sqlite3.SQLITE_FULL, StateError, "the disk is full"),
        (sqlite3.SQLITE_IOERR_FSYNC, StateError, "the disk failed"),
        (sqlite3.SQLITE_CORRUPT_INDEX, StateError, "the file is damaged"),
        (sqlite3.SQLITE_NOTADB, StateError, "not a SQLite database"),
        (sqlite3.SQLITE_CANTOPEN, StateError, "it cannot be opened"),
        (sqlite3.SQLITE_PERM, StateError, "this user may not open it"),
    ],
)
@pytest.mark.parametrize("wrapped", [True, False])
def test_each_fault_of_the_database_has_its_own_message(
    code: int, error: type[StateError], reason: str, wrapped: bool
) -> None:
    fault = sqlite3.OperationalError("raw words")
    fault.sqlite_errorcode = code
    raised = OperationalError("SELECT 1", None, fault) if wrapped else fault

    with (
        pytest.raises(error, match=f"state x: .*{reason}.*\\. [A-Z]") as told,
        translated("state x"),
    ):
        raise raised
    assert type(told.value) is error
    assert told.value.__cause__ is raised


@pytest.mark.parametrize("bug", [sqlite3.ProgrammingError("closed"), ZeroDivisionError()])
def test_a_bug_stays_a_bug(bug: Exception) -> None:
    with pytest.raises(type(bug)), translated("state x"):
        raise bug


def test_a_mistake_in_a_statement_stays_a_bug(tmp_path: Path) -> None:
    with (
        closing(sqlite3.connect(tmp_path / "x.db")) as connection,
        pytest.raises(sqlite3.OperationalError, match="no such table"),
        translated("state x"),
    ):
        connection.execute("SELECT * FROM nowhere")


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (errno.EACCES, "this user may not open it"),
        (errno.EROFS, "read-only here"),
        (errno.ENOSPC, "the disk is full"),
        (errno.EDQUOT, "the disk is full"),
        (errno.ENOENT, "it cannot be opened"),
        (errno.EIO, "the disk failed"),
    ],
)
def test_each_fault_of_the_file_system_has_its_own_message(number: int, reason: str) -> None:
    with pytest.raises(StateError, match=reason), files_translated("state x"):
        raise OSError(number, "raw words")


def test_a_full_disk_loses_nothing_that_was_recorded(url: str, file: Path) -> None:
    with closing(open_state(url)) as state:
        put(state, [sku("kept")])
    small = Access(KEPT.mode, (*KEPT.pragmas, "PRAGMA max_page_count = 20"))
    copy = FingerprintCopy("state", file)

    with closing(SqlState(SqliteDatabase(open_file("state", file, small), copy, None))) as state:
        with pytest.raises(StateError, match=r"the disk is full.*free some space"):
            put(state, [sku(f"{number:05}") for number in range(5000)])
        assert state.tracked([sku("kept").id]) == {"kept": sku("kept")}
        put(state, [sku("one more")])
