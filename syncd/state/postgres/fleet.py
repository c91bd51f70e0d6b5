"""What a fleet keeps in PostgreSQL beside its accounts' states: its queue, and a board."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from psycopg import sql

from syncd.state.codec import moment_from, moment_of
from syncd.state.postgres.clock import NOW
from syncd.state.postgres.line import Access, arguments_of, prepared_for
from syncd.state.postgres.place import SHARED, Place, place_of
from syncd.state.postgres.pool import Pools, driver_of
from syncd.state.postgres.room import shared_room

if TYPE_CHECKING:
    from datetime import datetime

    import psycopg
    from sqlalchemy import URL

GIVEN_BY: Final = "--database"
"""The option that names it, for no configuration does."""
_LOCK: Final = "SELECT pg_advisory_xact_lock(hashtextextended('syncd fleet', 0))"
_MAKE: Final = sql.SQL(
    "CREATE SCHEMA IF NOT EXISTS {schema};"
    " CREATE TABLE IF NOT EXISTS {table} (account text PRIMARY KEY, at bigint NOT NULL,"
    " success bigint, document text NOT NULL)"
)
_HAS_QUEUE: Final = "SELECT to_regclass('procrastinate_jobs') IS NOT NULL"
_TABLE: Final = sql.Identifier(SHARED, "fleet")
_POST: Final = sql.SQL(
    "INSERT INTO {table} AS fleet VALUES (%(account)s, {now}, %(success)s, %(text)s)"
    " ON CONFLICT (account) DO UPDATE SET at = excluded.at, document = excluded.document,"
    " success = coalesce(excluded.success, fleet.success)"
).format(table=_TABLE, now=sql.SQL(NOW))
_READ: Final = sql.SQL("SELECT account, at, success, document FROM {table}").format(table=_TABLE)
_READ_ONE: Final = sql.SQL("SELECT document FROM {table} WHERE account = %(account)s").format(
    table=_TABLE
)
_COUNT: Final = "SELECT status::text, count(*) FROM procrastinate_jobs GROUP BY status"
_ACCESS: Final = Access()
"""That of the accounts' states, whose connections it shares."""


class FleetPlace:
    """The part of a database that belongs to the fleet as a whole."""

    def __init__(self, url: URL, at_once: int) -> None:
        """Raise `ConfigurationError` where the URL names no database of PostgreSQL.

        Its process works for so many accounts at a time, and has `pools` for them.
        """
        own = place_of(url, "fleet", GIVEN_BY)
        name = f"fleet in {url.host or 'localhost'}/{url.database}"
        self._place: Place = replace(own, schema=SHARED, name=name)
        self.pools = Pools(at_once)
        self._room = shared_room(self._place, _ACCESS, self.pools)

    @property
    def name(self) -> str:
        """What messages call it."""
        return self._place.name

    def now(self) -> datetime:
        """The server's moment; where it has never told it and is away, this machine's own."""
        return self._room.now()

    @property
    def arguments(self) -> dict[str, Any]:
        """How a driver reaches it."""
        given = arguments_of(self._place, _ACCESS)
        given.pop("context", None)  # which tells the driver of SQLAlchemy's types
        return given

    @property
    def prepare(self) -> str:
        """What each connection does first."""
        return prepared_for(self._place, _ACCESS).as_string()

    def make(self, queue: str) -> None:
        """See that the board is there, and the queue, whose tables these statements make."""
        names = {"schema": sql.Identifier(SHARED), "table": _TABLE}
        with self._connected() as connection:
            connection.execute(_LOCK)
            connection.execute(_MAKE.format(**names))
            if not connection.execute(_HAS_QUEUE).fetchall()[0][0]:
                connection.execute(queue.encode())

    def post(self, account: str, text: str, success: datetime | None) -> None:
        """Put a text in the place of the one before; the last success stays without another."""
        values = {
            "account": account,
            "success": None if success is None else moment_of(success),
            "text": text,
        }
        with self._connected() as connection:
            connection.execute(_POST, values)

    def posted(self, account: str) -> str | None:
        """The text that was posted last."""
        with self._connected() as connection:
            found = connection.execute(_READ_ONE, {"account": account}).fetchone()
        return None if found is None else str(found[0])

    def read(self) -> Mapping[str, tuple[datetime, datetime | None, str]]:
        """All texts by account, with when they were posted and when the last success was."""
        with self._connected() as connection:
            rows = connection.execute(_READ).fetchall()
        return {
            account: (moment_from(at), None if success is None else moment_from(success), text)
            for account, at, success, text in rows
        }

    def errands(self) -> Mapping[str, int]:
        """How many errands there are in each of the queue's states."""
        with self._connected() as connection:
            return {str(status): int(n) for status, n in connection.execute(_COUNT).fetchall()}

    def close(self) -> None:
        """Close all connections that are kept."""
        self.pools.close()

    @contextmanager
    def _connected(self) -> Iterator[psycopg.Connection[Any]]:
        with self._room.unlocked() as connection:
            yield driver_of(connection)
