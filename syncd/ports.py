"""The four things the service needs from outside: a catalog, a remote, a state and a clock."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Protocol, TypeAlias

from syncd.domain.approval import Approval
from syncd.domain.attributes import Attributes, ItemId
from syncd.domain.chain import Seal
from syncd.domain.change import Action, Change
from syncd.domain.cycle import CycleId, CycleResult
from syncd.domain.delivery import Failure, Outcome, Transient
from syncd.domain.item import RemoteItem
from syncd.domain.journal import Adoption, Intent, JournalEntry, Settlement, WriteId
from syncd.domain.listing import CountedSpan
from syncd.domain.sample import Sample
from syncd.domain.snapshot import CatalogRow, Certificate, Position, Reading, Scope
from syncd.domain.tracking import SkuState, Tracked
from syncd.engine.breaker import NOT_SENT

UNSENT: Final = Transient(Failure(None, NOT_SENT, "stopped before it was sent"), in_doubt=False)
"""What becomes of a change that was not sent after all, for a stop: as if it had never begun."""
Permit: TypeAlias = Callable[[], None]
"""Is asked right before each departure; what it raises keeps that request from leaving."""
TakeSkus: TypeAlias = Callable[[Sequence[Mapping[str, object]]], None]
"""Takes some SKUs, in one thread at a time."""


class Clock(Protocol):
    """Time, passed in so that tests need not wait."""

    def now(self) -> datetime:
        """The present moment in UTC, with its time zone."""

    async def sleep(self, seconds: float) -> None:
        """Wait; zero or less returns at once."""


class Comparison(Protocol):
    """One snapshot, compared as a set with the fingerprints that were known."""

    @property
    def certificate(self) -> Certificate:
        """The evidence of the read, final: the source was looked at again after the last byte."""

    @property
    def duplicates(self) -> int:
        """How many ids stand in the catalog more than once."""

    def changed(self) -> Iterator[Sequence[CatalogRow]]:
        """Rows that are new, changed, repeated, broken or back from missing, in batches."""

    def missing(self) -> Iterator[Sequence[ItemId]]:
        """Known ids, not yet missing, that no record of this read bears, in batches.

        Of changes: the ids that the source calls deleted, known or not.
        """

    def missing_count(self) -> int:
        """How many ids `missing` would give."""


class Snapshot(Protocol):
    """One read of the catalog: files in their places, or a copy of what a source gave."""

    @property
    def position(self) -> Position:
        """What the source showed of itself when the read began."""

    @property
    def scope(self) -> Scope:
        """Whether this is all of the catalog, or only what has changed since a watermark."""

    @property
    def watermark(self) -> str | None:
        """Where the next read of changes may begin; None where this read cannot tell."""

    def digest(self) -> str:
        """The digest of the bytes and of whatever puts them into doubt.

        It may be asked for while a comparison goes on, from another thread.
        """

    def is_as_it_was(self) -> bool:
        """Whether the bytes are still those that the read began with, as those of a copy are."""

    def sample(self, limit: int) -> Sample:
        """Some rows with all their columns, whether those that the mapping names are there or not.

        Raises `CatalogError` where nothing can be read.
        """

    def compare(self, fingerprints: Path | None) -> AbstractContextManager[Comparison]:
        """Compare every record with `fingerprints`, or with nothing: then every row has changed.

        That is a Parquet file with the columns `id` (text), `fingerprint` (64-bit integer, null
        where the row must count as changed) and `missing` (boolean). Raises `CatalogError` where
        the source cannot be read at all (a mapped column gone, an unreadable encoding) and
        `SuspectCatalogError` where it is empty or has lost its header.
        """


class CatalogSource(Protocol):
    """Where the merchant's catalog lives."""

    @property
    def name(self) -> str:
        """What reports call the source; never with a password in it."""

    def position(self) -> Position:
        """Look at the source without reading it; raises `CatalogError` where it is not there."""

    def read(self, since: str | None) -> AbstractContextManager[Snapshot]:
        """Take a snapshot, there until the block ends: of what has changed since a watermark.

        Without one, or where the source cannot tell what has changed, of everything. Raises
        `CatalogError` where the source is not there.
        """


