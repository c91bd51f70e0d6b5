"""Opening a state on a file: made, migrated, or only looked at without leaving a trace."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from syncd.errors import StateError
from syncd.state import migrate
from syncd.state.adapter import SqlState
from syncd.state.faults import files_translated
from syncd.state.fingerprints import FingerprintCopy
from syncd.state.holding import Timing
from syncd.state.sqlite.database import COPY, SqliteDatabase
from syncd.state.sqlite.duty import DutyRoster
from syncd.state.sqlite.file import (
    AT_REST,
    BUSY_TIMEOUT,
    DUTY,
    KEPT,
    LOCK,
    LOOKED_AT,
    SCRATCH,
    Access,
    SqliteFile,
    beside,
    open_file,
)
from syncd.state.sqlite.lease import CycleLease
from syncd.state.sqlite.standing import Place
from syncd.state.undoing import undone_on_failure

_KEY: Final = "state.url"
_EXAMPLE: Final = "sqlite:///syncd.db"
_TRIES: Final = 5


def open_for_writing(
    file: Path, timing: Timing | None = None, busy_timeout: timedelta = BUSY_TIMEOUT
) -> SqlState:
    """Open the file, making or migrating it first where that is due."""
    make(file)
    database = open_as_it_is(file, timing or Timing(), busy_timeout)
    with undone_on_failure(database.close):
        migrate.bring_up_to_date(database.file)
    return SqlState(database)


def open_as_it_is(
    file: Path, timing: Timing, busy_timeout: timedelta = BUSY_TIMEOUT
) -> SqliteDatabase:
    """Open a file that is there to work on it, whatever its tables are."""
    name = name_of(file)
    with files_translated(name):
        place = Place.of(name, file)
    opened = replace(open_file(name, file, KEPT, busy_timeout), place=place)
    copy = FingerprintCopy(name, beside(file, COPY))
    lease = CycleLease(opened, beside(file, LOCK), timing)
    roster = DutyRoster(name, beside(file, DUTY), timing)
    return SqliteDatabase(opened, copy, lease, roster, now=timing.now, lock=beside(file, LOCK))


def open_for_reading(file: Path) -> SqlState:
    """Open the file as it is, or a private copy of it where it cannot be read in place."""
    name = name_of(file)
    with files_translated(name):
        folder = TemporaryDirectory(prefix="syncd-")
        with undone_on_failure(folder.cleanup):
            place, access = _readable(name, file, Path(folder.name))
    copy = FingerprintCopy(name, Path(folder.name, f"state{COPY}"), borrowed=beside(file, COPY))
    opened = open_file(name, place, access)
    return SqlState(SqliteDatabase(opened, copy, None, folder=folder, lock=beside(file, LOCK)))


def open_beside(file: Path, patience: timedelta) -> SqlState:
    """Open to read, beside this process's own work on it: nothing is made, migrated or copied.

    To copy a file that this process has open would take its locks away. What is not there, or is
    locked for longer than the patience, fails when it is asked for.
    """
    name = name_of(file)
    opened = open_file(name, file, LOOKED_AT, patience)
    copy = FingerprintCopy(name, beside(file, COPY))
    return SqlState(SqliteDatabase(opened, copy, None, lock=beside(file, LOCK)))


def open_private(name: str, fill: Callable[[SqliteFile], None]) -> SqlState:
    """Open a temporary state to read, which is gone when it is closed; `fill` comes first.

    What that makes may be older tables.
    """
    with files_translated(name):
        folder = TemporaryDirectory(prefix="syncd-")
    file = Path(folder.name, "syncd.db")
    with undone_on_failure(folder.cleanup), closing(open_file(name, file, SCRATCH)) as scratch:
        fill(scratch)
        migrate.bring_up_to_date(scratch)
    opened = open_file(name, file, LOOKED_AT)
    return SqlState(
        SqliteDatabase(opened, FingerprintCopy(name, beside(file, COPY)), None, folder=folder)
    )


def _readable(name: str, file: Path, folder: Path) -> tuple[Path, Access]:
    """A file that can be read without a trace beside `file`, and has today's tables."""
    private = folder / "syncd.db"
    if _has_content(name, file):
        place, access = _in_place(file, private)
        with closing(open_file(name, place, access)) as found:
            if migrate.is_up_to_date(found):
                return place, access
            private = folder / "migrated.db"
            found.copy_to(private)
    with closing(open_file(name, private, SCRATCH)) as scratch:
        migrate.bring_up_to_date(scratch)
    return private, LOOKED_AT


def _in_place(file: Path, private: Path) -> tuple[Path, Access]:
    """The file itself, or a copy where it is at rest and this user may not make files beside it."""
    if beside(file, "-wal").exists():
        return file, LOOKED_AT
    if all(os.access(place, os.W_OK, effective_ids=True) for place in (file, file.parent)):
        return file, AT_REST
    return (private if _copied_at_rest(file, private) else file), LOOKED_AT


def _copied_at_rest(file: Path, target: Path) -> bool:
    """Copy a file that no process has open; False where one has.

    SQLite's reader makes `-wal` and `-shm` files beside a database that has none, and never takes
    them away. A database without them is at rest, and a plain copy of it is whole as long as nobody
    wrote in the meantime.
    """
    log = beside(file, "-wal")
    for _ in range(_TRIES):
        before = file.stat()
        if log.exists():
            return False
        shutil.copyfile(file, target)
        after = file.stat()
        if (before.st_mtime_ns, before.st_size) == (after.st_mtime_ns, after.st_size):
            return True
    return False


def make(file: Path) -> bool:
    """See that the file is there; True where it was not."""
    name = name_of(file)
    with files_translated(name):
        if _exists(name, file):
            return False
        try:
            os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            return False  # another process was first
        return True


def has_content(file: Path) -> bool:
    """Whether there is a file with anything in it."""
    name = name_of(file)
    with files_translated(name):
        return _has_content(name, file)


def _has_content(name: str, file: Path) -> bool:
    return _exists(name, file) and file.stat().st_size > 0


def _exists(name: str, file: Path) -> bool:
    if not file.absolute().parent.is_dir():
        raise StateError(
            name,
            "its folder does not exist",
            f"Create the folder, or set {_KEY} to a file in one that exists",
        )
    if file.is_dir():
        raise StateError(name, "it is a folder", f'Set {_KEY} to a file, like "{_EXAMPLE}"')
    return file.exists()


def name_of(file: Path) -> str:
    """What messages call the state in this file."""
    return f"state {file}"
