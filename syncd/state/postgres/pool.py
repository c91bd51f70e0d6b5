"""Connections to PostgreSQL, which whoever works for many accounts keeps for all of them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import psycopg
from sqlalchemy import Connection, Engine, QueuePool, create_engine, event

from syncd.state.postgres import line
from syncd.state.postgres.clock import ServerTime
from syncd.state.postgres.in_use import InUse, Watched
from syncd.state.postgres.line import PATIENCE, Access

if TYPE_CHECKING:
    from sqlalchemy import URL
    from sqlalchemy.engine import ExceptionContext
    from sqlalchemy.pool import ConnectionPoolEntry

    from syncd.state.postgres.place import Place

_READING: Final = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
_TRYING: Final = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": False}
_KEPT: Final = 4
_BEYOND: Final = 12
"""Connections for one account's threads: so many stay, and so many come and go."""
_SEES: Final = "sees"
_TURNS: Final = "turns"
_MOST_TURNS: Final = 40
"""So many accounts see a connection; then a new one takes its place: PostgreSQL remembers the
tables of each for as long as it lasts, 0.2 MB."""
_MOST_IDLE: Final = 8
"""Pools that are kept without anybody who uses them, where accounts have databases of their own."""


class Pool:
    """Connections to one database under one access; each sees one account at a time.

    Nothing is opened yet. `time` is what the server tells; `at_once` accounts are worked for.
    """

    def __init__(self, first: Place, access: Access, time: ServerTime, at_once: int = 1) -> None:
        self.time = time
        self._first = first
        self._access = access
        self._engine = create_engine(
            first.url,
            poolclass=QueuePool,
            pool_size=_KEPT * at_once,
            max_overflow=_BEYOND * at_once,
            pool_timeout=PATIENCE.total_seconds(),
            pool_pre_ping=True,  # the server may have been restarted since one was used last
            pool_use_lifo=True,  # the one that was used last saw the same account, most likely
            connect_args=line.told_beside(first, access),
        )
        event.listen(self._engine, "do_connect", _connected)
        self._in_use = InUse(first.name, self._engine)
        event.listen(self._engine, "connect", self._prepare, insert=True)  # before others look
        event.listen(self._engine, "handle_error", _drop_what_is_lost)
        self._reading = self._engine.execution_options(**_READING)

    def to_write(self, place: Place) -> AbstractContextManager[Connection]:
        """A transaction on a connection that sees this account alone."""
        return self._lent(self._engine, place)

    def to_read(self, place: Place) -> AbstractContextManager[Connection]:
        """The same, which sees one moment and writes nothing."""
        return self._lent(self._reading, place)

    @contextmanager
    def to_try(self, place: Place) -> Iterator[Connection]:
        """One that sees one moment, and of whose writes nothing stays."""
        with self._lent(self._engine.execution_options(**_TRYING), place) as connection:
            yield connection
            _undone(connection)

    def hurry(self) -> None:
        """Wait for the server a few seconds more from now on, whoever asks it."""
        self._in_use.hurry()

    def close(self) -> None:
        """Close what nobody uses; what is lent is closed when it comes back."""
        self._in_use.close()
        self._engine.dispose()

    @contextmanager
    def _lent(self, engine: Engine, place: Place) -> Iterator[Connection]:
        with engine.connect() as connection:
            self._turn(connection, place)
            is_worn = connection.info[_TURNS] > _MOST_TURNS
            with connection.begin():
                yield connection
            if is_worn:
                connection.invalidate()

    def _prepare(self, driver: psycopg.Connection[Any], entry: ConnectionPoolEntry) -> None:
        with _outside_transactions(driver):
            line.prepare(driver, self._first, self._access, self.time)
        entry.info.update({_SEES: self._first.schema, _TURNS: 1})

    def _turn(self, connection: Connection, place: Place) -> None:
        """See to it that it sees this account, whichever it has seen before."""
        seen = connection.info
        if seen[_SEES] == place.schema:
            return
        try:
            with _outside_transactions(driver_of(connection)) as driver:
                line.turn(driver, place, self.time)
        except BaseException:
            connection.invalidate()  # nobody knows what it sees, nor whether it has transactions
            raise
        seen.update({_SEES: place.schema, _TURNS: seen[_TURNS] + 1})


@dataclass(slots=True)
class _Shared:
    """A pool, and how many rooms have it."""

    pool: Pool
    users: int = 0


class Pools:
    """The pools of a process that works for many accounts: one for each database and access.

    Any thread may ask. Closing them closes what is kept.
    """

    def __init__(self, at_once: int) -> None:
        """Take for how many accounts it works at the same time."""
        self._at_once = at_once
        self._one_at_a_time = threading.Lock()
        self._times: dict[URL, ServerTime] = {}
        self._shared: dict[tuple[URL, Access], _Shared] = {}

    def take(self, place: Place, access: Access) -> Pool:
        """A pool for this account, to be given back."""
        key = place.url, access
        with self._one_at_a_time:
            found = self._shared.pop(key, None) or _Shared(self._made(place, access))
            found.users += 1
            self._shared[key] = found  # the last of them: it was used last
            return found.pool

    def give_back(self, place: Place, access: Access) -> None:
        """Be done with it; its connections stay, unless too many others were used since."""
        with self._one_at_a_time:
            self._shared[place.url, access].users -= 1
            idle = [key for key, one in self._shared.items() if not one.users]
            spent = [self._shared.pop(key) for key in idle[:-_MOST_IDLE]]
        for one in spent:
            one.pool.close()

    def close(self) -> None:
        """Close all that is kept."""
        with self._one_at_a_time:
            pools = [one.pool for one in self._shared.values()]
        for pool in pools:
            pool.close()

    def _made(self, place: Place, access: Access) -> Pool:
        """One whose new connections see no account; all of a database go by one time."""
        time = self._times.setdefault(place.url, ServerTime())
        return Pool(place.nobody, access, time, self._at_once)


def driver_of(connection: Connection) -> psycopg.Connection[Any]:
    """The driver's own connection, which copies."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)  # noqa: S101 - tells the type; no other can be
    return driver


def _undone(connection: Connection) -> None:
    transaction = connection.get_transaction()
    if transaction is not None:
        transaction.rollback()


@contextmanager
def _outside_transactions(
    driver: psycopg.Connection[Any],
) -> Iterator[psycopg.Connection[Any]]:
    """Have what is set in the block outlive a transaction that is rolled back."""
    driver.autocommit = True
    yield driver
    driver.autocommit = False


def _connected(_: object, __: object, given: list[Any], named: dict[str, Any]) -> Watched:
    return Watched.connect(*given, **named)


def _drop_what_is_lost(context: ExceptionContext) -> None:
    """Have a connection that cannot even be rolled back thrown away, without a word in the log.

    One that is ended in the middle of many statements stays in the middle of them: to the driver it
    is neither closed nor broken. What the server itself has said has a code.
    """
    error = context.original_exception
    if isinstance(error, psycopg.OperationalError) and error.sqlstate is None:
        context.is_disconnect = True
