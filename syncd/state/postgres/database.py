"""A state in PostgreSQL as the adapter asks it: its rooms, its lease, its copies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from syncd.domain.journal import WriteId
from syncd.state import codec
from syncd.state.database import Database, only_read
from syncd.state.journal import Entered
from syncd.state.postgres import bulk, signs
from syncd.state.postgres.lease import TERM
from syncd.state.postgres.overlay import overlaid
from syncd.state.postgres.sharing import PostgresShelf

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from sqlalchemy import Connection

    from syncd.ports import Duty, Fingerprints, Lease, Shelf
    from syncd.state.codec import BegunRow, SkuRow
    from syncd.state.fingerprint_steps import Step
    from syncd.state.fingerprints import FingerprintCopy
    from syncd.state.holding import Now
    from syncd.state.postgres.duty import PostgresDuty
    from syncd.state.postgres.lease import PostgresLease
    from syncd.state.postgres.room import PostgresRoom


@dataclass(frozen=True, slots=True)
class Leases:
    """How cycles take turns, and which daemon is on duty, by connections of their own."""

    lease: PostgresLease
    duty: PostgresDuty
    signs: PostgresRoom


@dataclass(frozen=True, slots=True)
class PostgresDatabase:
    """The room with what belongs to it; `leases` is None where the state is only read.

    `now` is the server's time. `folder` is the temporary one to remove at the end, where the copy
    of fingerprints is in one.
    """

    room: PostgresRoom
    copy: FingerprintCopy
    now: Now
    leases: Leases | None = None
    folder: TemporaryDirectory[str] | None = None

    @property
    def name(self) -> str:
        return self.room.name

    def reading(self) -> AbstractContextManager[Connection]:
        return self.room.reading()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        with self.room.writing() as connection:
            if self.leases is not None:
                self.leases.lease.guard(connection)
            yield connection

    def upsert(self, connection: Connection, rows: Iterable[SkuRow]) -> None:
        bulk.upsert(connection, rows)

    def begin(self, connection: Connection, shared: SkuRow, begun: Iterable[BegunRow]) -> bool:
        return bulk.begin(connection, codec.begun_rows(shared, begun))

    def enter(self, connection: Connection, entries: Sequence[Entered]) -> list[WriteId]:
        return bulk.enter(connection, entries)

    def lease(self, holder: str, wait: timedelta) -> AbstractContextManager[Lease]:
        if self.leases is None:
            raise only_read(self.name)
        return self.leases.lease.held(holder, wait)

    def duty(self, holder: str) -> AbstractContextManager[Duty]:
        if self.leases is None:
            raise only_read(self.name)
        return self.leases.duty.taken(holder)

    def held_since(self) -> datetime | None:
        with self.room.reading() as connection:
            sight = signs.look(connection, signs.LEASE)
        return None if sight.holder is None or sight.is_free(TERM) else sight.holder.began

    def sent_until(self) -> datetime | None:
        with self.room.reading() as connection:
            return signs.look(connection, signs.LEASE).sent_until(self.now())

    def copied(self) -> AbstractContextManager[Database]:
        return overlaid(self.room, self.copy)

    def fingerprints(self) -> AbstractContextManager[Fingerprints]:
        return self.copy.current(self.reading, bulk.fingerprints)

    def stepped(self, step: Step) -> None:
        self.copy.stepped(step)

    def shelf(self) -> Shelf | None:
        if self.leases is None:
            return None
        return PostgresShelf(self, self.leases.signs, self.leases.lease.timing)

    def hurry(self) -> None:
        self.room.hurry()
        if self.leases is not None:
            self.leases.signs.hurry()

    def close(self) -> None:
        self.room.close()
        if self.leases is not None:
            self.leases.signs.close()
        if self.folder is not None:
            self.folder.cleanup()
