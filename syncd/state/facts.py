"""Small facts by name, and the one that is the state's own: the stamp of the fingerprints."""

from __future__ import annotations

import secrets
from typing import Final

from sqlalchemy import Connection, bindparam, delete, insert, select

from syncd.state.schema import fact

HOME: Final = "home"
LEASE: Final = "lease"
DUTY: Final = "duty"
MOVED: Final = "moved"
OF_ITS_PLACE: Final = (HOME, LEASE, DUTY, MOVED)
"""What is told of the place where the state stands, and means nothing in another."""

FORGOTTEN: Final = "revision.forgotten"
"""The highest revision of the rows that were forgotten."""

_STAMP: Final = "fingerprints.stamp"
_UNTOUCHED: Final = "untouched"
_NAMED: Final = fact.c.key == bindparam("name")
_GET: Final = select(fact.c.value).where(_NAMED)
_FORGET: Final = delete(fact).where(_NAMED)
"""Kept as they are, for to make a statement takes longer than to carry it out."""


def get(connection: Connection, key: str) -> str | None:
    """The fact kept under this name."""
    return connection.execute(_GET, {"name": key}).scalar_one_or_none()


def put(connection: Connection, key: str, value: str) -> None:
    """Keep the fact, instead of the one before."""
    forget(connection, key)
    connection.execute(insert(fact).values(key=key, value=value))


def number(connection: Connection, key: str) -> int:
    """The number kept under this name, 0 where there is none."""
    return int(get(connection, key) or 0)


def raise_to(connection: Connection, key: str, least: int) -> None:
    """Keep at least this number."""
    if number(connection, key) < least:
        put(connection, key, str(least))


def stamp(connection: Connection) -> str:
    """The stamp of the present ids, fingerprints and presences; one word while there were none."""
    return get(connection, _STAMP) or _UNTOUCHED


def forget(connection: Connection, key: str) -> None:
    """Keep the fact no more."""
    connection.execute(_FORGET, {"name": key})


def replace_stamp(connection: Connection) -> str:
    """Make every copy of the fingerprints stale; gives the new stamp."""
    new = secrets.token_hex(16)
    put(connection, _STAMP, new)
    return new
