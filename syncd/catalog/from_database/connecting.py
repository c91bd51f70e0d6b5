"""Connections to any database: each sees one moment of it, to the end, and cannot write."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from syncd.catalog.from_database.cells import UNDECODABLE
from syncd.catalog.from_database.faults import Fault
from syncd.catalog.from_database.telling import Telling, secret_options
from syncd.domain.extras import installing
from syncd.errors import CatalogError

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, CursorResult, Engine

_DRIVERS: Final = {
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mariadb+pymysql",
}
"""The driver that syncd brings, where a URL names none."""
_EXTRAS: Final = {"psycopg": "postgres", "pymysql": "mysql"}
_PATIENCE: Final = 10
"""Seconds until a server that does not answer counts as unreachable."""
SILENCE: Final = 840
"""Seconds without a row until a read is given up; a sort may take minutes.

The daemon takes work that has not moved for a little longer for stuck.
"""
_LOCKED: Final = 60
"""Seconds to wait for a lock, where the database would wait for ever."""
_WAIT_FOR_LOCKS: Final = (
    f"SELECT set_config('lock_timeout', '{_LOCKED}s', true)"
    " WHERE current_setting('lock_timeout') = '0'"
)
_END_SILENCE: Final = (
    f"SELECT set_config('statement_timeout', '{SILENCE}s', true)"
    " WHERE current_setting('statement_timeout') = '0'"
)
_BUSY: Final = 30.0
_SEES_ONE_MOMENT: Final = ("SERIALIZABLE", "REPEATABLE READ")
"""Levels that keep rows from moving while they are read, the best first.

