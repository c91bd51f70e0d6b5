"""The change-tracking table, the journal and the cycles, as the service reads and leads them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Protocol

from syncd.domain.approval import Approval
from syncd.domain.attributes import Attributes, ItemId
from syncd.domain.audit import Observed
from syncd.domain.chain import Seal
from syncd.domain.change import Action, Change
from syncd.domain.cycle import CycleId, CycleResult
from syncd.domain.journal import JournalEntry, WritesOfAnHour
from syncd.domain.snapshot import Reading
from syncd.domain.stock import StockPoint
from syncd.domain.tracking import SkuState, Tracked
from syncd.ports.lease import Duty, Lease
from syncd.ports.sharing import Shelf
from syncd.ports.sightings import Sightings
from syncd.ports.transaction import Transaction

DOUBTED: Final = "restored.doubted"
"""The fact that says how many owned SKUs are in doubt since the state is an older copy of itself,
until a cycle has told it."""


@dataclass(frozen=True, slots=True)
class Census:
    """How many SKUs there are in each state, and how many of all are owned."""

    states: Mapping[SkuState, int]
    owned: int


class State(Protocol):
    """The change-tracking table, the journal, the cycles and the lease; a transaction a call."""

    def now(self) -> datetime:
        """The present moment in UTC, by the one clock that all processes on this state go by.

        By it is dated what one of them writes and another judges. It may ask, the first time.
        """

    def lease(self, holder: str, wait: timedelta) -> AbstractContextManager[Lease]:
        """Be the only cycle over all processes; raises `LeaseHeldError`, naming who is.

        The lease is freed when its holder dies, however it dies; from one that shows no sign of
        life for a while it is taken. Whoever has held it writes only until somebody else takes it:
        then every transaction of this object raises `LeaseLostError`.
        """

    def alongside(self, holder: str, wait: timedelta) -> AbstractContextManager[None]:
        """Write beside a cycle of this very object, or else under a lease of its own.

        Raises `LeaseHeldError` where another process has the lease. What is read in a transaction
        within the block stays so until its end.
        """

    def duty(self, holder: str) -> AbstractContextManager[Duty]:
        """Be the one daemon that works; raises `LeaseHeldError`, at once, where another is.

        It is free when whoever has it dies, and taken from one that shows no sign of life. It is no
        lease: cycles take turns by theirs.
        """

    def held_since(self) -> datetime | None:
        """Since when whoever has the lease now has had it; None where nobody alive has it."""

    def overlay(self) -> AbstractContextManager[State]:
        """A private copy that can be written and is thrown away; this state is left untouched."""

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Begin a write; commits at the end of the block, rolls back where it raises."""

    def fingerprints(self) -> AbstractContextManager[Path]:
        """The Parquet copy that `Snapshot.compare` wants, made anew where it is stale."""

    def tracked(self, ids: Sequence[ItemId]) -> dict[ItemId, Tracked]:
        """The rows of these ids; unknown ids are left out."""

    def in_states(
        self, states: frozenset[SkuState], after: ItemId | None = None
    ) -> Iterator[Sequence[Tracked]]:
        """All rows in one of these states, those behind an id alone, ordered by it, in batches."""

    def beginning_with(self, prefix: str, limit: int) -> Sequence[Tracked]:
        """The first rows, ordered by id, whose id begins so."""

    def census(self) -> Census:
        """Count the SKUs."""

    def skus_alone(self) -> int:
        """Count the pairs that are ours by their SKU and have no item; `census` leaves them out."""

    def owned(self, limit: int) -> Sequence[ItemId]:
        """Some owned ids, spread over all of them."""

    def known_at_random(self, count: int) -> Sequence[ItemId]:
        """So many owned ids whose item is known to exist, or all there are, chosen by chance."""

    def sightings(self) -> AbstractContextManager[Sightings]:
        """Somewhere to note what a listing shows, thrown away at the end of the block.

        What it is held against is the table as it stands when it is first asked.
        """

    def observed(self, ids: Sequence[ItemId]) -> Mapping[ItemId, Observed]:
        """What audits found of these ids otherwise than it was known."""

    def left_to_mend(self) -> int:
        """How many of those a repair would mend, and nothing was written for since."""

    def stock_of(self, ids: Sequence[ItemId]) -> Mapping[ItemId, Sequence[StockPoint]]:
        """How the stock of these items went, each oldest first; those never seen are left out."""

    def reading(self) -> Reading | None:
        """What is remembered of the last read."""

    def written_since(self, moment: datetime, action: Action) -> frozenset[ItemId]:
        """Ids whose writes of this kind began since then and were, or may be, carried out.

        Writes that a person had approved are left out.
        """

    def updates_since(self, moment: datetime) -> Iterator[Sequence[tuple[ItemId, Attributes]]]:
        """The updates of `written_since`, each with the values it sent, in batches."""

    def recreated_since(self, moment: datetime) -> frozenset[ItemId]:
        """Those created since then that had been ours before: the remote had lost them.

        Which creates count is as in `written_since`.
        """

    def written_after(self, cycle: CycleId, ids: Sequence[ItemId]) -> frozenset[ItemId]:
        """Those of these ids that later cycles have written, or may have."""

    def last_written(self, ids: Sequence[ItemId]) -> Mapping[ItemId, datetime]:
        """When the last write of each of these ids began that was, or may have been, carried out.

        Ids that were never written are left out.
        """

    def journal_of(self, item: ItemId) -> Sequence[JournalEntry]:
        """What happened to this SKU, oldest first."""

    def journal_of_cycle(self, cycle: CycleId) -> Iterator[Sequence[JournalEntry]]:
        """What this cycle did, oldest first, in batches."""

    def writes_by_hour(self, first: datetime, hours: int) -> Sequence[WritesOfAnHour]:
        """Count the writes of so many hours, the first of which begins at `first`.

        They come by time, in each hour by action, and none comes that counts nothing.
        """

    def cycles(self, limit: int) -> Sequence[CycleResult]:
        """The latest cycles, newest first, without their changes."""

    def cycle(self, cycle: CycleId) -> CycleResult | None:
        """One cycle without its changes."""

    def seals(self) -> Iterator[Seal]:
        """Every seal, oldest first, with the digest of what stands under it now.

        Where some were pruned, the first one is the last of those.
        """

    def last_seal(self) -> str | None:
        """The digest of the newest seal, as it is remembered apart from the seals."""

    def unsealed(self) -> Sequence[CycleId]:
        """The cycles under no seal, those included that only entries of the journal name."""

    def prune(self, before: datetime) -> Iterator[int]:
        """Remove what was sealed before a moment; each step is a short transaction of its own.

        Events that came before it go as well, and points of stock that were over by then. Gives
        how many rows each step removed. The last digest before those of the cycles that remain
        stays, and so do the cycle sealed last, cycles with a write in flight, and the stopped plans
        of the cycles that remain.
        """

    def stopped(self, name: str) -> Sequence[Change]:
        """The changes that `record_stopped` kept under this name; none where it kept none."""

    def approvals(self, ids: Sequence[ItemId], moment: datetime) -> Mapping[ItemId, Approval]:
        """The approvals for these ids that are in force at this moment."""

    def remembered(self, key: str) -> str | None:
        """The small fact kept under this name."""

    def shelf(self) -> Shelf | None:
        """Where deliveries are shared with other processes; None where they cannot be."""

    def hurry(self) -> None:
        """Wait a few seconds more for whoever keeps it locked or does not answer, then give up.

        Any thread may say so, from the moment on when this process was asked to stop.
        """

    def close(self) -> None:
        """Give the files and connections back."""