class Remote(Protocol):
    """Digital River, as far as a sync needs it.

    The reads raise `RemoteUnavailableError`, `KeyRefusedError` or `ResourceForbiddenError`, the
    transient failures after some tries of their own; at most 100 ids a call.
    """

    @property
    def requests(self) -> int:
        """How many requests have departed so far."""

    async def items(self, ids: Sequence[ItemId]) -> Mapping[ItemId, RemoteItem]:
        """The items that exist among these ids."""

    async def managed(self, ids: Sequence[ItemId]) -> frozenset[ItemId]:
        """Those of these ids whose SKU Digital River fulfils itself (`managedFulfillment`)."""

    async def stocked(self, ids: Sequence[ItemId]) -> frozenset[ItemId]:
        """Those of these ids that have stock left at any location."""

    async def carry_out(self, change: Change) -> Outcome:
        """Send one change, once; every answer, and none at all, is an outcome."""

    def search(
        self, part_number: str | None, manufacturer: str | None
    ) -> AsyncIterator[RemoteItem]:
        """All items with this part number and manufacturer, page after page, newest first."""

    def depart_by(self, permit: Permit | None) -> None:
        """Ask this permit from now on, or none; what it raises comes out of every call."""

    def hold(self) -> None:
        """Let nothing depart from now on; what has departed is seen to its end.

        A change that has not departed is UNSENT at once, a read raises `RemoteUnavailableError`.
        """

    async def aclose(self) -> None:
        """Give the connections back."""


class SkuListing(Protocol):
    """The SKUs of one account in bulk, each with the API's own names for its properties.

    The calls block, and may come from any thread; they raise as the reads of `Remote` do.
    """

    def read(self, since: datetime | None, take: TakeSkus) -> Sequence[CountedSpan]:
        """Give each SKU to `take`, or each that was changed from a moment on, in no order.

        Raises where any of them may be lacking; `take` has then had some of them in vain.
        """

    def latest(self, count: int) -> Sequence[Mapping[str, object]]:
        """Give so many of the SKUs that were created last."""

    def deleted(self, since: datetime) -> frozenset[ItemId]:
        """The ids of SKUs that were deleted from a moment on and are not there now.

        Digital River remembers that for 30 days.
        """


@dataclass(frozen=True, slots=True)
class Census:
    """How many SKUs there are in each state, and how many of all are owned."""

    states: Mapping[SkuState, int]
    owned: int


class Transaction(Protocol):
    """Everything that changes the state, all or nothing; no network call may stand inside."""

    def tracked(self, ids: Sequence[ItemId]) -> dict[ItemId, Tracked]:
        """The rows of these ids as this transaction sees them; unknown ids are left out."""

    def put(self, rows: Sequence[Tracked]) -> None:
        """Insert or replace whole rows."""

    def forget(self, ids: Sequence[ItemId]) -> None:
        """Remove rows; the journal keeps what happened to them."""

    def begin_writes(self, intents: Sequence[Intent]) -> list[WriteId]:
        """Write intents into the journal; the ids come in the order of the intents."""

    def end_writes(self, settlements: Sequence[Settlement]) -> None:
        """Write outcomes beside their intents."""

    def adopt(self, adoptions: Sequence[Adoption]) -> None:
        """Write adoptions into the journal."""

    def record_reading(self, reading: Reading) -> None:
        """Replace what is remembered of the last read."""

    def record_cycle(self, result: CycleResult) -> None:
        """Insert or replace this cycle; its `changes` are not kept, the journal has them."""

    def seal(self, cycle: CycleId, at: datetime) -> None:
        """Close the chain over all cycles and entries under no seal yet, this finished cycle's too.

        From then on a change to any of them shows in `State.seals`.
        """

    def record_stopped(self, changes: Sequence[Change]) -> str:
        """Keep changes that guards stopped and name them; the same ones are kept once."""

    def approve(self, approved: Sequence[Approval]) -> None:
        """Keep approvals, each in the place of an older one for its SKU."""

    def forget_approvals(self, moment: datetime) -> None:
        """Remove the approvals that have expired at this moment."""

    def remember(self, key: str, value: str) -> None:
        """Keep one small fact under a name, such as the account the state belongs to."""