SNAPSHOT is not among them: SQL Server takes it, and then fails where it was not allowed before.
"""


def is_known(scheme: str) -> bool:
    """Whether what a URL begins with names a kind of database; its driver may be missing."""
    from sqlalchemy.dialects import registry
    from sqlalchemy.exc import NoSuchModuleError

    kind = _DRIVERS.get(scheme, scheme).partition("+")[0]
    try:
        registry.load(kind)
    except NoSuchModuleError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Manner:
    """What one kind of database is told: while connecting, of isolation, and as the read begins."""

    connect: Mapping[str, object] = field(default_factory=dict)
    options: Mapping[str, object] = field(default_factory=dict)
    begin: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


_POSTGRESQL: Final = Manner(
    connect={
        "connect_timeout": _PATIENCE,
        "application_name": "syncd",
        "keepalives_idle": 60,
        "keepalives_interval": 15,
        "keepalives_count": 4,
    },
    options={"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
    begin=(
        "SET LOCAL TIME ZONE 'UTC'",
        "SET LOCAL synchronize_seqscans = off",  # the same rows then come in the same order
        _WAIT_FOR_LOCKS,
        _END_SILENCE,
    ),
)
_MYSQL: Final = Manner(
    connect={"connect_timeout": _PATIENCE, "read_timeout": SILENCE, "charset": "utf8mb4"},
    options={"isolation_level": "REPEATABLE READ"},
    begin=(
        "SET time_zone = '+00:00'",  # or the hour that winter time repeats would hide changes
        f"SET lock_wait_timeout = LEAST(@@lock_wait_timeout, {_LOCKED})",
        "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
    ),
)
_SQLITE: Final = Manner(begin=("PRAGMA query_only = ON", "BEGIN"))


@dataclass(frozen=True, slots=True)
class Moment:
    """A connection within its one transaction; `doubts` say where it may not see one moment."""

    connection: Connection
    doubts: tuple[str, ...]

    def abandon(self, result: CursorResult[Any]) -> None:
        """Give up a result that is not read to its end; the connection is lost with it.

        To close it politely, PyMySQL would read on to the end, even when it is thrown away.
        """
        unread = getattr(result.cursor, "_result", None)
        if unread is not None and hasattr(unread, "unbuffered_active"):
            unread.unbuffered_active = False
        result.close()  # while its connection is still there
        self.connection.invalidate()


class Database:
    """The database that a URL names; `name` is what messages call it."""

    def __init__(self, name: str, url: str, *, tolerant: bool = False) -> None:
        """Take `tolerant` for text that is no UTF-8: it comes as it stands, and more slowly."""
        self._name = name
        self._text = url
        self._tolerant = tolerant

    def tolerating(self) -> Database:
        """The same database, whose text may be anything; SQLite alone has such text."""
        return Database(self._name, self._text, tolerant=True)

    @property
    def address(self) -> str:
        """The URL without password, and without options that may be one."""
        url = self._url.difference_update_query(secret_options(self._url))
        return url.render_as_string(hide_password=True)

    @cached_property
    def telling(self) -> Telling:
        """Tells what goes wrong, and never a password."""
        return Telling.of(self._name, self._url)

    @contextmanager
    def moment(self) -> Iterator[Moment]:
        """Connect, and see the database as it is now until the block ends; nothing is kept open."""
        engine, manner = self._engine, self._manner
        with self.telling.connecting():
            connection = engine.connect()
        try:
            with self.telling.reading():
                connection = connection.execution_options(**manner.options)
                for statement in manner.begin:
                    connection.exec_driver_sql(statement)
                yield Moment(connection, manner.doubts)
        except BaseException:
            connection.invalidate()  # to end an unfinished read, drivers would fetch its rest
            raise
        finally:
            connection.close()

    @cached_property
    def _url(self) -> URL:
        from sqlalchemy import make_url
        from sqlalchemy.exc import ArgumentError

        try:
            url = make_url(self._text)
        except (ArgumentError, ValueError):  # a port that is no number is a ValueError
            raise CatalogError(
                self._name or "catalog.url",
                "it is not the URL of a database",
                'Write it like "postgresql://user:password@host/database", with %40 for an @ in'
                " the password",
            ) from None  # the original shows the URL
        return url.set(drivername=_DRIVERS.get(url.drivername, url.drivername))

    @cached_property
    def _engine(self) -> Engine:
        from sqlalchemy import NullPool, create_engine
        from sqlalchemy.exc import ArgumentError, NoSuchModuleError

        url = self._url
        try:
            if url.get_backend_name() == "sqlite":
                return create_engine("sqlite://", creator=self._sqlite(url), poolclass=NullPool)
            unset = {key: value for key, value in self._connect.items() if key not in url.query}
            return create_engine(url, poolclass=NullPool, connect_args=unset)
        except (ImportError, NoSuchModuleError) as error:
            raise self._no_driver(url, error) from error
        except ArgumentError as error:
            raise self.telling.told(error, Fault.UNREACHABLE) from error

    @property
    def _connect(self) -> Mapping[str, object]:
        """What to tell the driver; other drivers than ours may know other words."""
        ours = {"psycopg": _POSTGRESQL, "psycopg2": _POSTGRESQL, "pymysql": _MYSQL}
        driver = self._url.get_driver_name()
        return ours[driver].connect if driver in ours else {}

    def _no_driver(self, url: URL, error: Exception) -> CatalogError:
        kind = url.get_backend_name()
        missing = getattr(error, "name", None) or kind
        extra = _EXTRAS.get(missing)
        return CatalogError(
            self._name,
            f'the driver for "{url.drivername}" is not installed',
            installing(extra) if extra else "Install the driver that SQLAlchemy names for it",
        )

    def _sqlite(self, url: URL) -> Callable[[], sqlite3.Connection]:
        file = url.database
        if not file or file == ":memory:":
            raise CatalogError(
                self._name, "it names no file", 'Write it like "sqlite:///catalog.db"'
            )
        busy = float(str(url.query.get("timeout", _BUSY)))
        decode = _decoded if self._tolerant else str
        return lambda: _open_file(self._name, Path(file), busy, decode)

    @cached_property
    def _manner(self) -> Manner:
        known = {"postgresql": _POSTGRESQL, "mysql": _MYSQL, "mariadb": _MYSQL, "sqlite": _SQLITE}
        kind = self._url.get_backend_name()
        return known[kind] if kind in known else self._another(kind)

    def _another(self, kind: str) -> Manner:
        """Take the best level that a database without a manner of its own says it has."""
        with self.telling.connecting(), self._engine.connect() as connection:
            level = best_level(connection)
        if level is not None:
            return Manner(options={"isolation_level": level})
        doubt = f"{kind} does not promise that rows stay as they are while they are read"
        return Manner(doubts=(doubt,))


def best_level(connection: Connection) -> str | None:
    """Give the best isolation level that this connection takes; None where none is good enough."""
    from sqlalchemy.exc import SQLAlchemyError

    for level in _SEES_ONE_MOMENT:
        try:
            connection.execution_options(isolation_level=level)
        except (SQLAlchemyError, NotImplementedError):
            continue
        return level
    return None


def _decoded(text: bytes) -> str:
    return text.decode(errors=UNDECODABLE)


def _open_file(
    name: str, file: Path, busy: float, decode: Callable[[bytes], str]
) -> sqlite3.Connection:
    if not file.exists():
        raise CatalogError(
            name, "there is no such file", "Look whether it has moved, and correct catalog.url"
        )
    connection = sqlite3.connect(
        f"file:{quote(str(file.absolute()))}?mode=ro",
        uri=True,
        timeout=busy,
        isolation_level=None,
        check_same_thread=False,  # a read may end in another thread than it began in
    )
    connection.text_factory = decode
    return connection
