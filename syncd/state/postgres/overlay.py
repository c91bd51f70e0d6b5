"""A private layer over one moment of a state: one transaction that is never committed."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from sqlalchemy import text

from syncd.domain.journal import WriteId
from syncd.errors import LeaseHeldError
from syncd.state import codec, journal
from syncd.state.database import Database, only_read
from syncd.state.faults import decoding
from syncd.state.fingerprint_steps import Step
from syncd.state.fingerprints import FingerprintCopy
from syncd.state.journal import Entered
from syncd.state.postgres import bulk, layer
from syncd.state.postgres.faults import translated
from syncd.state.postgres.pool import driver_of

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from sqlalchemy import Connection

    from syncd.ports import Duty, Fingerprints, Lease
    from syncd.state.codec import BegunRow, SkuRow
    from syncd.state.postgres.room import PostgresRoom

_LASTS: Final = text("SELECT set_config('idle_in_transaction_session_timeout', '0', true)")
"""A dry run asks the remote in between."""
_MOMENT: Final = text("SELECT pg_export_snapshot()")


@dataclass(frozen=True, slots=True)
class PrivateLease:
    """The port's `Lease` where nobody else can come."""

    sent_until: datetime | None = None

    def check(self) -> None:
        """Nobody takes it away."""


@dataclass(slots=True)
class PostgresOverlay:
    """The state's database for a dry run: the tables below are read, and no row is locked.

    All of it goes through one connection, one thread at a time.
    """

    room: PostgresRoom
    connection: Connection
    copy: FingerprintCopy
    _turn: threading.RLock = field(default_factory=threading.RLock)
    _holder: str | None = None

    @property
    def name(self) -> str:
        return self.room.name

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        with self._turn, translated(self.name), decoding(self.name):
            yield self.connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        with self._turn, translated(self.name), self.connection.begin_nested():
            yield self.connection

    def now(self) -> datetime:
        return self.room.now()

    def upsert(self, connection: Connection, rows: Iterable[SkuRow]) -> None:
        driver = driver_of(connection)
        bulk.fill_incoming(driver, rows)
        layer.merge(driver, self.room.place.schema, bulk.INCOMING)

    def begin(self, connection: Connection, shared: SkuRow, begun: Iterable[BegunRow]) -> bool:
        driver = driver_of(connection)
        if not bulk.fill_with_new(driver, codec.begun_rows(shared, begun)):
            return False
        layer.merge(driver, self.room.place.schema, bulk.INCOMING)
        return True

    def enter(self, connection: Connection, entries: Sequence[Entered]) -> list[WriteId]:
        return journal.inserted(connection, entries)

    @contextmanager
    def lease(self, holder: str, wait: timedelta) -> Iterator[Lease]:  # noqa: ARG002 - the port's
        if self._holder is not None:
            reason = f"a cycle is running, held by {self._holder}"
            raise LeaseHeldError(self.name, reason, "Wait for it to end")
        self._holder = holder
        try:
            yield PrivateLease()
        finally:
            self._holder = None

    def duty(self, holder: str) -> AbstractContextManager[Duty]:  # noqa: ARG002 - the port's
        raise only_read(self.name)

    def held_since(self) -> None:
        """Nobody else sees this copy."""

    def sent_until(self) -> None:
        """Nobody has sent anything by this copy."""

    @contextmanager
    def copied(self) -> Iterator[Database]:
        with self.reading() as connection:
            moment: str = connection.execute(_MOMENT).scalar_one()
        with overlaid(self.room, self.copy, moment) as copy:
            with self._turn, translated(self.name):
                source, target = self.connection, copy.connection
                layer.copy_layer(*map(driver_of, (source, target)))
            yield copy

    def fingerprints(self) -> AbstractContextManager[Fingerprints]:
        return self.copy.current(self.reading, bulk.fingerprints)

    def stepped(self, step: Step) -> None:
        self.copy.stepped(step)

    def shelf(self) -> None:
        """What is thrown away is delivered by nobody."""

    def hurry(self) -> None:
        self.room.hurry()

    def close(self) -> None:
        """It ends with its block."""


@contextmanager
def overlaid(
    room: PostgresRoom, copy: FingerprintCopy, moment: str | None = None
) -> Iterator[PostgresOverlay]:
    """Lay a layer over the present moment, or one that another transaction sees."""
    with TemporaryDirectory(prefix="syncd-") as folder, _rolled_back(room) as connection:
        own = FingerprintCopy(room.name, Path(folder, "fingerprints.parquet"), copy.lendable)
        with translated(room.name):
            if moment is not None:
                quoted = moment.replace("'", "''")
                connection.exec_driver_sql(f"SET TRANSACTION SNAPSHOT '{quoted}'")
            connection.execute(_LASTS)
            layer.lay(driver_of(connection), room.place.schema)
        yield PostgresOverlay(room, connection, own)


@contextmanager
def _rolled_back(room: PostgresRoom) -> Iterator[Connection]:
    """A connection for the block, with whose end everything goes that was made on it."""
    with ExitStack() as stack:
        with translated(room.name):
            connection = stack.enter_context(room.pool.to_try(room.place))
        yield connection
