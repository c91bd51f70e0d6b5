"""The row in PostgreSQL by which all processes on one key share its pace."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, NamedTuple, TypeVar

import psycopg
from psycopg import sql

from syncd.state.postgres.clock import NOW
from syncd.state.postgres.faults import translated
from syncd.state.postgres.line import SIGNS, connect
from syncd.state.postgres.place import SHARED, Place

_TABLE: Final = sql.Identifier(SHARED, "pace")
_MAKE: Final = sql.SQL(
    "BEGIN; SELECT pg_advisory_xact_lock(hashtextextended('syncd pace', 0));"
    " CREATE SCHEMA IF NOT EXISTS {schema};"
    " CREATE UNLOGGED TABLE IF NOT EXISTS {table}"
    " (key text PRIMARY KEY, next_slot bigint NOT NULL, paused_until bigint NOT NULL);"
    " COMMIT"
).format(schema=sql.Identifier(SHARED), table=_TABLE)
_SETTLED: Final = "(extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint + 1200000"
"""A server that was killed may have forgotten the last slots, and their second must be over."""
TAKE: Final = sql.SQL(
    "INSERT INTO {table} AS pace VALUES (%(key)s, 0, 0) ON CONFLICT (key) DO UPDATE"
    " SET next_slot = CASE WHEN pace.paused_until > {now} THEN pace.next_slot"
    " ELSE greatest(pace.next_slot, {now} + %(lead)s, {settled}) + %(length)s END"
    " RETURNING next_slot - %(length)s, paused_until, {now}"
).format(table=_TABLE, now=sql.SQL(NOW), settled=sql.SQL(_SETTLED))
_PAUSE: Final = sql.SQL(
    "INSERT INTO {table} AS pace VALUES (%(key)s, 0, {now} + %(length)s) ON CONFLICT (key)"
    " DO UPDATE SET paused_until = greatest(pace.paused_until, excluded.paused_until)"
).format(table=_TABLE, now=sql.SQL(NOW))


_T = TypeVar("_T")


class Slots(NamedTuple):
    """The first of some slots that were taken, by the server's clock; microseconds.

    None was taken where `paused_until` lies ahead of `now`.
    """

    first: int
    paused_until: int
    now: int


class PaceRow:
    """The row of one key; its calls block, and come from one thread at a time."""

    def __init__(self, place: Place, key: str) -> None:
        """Take the name of the key, which does not tell it."""
        self._place = place
        self._key = key
        self._connection: psycopg.Connection[Any] | None = None

    @property
    def name(self) -> str:
        return self._place.name

    def take(self, length: int, lead: int) -> Slots:
        """Take slots for so many microseconds, none before `lead`; raises `StateError`."""
        values = {"key": self._key, "length": length, "lead": lead}
        return self._asked(lambda connection: _taken(connection, values))

    def pause(self, length: int) -> None:
        """Let nobody take slots for so many microseconds; a longer pause that is on stays."""
        values = {"key": self._key, "length": length}
        self._asked(lambda connection: connection.execute(_PAUSE, values))

    def close(self) -> None:
        """Give the connection back."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _asked(self, ask: Callable[[psycopg.Connection[Any]], _T]) -> _T:
        with translated(self.name):
            if self._connection is None:
                self._connection = connect(self._place, SIGNS)
            try:
                return ask(self._connection)
            except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
                self._connection.execute(_MAKE)
                return ask(self._connection)
            except psycopg.OperationalError:
                with suppress(psycopg.Error):
                    self.close()
                raise


def _taken(connection: psycopg.Connection[Any], values: dict[str, Any]) -> Slots:
    """A key's row is made by the first, who takes no slot with it and asks again."""
    first = _slots(connection, values)
    return first if first.first >= 0 else _slots(connection, values)


def _slots(connection: psycopg.Connection[Any], values: dict[str, Any]) -> Slots:
    return Slots(*connection.execute(TAKE, values).fetchall()[0])