class Lease(Protocol):
    """What the one cycle that runs holds."""

    @property
    def sent_until(self) -> datetime | None:
        """Until when a process before this one may have sent requests; None where nobody knows."""

    @property
    def in_doubt(self) -> int:
        """How many owned SKUs this taking has put in doubt: the state is an old copy of itself."""

    def check(self) -> None:
        """Raise `LeaseLostError` from the moment on when another process may have taken over."""


class Duty(Protocol):
    """What the one daemon that works holds."""

    def show(self) -> None:
        """Show that it lives; raises `LeaseLostError` where another has come on duty."""


class State(Protocol):
    """The change-tracking table, the journal, the cycles and the lease; a transaction a call."""

    def lease(self, holder: str, wait: timedelta) -> AbstractContextManager[Lease]:
        """Be the only cycle over all processes; raises `LeaseHeldError`, naming who is.

        The lease is freed when its holder dies, however it dies; from one that shows no sign of
        life for a while it is taken. Whoever has held it writes only until somebody else takes it:
        then every transaction of this object raises `LeaseLostError`.
        """

    def duty(self, holder: str) -> AbstractContextManager[Duty]:
        """Be the one daemon that works; raises `LeaseHeldError`, at once, where another is.

        It is free when whoever has it dies, and taken from one that shows no sign of life. It is no
        lease: cycles take turns by theirs.
        """

    def overlay(self) -> AbstractContextManager[State]:
        """A private copy that can be written and is thrown away; this state is left untouched."""

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Begin a write; commits at the end of the block, rolls back where it raises."""

    def fingerprints(self) -> AbstractContextManager[Path]:
        """The Parquet copy that `Snapshot.compare` wants, made anew where it is stale."""

    def tracked(self, ids: Sequence[ItemId]) -> dict[ItemId, Tracked]:
        """The rows of these ids; unknown ids are left out."""

    def in_states(self, states: frozenset[SkuState]) -> Iterator[Sequence[Tracked]]:
        """All rows in one of these states, ordered by id, in batches."""

    def census(self) -> Census:
        """Count the SKUs."""

    def owned(self, limit: int) -> Sequence[ItemId]:
        """Some owned ids, spread over all of them."""

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

    def journal_of(self, item: ItemId) -> Sequence[JournalEntry]:
        """What happened to this SKU, oldest first."""

    def journal_of_cycle(self, cycle: CycleId) -> Iterator[Sequence[JournalEntry]]:
        """What this cycle did, oldest first, in batches."""

    def cycles(self, limit: int) -> Sequence[CycleResult]:
        """The latest cycles, newest first, without their changes."""

    def cycle(self, cycle: CycleId) -> CycleResult | None:
        """One cycle without its changes."""

    def seals(self) -> Iterator[Seal]:
        """Every seal, oldest first, with the digest of what stands under it now."""

    def last_seal(self) -> str | None:
        """The digest of the newest seal, as it is remembered apart from the seals."""

    def unsealed(self) -> Sequence[CycleId]:
        """The cycles under no seal, those included that only entries of the journal name."""

    def prune(self, before: datetime) -> Iterator[int]:
        """Remove what was sealed before a moment; each step is a short transaction of its own.

        Gives how many rows each step removed. Digests stay, and so do the cycle sealed last, cycles
        with a write in flight, and the stopped plans of the cycles that remain.
        """

    def stopped(self, name: str) -> Sequence[Change]:
        """The changes that `record_stopped` kept under this name; none where it kept none."""

    def approvals(self, ids: Sequence[ItemId], moment: datetime) -> Mapping[ItemId, Approval]:
        """The approvals for these ids that are in force at this moment."""

    def remembered(self, key: str) -> str | None:
        """The small fact kept under this name."""

    def close(self) -> None:
        """Give the files and connections back."""
