"""PostgreSQL's errors, told as errors of the state: once, at the edge."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import psycopg
from sqlalchemy.exc import DBAPIError, PendingRollbackError
from sqlalchemy.exc import TimeoutError as NoConnectionLeft

from syncd.errors import StateAwayError, StateBusyError, StateError

_AGAIN: Final = "Nothing that was recorded is lost; see that the server runs, then run again"
_LOST: Final = ("the connection was lost", _AGAIN)
_UNREACHABLE: Final = (
    "PostgreSQL cannot be reached",
    "See that the server runs and that state.url names its host, port and database, then run again",
)
_REFUSED: Final = (
    "PostgreSQL refuses this user",
    "See to user name and password in state.url, and to the server's pg_hba.conf",
)
_CUT_OFF: Final = (
    "this process stood still in the middle of a transaction, so PostgreSQL has ended it",
    "Nothing that was recorded is lost; run again",
)
_DAMAGED: Final = (
    "PostgreSQL finds the database damaged",
    "Restore a backup, or let a new state adopt what the remote has",
)
_FULL: Final = (
    "the server's disk is full",
    "Nothing that was recorded is lost; free some space there, then run again",
)
_READ_ONLY: Final = (
    "it cannot be written: the server is a standby, or was told to be read alone",
    "Point state.url at the primary; only status, why and history do without",
)
_FORBIDDEN: Final = (
    "this user may not do that there",
    "Let it own the account's schema, or GRANT CREATE, TEMPORARY ON DATABASE to it",
)
_GONE: Final = (
    "its tables are gone, or are those of another version",
    "Restore a backup where somebody has removed them, then start syncd again",
)
_REASONS: Final = {
    "08": _LOST,
    "22": (
        "a text holds a character that PostgreSQL cannot store, such as NUL",
        "Take it out of the catalog or of what was sent",
    ),
    "28": _REFUSED,
    "3D000": ("there is no such database", "Create it, or name another one in state.url"),
    "3F000": _GONE,
    "25006": _READ_ONLY,
    "25P03": _CUT_OFF,
    "42501": _FORBIDDEN,
    "42P01": _GONE,
    "42703": _GONE,
    "53100": _FULL,
    "53200": ("the server is out of memory", _AGAIN),
    "53300": (
        "the server has no connection left",
        "Raise its max_connections, or run fewer processes, then run again",
    ),
    "57P01": _LOST,
    "57P02": _LOST,
    "57P03": _UNREACHABLE,
    "57P05": _LOST,
    "58": _DAMAGED,
    "XX001": _DAMAGED,
    "XX002": _DAMAGED,
}
"""By SQLSTATE, or by the class that its first two places name."""
_PASSING: Final = (_LOST, _UNREACHABLE, _CUT_OFF, _REASONS["53200"], _REASONS["53300"])
_BUSY: Final = {
    "40": "another process has changed the same rows at the same time",
    "55P03": "another process keeps it locked for writing",
    "57014": "it takes longer than a statement may, or than a stop waits for it",
}
_WORDS_OF_LOSS: Final = ("closed", "lost", "pipeline mode")
_WORDS_OF_REFUSAL: Final = ("password", "authentication", "pg_hba.conf", "role")
_NOT_UNDERSTOOD: Final = "connection is bad: invalid "
"""Said of a parameter, whose value stands there, before any server is asked."""
_NO_DATABASE: Final = ("database", "does not exist")


@contextmanager
def translated(name: str) -> Iterator[None]:
    """Raise what PostgreSQL cannot do as `StateError`; bugs pass as they are."""
    try:
        yield
    except NoConnectionLeft as error:
        raise StateBusyError(
            name,
            "all of this process's connections to it are in use",
            "Let what goes on end, then try again",
        ) from error
    except PendingRollbackError as error:  # what follows on a connection that was lost
        raise _error(name, _LOST) from error
    except (DBAPIError, psycopg.Error) as error:
        told = _told(name, error.orig if isinstance(error, DBAPIError) else error)
        if told is None:
            raise
        raise told from error


def _told(name: str, error: BaseException | None) -> StateError | None:
    state = getattr(error, "sqlstate", None)
    if isinstance(state, str):
        return _by_code(name, state)
    if isinstance(error, psycopg.DataError):
        return _by_code(name, "22000")
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return _error(name, _while_connecting(str(error)))
    return None


def _by_code(name: str, state: str) -> StateError | None:
    for code in (state, state[:2]):
        if code in _BUSY:
            return StateBusyError(name, _BUSY[code], "Let that end, then run again")
        if code in _REASONS:
            return _error(name, _REASONS[code])
    return None


def _error(name: str, told: tuple[str, str]) -> StateError:
    """What may be over at the next try is told apart: a daemon bears it."""
    kind = StateAwayError if told in _PASSING else StateError
    return kind(name, *told)


def _while_connecting(said: str) -> tuple[str, str]:
    """PostgreSQL gives no code while a connection is made, nor when one breaks."""
    if said.startswith(_NOT_UNDERSTOOD):
        return (
            f"libpq does not understand its URL: {said.partition(': ')[2]}",
            "Mend state.url, or what --database gives",
        )
    if any(word in said for word in _WORDS_OF_LOSS):
        return _LOST
    if all(word in said for word in _NO_DATABASE) and "role" not in said:
        return _REASONS["3D000"]
    if "too many" in said or "remaining connection slots" in said:
        return _REASONS["53300"]
    if any(word in said for word in _WORDS_OF_REFUSAL):
        return _REFUSED
    return _UNREACHABLE
