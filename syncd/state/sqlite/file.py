"""A file of SQLite: connections to it, pragmas, who may write, and the copy of the whole."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import quote

from sqlalchemy import Connection, Engine, QueuePool, create_engine, event

from syncd.state.faults import decoding, is_busy, translated
from syncd.state.patience import Patience
from syncd.state.sqlite.lockers import locker
from syncd.state.sqlite.log_moving import LogMoving
from syncd.state.sqlite.standing import Place
from syncd.state.undoing import undone_on_failure

BUSY_TIMEOUT: Final = timedelta(seconds=30)
"""How long a write waits for another one; recording a million rows takes some seconds."""

LOCK: Final = ".lock"
"""The ending of the file that the cycle lease locks."""
DUTY: Final = ".duty"
"""The ending of the file that the daemon on duty locks."""

_STEP: Final = 0.2
"""Seconds that a write waits before it looks whether there is a hurry."""

_WRITES: Final = "syncd_writes"
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
            driver = driver_of(connection)
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
            driver_of(connection).backup(copy)

    def hurry(self) -> None:
        self.patience.hurry()

    def close(self) -> None:
        self.log.end()
        self.engine.dispose()

    def _translated(self) -> AbstractContextManager[None]:
        signs = beside(self.path, LOCK), beside(self.path, DUTY)
        return translated(self.name, lambda: locker(self.path, signs))


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
    with undone_on_failure(connection.close):
        for pragma in access.pragmas:
            connection.execute(pragma)
    return connection


def _begin(patience: Patience, connection: Connection) -> None:
    driver = driver_of(connection)
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


def driver_of(connection: Connection) -> sqlite3.Connection:
    """SQLite's own connection, which is nearly twice as fast with a million rows."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)  # noqa: S101 - tells the type; no other can be
    return driver
