"""What can go wrong between syncd and a database, told from the codes and words of its driver."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from enum import Enum, auto
from typing import Final


class Fault(Enum):
    """What can go wrong between syncd and a database, as far as a person can act on it."""

    UNREACHABLE = auto()
    REFUSED = auto()
    NO_DATABASE = auto()
    CROWDED = auto()
    LOST = auto()
    TIMED_OUT = auto()
    LOCKED = auto()
    FORBIDDEN = auto()
    NO_TABLE = auto()
    NO_COLUMN = auto()
    WRONG_QUERY = auto()
    WRITES = auto()
    DISTURBED = auto()
    DAMAGED = auto()
    UNREADABLE = auto()
    UNDECODABLE = auto()
    OTHER = auto()


_POSTGRESQL: Final = {
    "28P01": Fault.REFUSED,
    "28000": Fault.REFUSED,
    "3D000": Fault.NO_DATABASE,
    "53300": Fault.CROWDED,
    "57014": Fault.TIMED_OUT,
    "57P01": Fault.LOST,
    "57P02": Fault.LOST,
    "57P03": Fault.UNREACHABLE,
    "57P05": Fault.TIMED_OUT,
    "25P03": Fault.TIMED_OUT,
    "25P04": Fault.TIMED_OUT,
    "55P03": Fault.LOCKED,
    "40P01": Fault.LOCKED,
    "40001": Fault.DISTURBED,
    "42501": Fault.FORBIDDEN,
    "42P01": Fault.NO_TABLE,
    "3F000": Fault.NO_TABLE,
    "42703": Fault.NO_COLUMN,
    "42601": Fault.WRONG_QUERY,
    "25006": Fault.WRITES,
    "0A000": Fault.WRONG_QUERY,
}
"""By SQLSTATE."""
_MYSQL: Final = {
    1040: Fault.CROWDED,
    1044: Fault.FORBIDDEN,
    1045: Fault.REFUSED,
    1049: Fault.NO_DATABASE,
    1053: Fault.LOST,
    1054: Fault.NO_COLUMN,
    1064: Fault.WRONG_QUERY,
    1142: Fault.FORBIDDEN,
    1143: Fault.FORBIDDEN,
    1146: Fault.NO_TABLE,
    1203: Fault.CROWDED,
    1205: Fault.LOCKED,
    1213: Fault.LOCKED,
    1317: Fault.TIMED_OUT,
    1356: Fault.FORBIDDEN,
    1698: Fault.REFUSED,
    1792: Fault.WRITES,
    1927: Fault.LOST,
    1969: Fault.TIMED_OUT,
    2002: Fault.UNREACHABLE,
    2003: Fault.UNREACHABLE,
    2005: Fault.UNREACHABLE,
    2006: Fault.LOST,
    2013: Fault.LOST,
    2055: Fault.LOST,
    3024: Fault.TIMED_OUT,
}
"""MySQL's numbers, most of which MariaDB shares."""
_SQLITE: Final = {
    sqlite3.SQLITE_PERM: Fault.FORBIDDEN,
    sqlite3.SQLITE_AUTH: Fault.FORBIDDEN,
    sqlite3.SQLITE_BUSY: Fault.LOCKED,
    sqlite3.SQLITE_LOCKED: Fault.LOCKED,
    sqlite3.SQLITE_READONLY: Fault.WRITES,
    sqlite3.SQLITE_INTERRUPT: Fault.TIMED_OUT,
    sqlite3.SQLITE_CORRUPT: Fault.DAMAGED,
    sqlite3.SQLITE_NOTADB: Fault.DAMAGED,
    sqlite3.SQLITE_CANTOPEN: Fault.UNREACHABLE,
    sqlite3.SQLITE_ERROR: Fault.WRONG_QUERY,
}
"""SQLite's primary codes."""
_PRIMARY: Final = 0xFF
_WHILE_CONNECTING: Final = (
    ("password", Fault.REFUSED),
    ("authentication", Fault.REFUSED),
    ("pg_hba.conf", Fault.REFUSED),
    ("does not exist", Fault.NO_DATABASE),
    ("too many", Fault.CROWDED),
    ("remaining connection slots", Fault.CROWDED),
)
"""What PostgreSQL says without a code, while a connection is made."""
_IN_SQLITE: Final = (
    ("no such table", Fault.NO_TABLE),
    ("no such column", Fault.NO_COLUMN),
    ("could not decode", Fault.UNDECODABLE),
)
"""What SQLite says under one code for all, or without one."""


def fault_of(error: BaseException, otherwise: Fault) -> Fault:
    """Tell by code, by words or by kind what went wrong; `otherwise` where none of them does."""
    if isinstance(error, UnicodeDecodeError):
        return Fault.UNREADABLE
    code = _by_code(error)
    if code in {None, Fault.WRONG_QUERY}:
        connecting = code is None and otherwise is Fault.UNREACHABLE
        code = _by_words(error, _WHILE_CONNECTING if connecting else _IN_SQLITE) or code
    return code or _by_kind(error, otherwise)


def _by_words(error: BaseException, known: Iterable[tuple[str, Fault]]) -> Fault | None:
    said = str(error).lower()
    return next((fault for words, fault in known if words in said), None)


def _by_code(error: BaseException) -> Fault | None:
    number = error.args[0] if error.args else None
    if isinstance(number, int) and number:
        return _MYSQL.get(number, Fault.OTHER)
    state = getattr(error, "sqlstate", None)
    if isinstance(state, str):
        return _POSTGRESQL.get(state) or _by_class(state)
    code = getattr(error, "sqlite_errorcode", None)
    return _SQLITE.get(code & _PRIMARY, Fault.OTHER) if isinstance(code, int) else None


def _by_class(state: str) -> Fault:
    """The first two places of an SQLSTATE name its class."""
    classes = {"08": Fault.LOST, "22": Fault.UNREADABLE, "42": Fault.WRONG_QUERY}
    return classes.get(state[:2], Fault.OTHER)


def _by_kind(error: BaseException, otherwise: Fault) -> Fault:
    names = {kind.__name__ for kind in type(error).__mro__}
    if "DataError" in names:
        return Fault.UNREADABLE
    return otherwise if names & {"OperationalError", "InterfaceError"} else Fault.OTHER
