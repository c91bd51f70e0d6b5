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
    " CREATE TABLE IF NOT EXISTS {table}"
    " (key text PRIMARY KEY, next_slot bigint NOT NULL, paused_until bigint NOT NULL);"
    " ALTER TABLE {table} ADD COLUMN IF NOT EXISTS told_at bigint NOT NULL DEFAULT 0;"
    " ALTER TABLE {table} SET LOGGED;"
    " COMMIT"
).format(schema=sql.Identifier(SHARED), table=_TABLE)
"""An older table has no `told_at`, and is forgotten by a server that is killed."""
_LAST_FOR: Final = sql.SQL("SELECT set_config('synchronous_commit', {how}, {in_this_transaction})")
_SLOTS_MAY_BE_FORGOTTEN: Final = _LAST_FOR.format(how="off", in_this_transaction=sql.SQL("false"))
_PAUSE_MAY_NOT: Final = _LAST_FOR.format(how="on", in_this_transaction=sql.SQL("true"))
_SETTLED: Final = (
    "CASE WHEN pg_postmaster_start_time() <= clock_timestamp()"
    " THEN (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint + 1200000 ELSE 0 END"
)
"""A server that was killed may have forgotten the last slots, and their second must be over."""
_BACK: Final = f"CASE WHEN pace.told_at > {NOW} + 1000000 THEN pace.told_at - {NOW} ELSE 0 END"
"""By how much the server's clock was set back since the row was written, so that slots and pauses
lie no further ahead than they did then; less than a second is waited for."""
TAKE: Final = sql.SQL(
    "INSERT INTO {table} AS pace (key, next_slot, paused_until, told_at)"
    " VALUES (%(key)s, 0, 0, {now}) ON CONFLICT (key) DO UPDATE"
    " SET paused_until = pace.paused_until - ({back}), told_at = {now},"
    " next_slot = CASE WHEN pace.paused_until - ({back}) > {now} THEN pace.next_slot - ({back})"
    " ELSE greatest(pace.next_slot - ({back}), {now} + %(lead)s, {settled}) + %(length)s END"
    " RETURNING next_slot - %(length)s, paused_until, {now}"
).format(table=_TABLE, now=sql.SQL(NOW), settled=sql.SQL(_SETTLED), back=sql.SQL(_BACK))
PAUSE: Final = sql.SQL(
    "INSERT INTO {table} AS pace (key, next_slot, paused_until, told_at)"
    " VALUES (%(key)s, 0, {now} + %(length)s, {now}) ON CONFLICT (key)"
    " DO UPDATE SET paused_until = greatest(pace.paused_until - ({back}), excluded.paused_until),"
    " next_slot = pace.next_slot - ({back}), told_at = {now}"
).format(table=_TABLE, now=sql.SQL(NOW), back=sql.SQL(_BACK))


_NOT_MADE: Final = (
    psycopg.errors.UndefinedTable,
    psycopg.errors.InvalidSchemaName,
    psycopg.errors.UndefinedColumn,
)
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
        self._asked(lambda connection: _pause(connection, values))

    def close(self) -> None:
        """Give the connection back."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _asked(self, ask: Callable[[psycopg.Connection[Any]], _T]) -> _T:
        with translated(self.name):
            if self._connection is None:
                self._connection = connect(self._place, SIGNS)
                self._connection.execute(_SLOTS_MAY_BE_FORGOTTEN)
            try:
                return ask(self._connection)
            except _NOT_MADE:
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


def _pause(connection: psycopg.Connection[Any], values: dict[str, Any]) -> None:
    """A server that is killed right after it must still know of it, and so must its standby."""
    with connection.transaction():
        connection.execute(_PAUSE_MAY_NOT)
        connection.execute(PAUSE, values)


def _slots(connection: psycopg.Connection[Any], values: dict[str, Any]) -> Slots:
    return Slots(*connection.execute(TAKE, values).fetchall()[0])
