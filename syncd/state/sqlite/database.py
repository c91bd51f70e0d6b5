"""A state in a file of SQLite as the adapter asks it: the file, its lease, its copies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from syncd.domain.journal import WriteId
from syncd.ports import Duty, Fingerprints, Lease
from syncd.state import journal
from syncd.state.codec import BegunRow, SkuRow
from syncd.state.database import Database, only_read
from syncd.state.fingerprint_steps import Step
from syncd.state.fingerprints import FingerprintCopy
from syncd.state.holding import Now, Timing, last_departure, own_time
from syncd.state.journal import Entered
from syncd.state.lock_file import held_since, look_at
from syncd.state.sqlite import bulk
from syncd.state.sqlite.duty import DutyRoster
from syncd.state.sqlite.file import LOCK, SCRATCH, SqliteFile, beside, open_file
from syncd.state.sqlite.lease import CycleLease

if TYPE_CHECKING:
    from sqlalchemy import Connection

COPY: Final = ".fingerprints.parquet"
"""The ending of the copy of fingerprints beside the file."""


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
        bulk.upsert(connection, rows)

    def begin(self, connection: Connection, shared: SkuRow, begun: Iterable[BegunRow]) -> bool:
        return bulk.begin(connection, shared, begun)

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

    def fingerprints(self) -> AbstractContextManager[Fingerprints]:
        return self.copy.current(self.reading, bulk.fingerprints)

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
