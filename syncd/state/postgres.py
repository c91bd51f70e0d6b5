"""What is PostgreSQL's own: connections, who may write, and rows in bulk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final

import psycopg
from psycopg import sql
from sqlalchemy import Connection, Engine, QueuePool, create_engine, event, text

from syncd.domain.journal import WriteId
from syncd.errors import StateError
from syncd.state import journal, queries, schema
from syncd.state.codec import SkuRow
from syncd.state.faults import decoding
from syncd.state.fingerprints import Fingerprint
from syncd.state.journal import Entered
from syncd.state.postgres_faults import translated
from syncd.state.postgres_in_use import InUse
from syncd.state.postgres_place import Place
from syncd.state.postgres_time import NOW, ServerTime

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.engine import ExceptionContext

PATIENCE: Final = timedelta(seconds=30)
"""How long a write waits for another one; recording a million rows takes some seconds."""
QUICK: Final = timedelta(seconds=2)
"""How long a sign of life may take, for whoever gives it must not stand still itself."""
_STANDSTILL: Final = timedelta(minutes=1)

_FEW: Final = 32
"""Rows that are quicker written one by one than copied and merged."""
_AT_ONCE: Final = 10_000
_DEFAULTS: Final = {
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
}
"""A server that is gone shows in seconds, and is told so of a process."""
_PREPARE: Final = sql.SQL(
    "SELECT set_config('search_path', {path}, false), set_config('TimeZone', 'UTC', false),"
    " set_config('client_encoding', 'UTF8', false), set_config('jit', 'off', false),"
    " set_config('lock_timeout', {patience}, false),"
    " set_config('statement_timeout', {statement}, false),"
    " set_config('idle_in_transaction_session_timeout', {standstill}, false),"
    " set_config('default_transaction_isolation', 'read committed', false),"
    " set_config('default_transaction_read_only', {read_only}, false), {now}"
)
"""Tells the server's moment last."""
_LOCK_WRITERS_OUT: Final = text("SELECT pg_advisory_xact_lock(hashtextextended(:schema, 0))")
"""It looks at no table, so that what follows sees all that was written before."""


def _names(columns: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))


_NAMES: Final = [column.name for column in schema.sku.c]
_COLUMNS: Final = _names(_NAMES)
_REPLACED: Final = sql.SQL("ON CONFLICT (id) DO UPDATE SET ") + sql.SQL(", ").join(
    sql.SQL("{0} = excluded.{0}").format(sql.Identifier(name)) for name in _NAMES if name != "id"
)
_UPSERT: Final = sql.SQL("INSERT INTO sku ({columns}) VALUES ({places}) {replaced}").format(
    columns=_COLUMNS, places=sql.SQL(", ").join(sql.Placeholder() * len(_NAMES)), replaced=_REPLACED
)
INCOMING: Final = sql.Identifier("pg_temp", "incoming")
"""Where rows of `sku` wait to be merged: a table of one session."""
_MAKE_INCOMING: Final = sql.SQL(
    "CREATE TEMPORARY TABLE IF NOT EXISTS incoming (LIKE sku) ON COMMIT DELETE ROWS"
)
_MERGE: Final = sql.SQL(
    "INSERT INTO sku ({columns}) SELECT DISTINCT ON (id) {columns} FROM {incoming}"
    " ORDER BY id, ctid DESC {replaced}"
).format(columns=_COLUMNS, incoming=INCOMING, replaced=_REPLACED)
_FIRST_KNOWN: Final = sql.SQL("SELECT id FROM {} JOIN sku USING (id) LIMIT 1").format(INCOMING)
_COPY: Final = sql.SQL("COPY {} ({}) FROM STDIN").format(INCOMING, _COLUMNS)
_NUMBERS: Final = (
    "SELECT nextval(pg_get_serial_sequence('journal', 'write')) FROM generate_series(1, %s)"
)
_ENTER: Final = sql.SQL("COPY journal ({}) FROM STDIN")
_EMPTY: Final = sql.SQL("TRUNCATE {}").format(INCOMING)


