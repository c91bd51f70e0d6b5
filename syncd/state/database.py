"""What the state asks of a database: all that differs between one and another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from syncd.domain.journal import WriteId
from syncd.errors import StateError
from syncd.ports import Duty, Fingerprints, Lease, Shelf
from syncd.state.codec import BegunRow, SkuRow
from syncd.state.fingerprint_steps import Step
from syncd.state.journal import Entered

if TYPE_CHECKING:
    from sqlalchemy import Connection


class Connections(Protocol):
    """Connections whose errors are translated."""

    @property
    def name(self) -> str:
        """What messages call the state."""

    def reading(self) -> AbstractContextManager[Connection]:
        """A connection that sees one moment of the database until the end of the block."""

    def writing(self) -> AbstractContextManager[Connection]:
        """A connection that alone may write; commits at the end, rolls back where it raises."""


class Database(Connections, Protocol):
    """The connections, and the things no SQL standard knows."""

    def now(self) -> datetime:
        """As the port says."""

    def upsert(self, connection: Connection, rows: Iterable[SkuRow]) -> None:
        """Insert or replace rows of the table `sku`, as fast as the database can."""

    def begin(self, connection: Connection, shared: SkuRow, begun: Iterable[BegunRow]) -> bool:
        """Insert rows that share all else; False, and nothing done, where one of them is there."""

    def enter(self, connection: Connection, entries: Sequence[Entered]) -> list[WriteId]:
        """Write entries with the same columns into the journal; the ids come in their order."""

    def lease(self, holder: str, wait: timedelta) -> AbstractContextManager[Lease]:
        """As the port says; whoever has held it writes only as long as nobody else has."""

    def duty(self, holder: str) -> AbstractContextManager[Duty]:
        """As the port says."""

    def held_since(self) -> datetime | None:
        """Since when whoever has the lease now has had it; None where nobody alive has it."""

    def sent_until(self) -> datetime | None:
        """As the port says."""

    def copied(self) -> AbstractContextManager[Database]:
        """A private copy of the present moment, removed at the end of the block."""

    def fingerprints(self) -> AbstractContextManager[Fingerprints]:
        """As the port says."""

    def stepped(self, step: Step) -> None:
        """Take notice of what a transaction did that has replaced the stamp and is committed."""

    def shelf(self) -> Shelf | None:
        """As the port says."""

    def hurry(self) -> None:
        """As the port says."""

    def close(self) -> None:
        """Give files and connections back."""


def only_read(name: str) -> StateError:
    """What whoever wants a lease of a state that is only read is told."""
    return StateError(
        name,
        "it was opened to be read, so no cycle can run on it",
        "Open it for writing, or work on an overlay",
    )
