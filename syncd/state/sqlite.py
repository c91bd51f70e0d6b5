"""What is SQLite's own: connections, pragmas, who may write, and the copy of a whole file."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from urllib.parse import quote

from sqlalchemy import (
    Connection,
    Engine,
    QueuePool,
    create_engine,
    event,
    literal,
    literal_column,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.sqlite import insert

from syncd.domain.journal import WriteId
from syncd.ports import Duty, Lease
from syncd.state import journal, queries, schema
from syncd.state.codec import BEGUN, BegunRow, SkuRow
from syncd.state.database import Database, only_read
from syncd.state.duty import DutyRoster
from syncd.state.faults import decoding, is_busy, translated
from syncd.state.fingerprint_steps import Step
from syncd.state.fingerprints import Fingerprint, FingerprintCopy
from syncd.state.holding import Now, Timing, last_departure, own_time
from syncd.state.journal import Entered
from syncd.state.lease import CycleLease
from syncd.state.lock_file import held_since, look_at
from syncd.state.lockers import locker
from syncd.state.log_moving import LogMoving
from syncd.state.patience import Patience
from syncd.state.standing import Place

BUSY_TIMEOUT: Final = timedelta(seconds=30)
"""How long a write waits for another one; recording a million rows takes some seconds."""

COPY: Final = ".fingerprints.parquet"
"""The ending of the copy of fingerprints beside the file."""
LOCK: Final = ".lock"
"""The ending of the file that the cycle lease locks."""
DUTY: Final = ".duty"
"""The ending of the file that the daemon on duty locks."""

_STEP: Final = 0.2
"""Seconds that a write waits before it looks whether there is a hurry."""

_WRITES: Final = "syncd_writes"
_DIALECT: Final = sqlite.dialect()
_EVERY: Final = (
    "PRAGMA foreign_keys = ON",
    "PRAGMA cache_size = -16000",
)


@dataclass(frozen=True, slots=True)
class Access:
    """How a file is opened: SQLite's own mode, and what every connection is told first."""

    mode: str
    pragmas: tuple[str, ...]


_LAID_OUT: Final = (
    *_EVERY,
    "PRAGMA page_size = 8192",  # only a file without tables takes it
    "PRAGMA journal_mode = WAL",
    "PRAGMA journal_size_limit = 67108864",
)
KEPT: Final = Access("rw", ("PRAGMA synchronous = FULL", *_LAID_OUT))
"""The state itself."""
SCRATCH: Final = Access("rwc", ("PRAGMA synchronous = OFF", *_LAID_OUT))
"""A private copy, which need not outlive a power cut."""
LOOKED_AT: Final = Access("ro", _EVERY)
"""A state that is only read."""
AT_REST: Final = Access("rw", (*_EVERY, "PRAGMA query_only = ON"))
"""A state that is only read while perhaps nobody else has it open: whoever closes it last takes
SQLite's own files away again, which a reader may not."""


@dataclass(frozen=True, slots=True)
class SqliteFile:
    """The file at `path` and a pool of connections to it; `name` is what messages call it.

    `place` is where the file must still stand for whoever writes, None where nobody looks.
    """

    name: str
    path: Path
    engine: Engine
    patience: Patience
    log: LogMoving
    place: Place | None = None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """What stands in the block only reads and decodes."""
        with self._translated(), decoding(self.name), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        engine = self.engine.execution_options(**{_WRITES: True})
        with self._translated(), engine.begin() as connection:
            driver = _driver(connection)
            changes = driver.total_changes
            if self.place is not None:
                self.place.check()
            yield connection
            is_much = self.log.is_worthwhile(driver, changes)
        if is_much:
            self.log.begin()

    def copy_to(self, target: Path) -> None:
        """Write the present moment of the whole database to a new file."""
        with self.reading() as connection, closing(sqlite3.connect(target)) as copy:
            copy.execute("PRAGMA synchronous = OFF")
            _driver(connection).backup(copy)

    def hurry(self) -> None:
        self.patience.hurry()

    def close(self) -> None:
        self.log.end()
        self.engine.dispose()

    def _translated(self) -> AbstractContextManager[None]:
        signs = beside(self.path, LOCK), beside(self.path, DUTY)
        return translated(self.name, lambda: locker(self.path, signs))