@dataclass(frozen=True, slots=True)
class Access:
    """How long a connection waits for locks, for a statement and for the server's answer.

    `writes` says whether its session may write at all, and `standstill` how long the server keeps a
    transaction whose process does nothing with it.
    """

    patience: timedelta = PATIENCE
    statement: timedelta = timedelta(minutes=15)
    answer: timedelta = timedelta(seconds=10)
    writes: bool = True
    standstill: timedelta = _STANDSTILL


SIGNS: Final = Access(QUICK, QUICK, QUICK)
"""For signs of life: what cannot be done at once is not done."""


MIGRATING: Final = "syncd, migrating"
"""The name by which the server knows who brings tables up to date, be it a newer version."""
_NAME_IT: Final = text("SELECT set_config('application_name', :name, true)")


@dataclass(frozen=True, slots=True)
class PostgresRoom:
    """The schema of one account and a pool of connections that see no other."""

    place: Place
    engine: Engine
    time: ServerTime
    in_use: InUse

    @property
    def name(self) -> str:
        """What messages call the state."""
        return self.place.name

    def now(self) -> datetime:
        """The server's moment; where it has never told it and is away, this machine's own."""
        if not self.time.is_known:
            with suppress(StateError), self.reading():
                pass  # a new connection tells it
        return self.time.now()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """What stands in the block only reads and decodes."""
        with translated(self.name), decoding(self.name), _one_moment(self.engine) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Nobody else writes to this account until the end, and readers are not kept waiting."""
        with self.unlocked() as connection:
            self.lock_writers_out(connection)
            yield connection

    def lock_writers_out(self, connection: Connection) -> None:
        """Let nobody else write to this account until the end of the transaction."""
        connection.execute(_LOCK_WRITERS_OUT, {"schema": self.place.schema})

    @contextmanager
    def unlocked(self) -> Iterator[Connection]:
        """Write one row that nothing else is written by, such as a sign of life."""
        with translated(self.name), self.engine.begin() as connection:
            yield connection

    def hurry(self) -> None:
        """Wait for the server a few seconds more from now on."""
        self.in_use.hurry()

    def close(self) -> None:
        """Give the connections back."""
        self.in_use.close()
        self.engine.dispose()


@dataclass(frozen=True, slots=True)
class Migration:
    """The connections of a room for bringing its tables up to date, however long that takes."""

    room: PostgresRoom

    @property
    def name(self) -> str:
        return self.room.name

    def reading(self) -> AbstractContextManager[Connection]:
        return self.room.reading()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        with self.room.writing() as connection:
            connection.execute(_NAME_IT, {"name": MIGRATING})
            yield connection


def open_room(place: Place, access: Access, time: ServerTime | None = None) -> PostgresRoom:
    """A pool for as many threads as ask, within bounds; nothing is opened yet.

    `time` is what another room on the same server goes by.
    """
    told = time or ServerTime()
    engine = create_engine(
        place.url,
        poolclass=QueuePool,
        pool_size=4,
        max_overflow=12,
        pool_timeout=PATIENCE.total_seconds(),
        pool_pre_ping=True,  # the server may have been restarted since a connection was used last
        connect_args=_connect_args(place, access),
    )

    def prepare(connection: psycopg.Connection[Any], _: object) -> None:
        connection.autocommit = True
        _prepare(connection, place, access, told)
        connection.autocommit = False

    event.listen(engine, "connect", prepare, insert=True)  # before SQLAlchemy looks around
    event.listen(engine, "handle_error", _drop_what_is_lost)
    return PostgresRoom(place, engine, told, InUse(place.name, engine))


def _drop_what_is_lost(context: ExceptionContext) -> None:
    """Have a connection that cannot even be rolled back thrown away, without a word in the log.

    One that is ended in the middle of many statements stays in the middle of them: to the driver it
    is neither closed nor broken. What the server itself has said has a code.
    """
    error = context.original_exception
    if isinstance(error, psycopg.OperationalError) and error.sqlstate is None:
        context.is_disconnect = True


def connect(
    place: Place, access: Access, time: ServerTime | None = None
) -> psycopg.Connection[Any]:
    """One connection of one's own, each of whose statements is a transaction; it tells `time`."""
    given = arguments_of(place, access)
    connection: psycopg.Connection[Any] = psycopg.connect(**given, autocommit=True)
    _prepare(connection, place, access, time or ServerTime())
    return connection


