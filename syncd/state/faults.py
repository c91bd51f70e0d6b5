"""SQLite's and the system's errors, told as errors of the state: once, at the edge."""

from __future__ import annotations

import errno
import sqlite3
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy.exc import DBAPIError

from syncd.errors import StateBusyError, StateError

_REASONS: Final = {
    sqlite3.SQLITE_PERM: (
        "this user may not open it",
        "Run syncd as the user who owns the file, or give this user the right to read and write it",
    ),
    sqlite3.SQLITE_READONLY: (
        "it cannot be written, for it or its folder is read-only here",
        "Make both writable for the user syncd runs as, or run --dry-run, which needs no writing",
    ),
    sqlite3.SQLITE_IOERR: (
        "the disk failed while it was read or written",
        "Nothing that was recorded is lost; see to the disk's quota and health, then run again",
    ),
    sqlite3.SQLITE_FULL: (
        "the disk is full",
        "Nothing that was recorded is lost; free some space, then run again",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        "it cannot be opened, or a file beside it cannot be made",
        "See that the file and its folder exist and that this user may read and write both",
    ),
    sqlite3.SQLITE_CORRUPT: (
        "the file is damaged",
        "Put it aside and restore a backup, or let a new state adopt what the remote has",
    ),
    sqlite3.SQLITE_NOTADB: (
        "the file is not a SQLite database, or its beginning is damaged",
        "Restore a backup of it, or point state.url at syncd's own file or one not there yet",
    ),
}
_BUSY: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_PRIMARY: Final = 0xFF
"""SQLite's extended codes carry the primary one in their lowest byte."""
_NOT_UTF_8: Final = "Could not decode to UTF-8"
"""How Python's driver begins the one complaint of its own."""
_UNDECODABLE: Final = (
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    OverflowError,
    zlib.error,
)
_BY_ERRNO: Final = {
    errno.EACCES: sqlite3.SQLITE_PERM,
    errno.EPERM: sqlite3.SQLITE_PERM,
    errno.EROFS: sqlite3.SQLITE_READONLY,
    errno.ENOSPC: sqlite3.SQLITE_FULL,
    errno.EDQUOT: sqlite3.SQLITE_FULL,
    errno.ENOENT: sqlite3.SQLITE_CANTOPEN,
}


def _nobody_known() -> None:
    """Who keeps it locked cannot be told."""


@contextmanager
def translated(name: str, who: Callable[[], str | None] = _nobody_known) -> Iterator[None]:
    """Raise what the database of this state cannot do as `StateError`; bugs pass as they are.

    Where it is locked, `who` is asked by whom.
    """
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        told = _told(name, who, error.orig if isinstance(error, DBAPIError) else error)
        if told is None:
            raise
        raise told from error


@contextmanager
def files_translated(name: str) -> Iterator[None]:
    """The same for what the file system cannot do; no caller's own code may stand in the block."""
    try:
        yield
    except OSError as error:
        code = _BY_ERRNO.get(error.errno or 0, sqlite3.SQLITE_IOERR)
        reason, next_step = _REASONS[code]
        file = str(error.filename or "")
        thing = name if file in name else f"{name}, with {file}"
        raise StateError(thing, reason, next_step) from error


@contextmanager
def decoding(name: str) -> Iterator[None]:
    """The same for what stands in a row and syncd has never written there.

    Only the decoding of rows may stand in the block.
    """
    try:
        yield
    except _UNDECODABLE as error:
        reason, next_step = _REASONS[sqlite3.SQLITE_CORRUPT]
        why = str(error).partition("\n")[0]  # the lines below lead to a validator's own pages
        raise StateError(name, f"{reason} (a row cannot be read: {why})", next_step) from error


def _told(
    name: str, who: Callable[[], str | None], error: BaseException | None
) -> StateError | None:
    code = getattr(error, "sqlite_errorcode", None)
    if code is None and str(error).startswith(_NOT_UTF_8):
        code = sqlite3.SQLITE_CORRUPT
    if code is None:
        return None
    primary = code & _PRIMARY
    return _busy(name, who()) if primary in _BUSY else _reason(name, primary)


def is_busy(error: sqlite3.Error) -> bool:
    """Whether another process keeps it locked."""
    return error.sqlite_errorcode & _PRIMARY in _BUSY


def _busy(name: str, who: str | None) -> StateBusyError:
    if who is None:
        return StateBusyError(
            name,
            "another process keeps it locked for writing",
            "Let that process end, then run again; `fuser` with the file's name shows who it is",
        )
    return StateBusyError(
        name, f"{who} keeps it locked for writing", "Let that process end, then run again"
    )


def _reason(name: str, code: int) -> StateError | None:
    if code not in _REASONS:
        return None
    reason, next_step = _REASONS[code]
    return StateError(name, reason, next_step)