@dataclass(frozen=True, slots=True)
class SqliteDatabase:
    """The file with what belongs to it; `cycle_lease` is None where the state is only read.

    `roster` tells which daemon works on it, where daemons may. `folder` is the temporary one to
    remove at the end, where the state lives in one. `lock` is what a lease locks.
    """

    file: SqliteFile
    copy: FingerprintCopy
    cycle_lease: CycleLease | None
    roster: DutyRoster | None = None
    folder: TemporaryDirectory[str] | None = None
    now: Now = own_time
    lock: Path | None = None

    @property
    def name(self) -> str:
        return self.file.name

    def reading(self) -> AbstractContextManager[Connection]:
        return self.file.reading()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        with self.file.writing() as connection:
            if self.cycle_lease is not None:
                self.cycle_lease.guard(connection)
            yield connection

    def upsert(self, connection: Connection, rows: Iterable[SkuRow]) -> None:
        _driver(connection).executemany(_upsert(), rows)

    def begin(self, connection: Connection, shared: SkuRow, begun: Iterable[BegunRow]) -> bool:
        try:
            with connection.begin_nested():
                _driver(connection).executemany(_insert(shared), begun)
        except sqlite3.IntegrityError:
            return False
        return True

    def enter(self, connection: Connection, entries: Sequence[Entered]) -> list[WriteId]:
        return journal.inserted(connection, entries)

    def lease(self, holder: str, wait: timedelta) -> AbstractContextManager[Lease]:
        if self.cycle_lease is None:
            raise only_read(self.name)
        return self.cycle_lease.held(holder, wait)

    def duty(self, holder: str) -> AbstractContextManager[Duty]:
        if self.roster is None:
            raise only_read(self.name)
        return self.roster.taken(holder)

    def held_since(self) -> datetime | None:
        return None if self.lock is None else held_since(self.lock)

    def sent_until(self) -> datetime | None:
        before = None if self.lock is None else look_at(self.lock).holder
        return None if before is None else last_departure(before)

    @contextmanager
    def copied(self) -> Iterator[Database]:
        with TemporaryDirectory(prefix="syncd-") as folder:
            place = Path(folder, "syncd.db")
            self.file.copy_to(place)
            copy = FingerprintCopy(self.name, beside(place, COPY), self.copy.lendable)
            with closing(open_file(self.name, place, SCRATCH)) as scratch:
                lease = CycleLease(scratch, beside(place, LOCK), Timing())
                yield SqliteDatabase(scratch, copy, lease, now=self.now)

    def fingerprints(self) -> AbstractContextManager[Path]:
        return self.copy.current(self.reading, _fingerprints)

    def stepped(self, step: Step) -> None:
        self.copy.stepped(step)

    def shelf(self) -> None:
        """One machine's processes have one key's pace, which one of them reaches."""

    def hurry(self) -> None:
        self.file.hurry()

    def close(self) -> None:
        self.file.close()
        if self.folder is not None:
            self.folder.cleanup()


def beside(file: Path, ending: str) -> Path:
    """The file that stands beside the state under its name and this ending."""
    return file.with_name(file.name + ending)


def open_file(
    name: str, file: Path, access: Access, busy_timeout: timedelta = BUSY_TIMEOUT
) -> SqliteFile:
    """A pool for as many threads as ask; nothing is opened yet.

    The driver's own transactions are switched off, for they begin too late and lose updates: here
    every transaction begins at its beginning, and one that writes begins as the only one.
    """
    patience = Patience(busy_timeout)

    def connect() -> sqlite3.Connection:
        return _connect(file, access, patience)

    engine = create_engine(
        "sqlite+pysqlite://", creator=connect, poolclass=QueuePool, max_overflow=-1
    )
    event.listen(engine, "begin", partial(_begin, patience))
    return SqliteFile(name, file, engine, patience, LogMoving(connect))


def _connect(file: Path, access: Access, patience: Patience) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"file:{quote(str(file.absolute()))}?mode={access.mode}",
        uri=True,
        timeout=patience.left(),
        isolation_level=None,
        check_same_thread=False,  # the pool hands a connection to one thread at a time
    )
    try:
        for pragma in access.pragmas:
            connection.execute(pragma)
    except BaseException:
        connection.close()
        raise
    return connection


def _begin(patience: Patience, connection: Connection) -> None:
    driver = _driver(connection)
    if not connection.get_execution_options().get(_WRITES):
        driver.execute("BEGIN")
        return
    _wait_at_most(driver, min(_STEP, patience.left()))
    _begin_to_write(driver, patience)
    _wait_at_most(driver, patience.left())


def _begin_to_write(driver: sqlite3.Connection, patience: Patience) -> None:
    """Wait in steps: SQLite itself would not be interrupted."""
    since = time.monotonic()
    while True:
        try:
            driver.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if not is_busy(error) or patience.left(time.monotonic() - since) <= 0:
                raise
        else:
            return


def _wait_at_most(driver: sqlite3.Connection, seconds: float) -> None:
    driver.execute(f"PRAGMA busy_timeout = {round(seconds * 1000)}")


def _driver(connection: Connection) -> sqlite3.Connection:
    """SQLite's own connection, which is nearly twice as fast with a million rows."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)  # noqa: S101 - tells the type; no other can be
    return driver


@cache  # to make its text takes longer than to settle a batch by it
def _upsert() -> str:
    statement = insert(schema.sku)
    replaced = {
        column.name: statement.excluded[column.name]
        for column in schema.sku.c
        if not column.primary_key
    }
    upsert = statement.on_conflict_do_update(index_elements=["id"], set_=replaced)
    return str(upsert.compile(dialect=_DIALECT))


@cache  # there are no more of them than there are first states
def _insert(shared: SkuRow) -> str:
    """What all rows have in common stands in the statement: to bind it takes twice the time."""
    given = iter(shared)
    values = {
        column.name: literal_column("?")
        if column.name in BEGUN
        else literal(next(given), column.type)
        for column in schema.sku.c
    }
    statement = insert(schema.sku).values(values).inline()  # to give ids back takes thrice the time
    return str(statement.compile(dialect=_DIALECT, compile_kwargs={"literal_binds": True}))


def _fingerprints(connection: Connection) -> Iterable[Fingerprint]:
    return _driver(connection).execute(str(queries.FINGERPRINTS.compile(dialect=_DIALECT)))