def _prepare(
    connection: psycopg.Connection[Any], place: Place, access: Access, time: ServerTime
) -> None:
    asked = time.ticks()
    *_, now = connection.execute(prepared_for(place, access)).fetchall()[0]
    time.heed(now, asked)


def arguments_of(place: Place, access: Access) -> dict[str, Any]:
    """What the driver has to know to connect."""
    _, keys = place.url.get_dialect()().create_connect_args(place.url)
    return {**keys, **_connect_args(place, access)}


def upsert(connection: Connection, rows: Iterable[SkuRow]) -> None:
    """Insert or replace rows of `sku`: many of them by COPY, the last one of an id winning."""
    rest, driver = iter(rows), driver_of(connection)
    few = list(islice(rest, _FEW))
    if len(few) < _FEW:
        with driver.cursor() as cursor:
            cursor.executemany(_UPSERT, few)
        return
    fill_incoming(driver, chain(few, rest))
    driver.execute(_MERGE)
    driver.execute(_EMPTY)


def begin(connection: Connection, rows: Iterable[SkuRow]) -> bool:
    """Insert rows of `sku`; False, and nothing done, where the id of one of them is there."""
    driver = driver_of(connection)
    if not fill_with_new(driver, rows):
        return False
    driver.execute(_MERGE)
    driver.execute(_EMPTY)
    return True


def fill_with_new(driver: psycopg.Connection[Any], rows: Iterable[SkuRow]) -> bool:
    """Copy rows to where they wait; False, and none waits, where the id of one is in `sku`."""
    fill_incoming(driver, rows)
    found = driver.execute(_FIRST_KNOWN).fetchone()
    if found is not None:
        driver.execute(_EMPTY)
    return found is None


def enter(connection: Connection, entries: Sequence[Entered]) -> list[WriteId]:
    """Write entries into the journal: many of them by COPY, under numbers that are drawn before."""
    if len(entries) < _FEW:
        return journal.inserted(connection, entries)
    driver = driver_of(connection)
    numbers = [number for (number,) in driver.execute(_NUMBERS, [len(entries)]).fetchall()]
    names = ("write", *entries[0])
    with driver.cursor() as cursor, cursor.copy(_ENTER.format(_names(names))) as copy:
        for number, entry in zip(numbers, entries, strict=True):
            copy.write_row((number, *entry.values()))
    return [WriteId(number) for number in numbers]


def fill_incoming(driver: psycopg.Connection[Any], rows: Iterable[SkuRow]) -> None:
    """Copy rows to where they wait to be merged."""
    driver.execute(_MAKE_INCOMING)
    with driver.cursor() as cursor, cursor.copy(_COPY) as copy:
        for row in rows:
            copy.write_row(row)


def fingerprints(connection: Connection) -> Iterator[Fingerprint]:
    """What the copy of fingerprints holds, as it comes."""
    rows = connection.execute(queries.FINGERPRINTS, execution_options={"yield_per": _AT_ONCE})
    return (tuple(row) for row in rows)


def driver_of(connection: Connection) -> psycopg.Connection[Any]:
    """The driver's own connection, which copies."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)  # noqa: S101 - tells the type; no other can be
    return driver


def _one_moment(engine: Engine) -> AbstractContextManager[Connection]:
    level = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    return engine.execution_options(**level).begin()


def _connect_args(place: Place, access: Access) -> dict[str, object]:
    """What the driver is told, unless the URL says otherwise."""
    seconds = max(2, round(access.answer.total_seconds()))  # to the driver, less means two
    told = {
        "application_name": f"syncd {place.schema}",
        "connect_timeout": seconds,
        "tcp_user_timeout": seconds * 1500,
        **_DEFAULTS,
    }
    return {key: value for key, value in told.items() if key not in place.url.query}


def prepared_for(place: Place, access: Access) -> sql.Composed:
    """What each connection does first."""
    return _PREPARE.format(
        path=sql.Literal(place.quoted),
        patience=_milliseconds(access.patience),
        statement=_milliseconds(access.statement),
        standstill=_milliseconds(access.standstill),
        read_only=sql.Literal("off" if access.writes else "on"),
        now=sql.SQL(NOW),
    )


def _milliseconds(time: timedelta) -> sql.Literal:
    return sql.Literal(f"{round(time.total_seconds() * 1000)}ms")
