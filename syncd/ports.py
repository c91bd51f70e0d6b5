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
from syncd.domain.audit import Observed, PairSighting, Sighting
from syncd.domain.chain import Seal
from syncd.domain.change import Action, Change, Plan, Resource
from syncd.domain.cycle import CycleId, CycleResult
from syncd.domain.delivery import Failure, Outcome, Transient, Verb
from syncd.domain.event import Event
from syncd.domain.item import RemoteItem, RemoteSku
from syncd.domain.journal import (
    Adoption,
    Intent,
    JournalEntry,
    Settlement,
    WriteId,
    WritesOfAnHour,
)
from syncd.domain.level import LevelFilter, Levels
from syncd.domain.listing import CountedSpan
from syncd.domain.message import Message, Target
from syncd.domain.row_block import RowBlock
from syncd.domain.sample import Sample
from syncd.domain.snapshot import CatalogRow, Certificate, Position, Reading, Scope
from syncd.domain.stock import StockPoint
from syncd.domain.tracking import SkuState, Tracked
from syncd.engine.breaker import NOT_SENT
from syncd.engine.first_wishes import FirstWishes

DOUBTED: Final = "restored.doubted"
"""The fact that says how many owned SKUs are in doubt since the state is an older copy of itself,
until a cycle has told it."""
UNSENT: Final = Transient(Failure(None, NOT_SENT, "stopped before it was sent"), in_doubt=False)
"""What becomes of a change that was not sent after all, for a stop: as if it had never begun."""
Permit: TypeAlias = Callable[[], None]
"""Is asked right before each departure; what it raises keeps that request from leaving."""
Advance: TypeAlias = Callable[[int], None]
"""Is told, while something goes on, of so many more rows, and of 0 where it moves without any.

It may be called from any thread, from one at a time; what it raises ends what goes on.
"""
TakeItems: TypeAlias = Callable[[Sequence[RemoteItem]], None]
"""Takes some items, as they come."""
TakePairedSkus: TypeAlias = Callable[[Sequence[RemoteSku]], None]
"""Takes some SKUs in canonical form, as they come."""
TakeSkus: TypeAlias = Callable[[Sequence[Mapping[str, object]]], None]
"""Takes some SKUs, in one thread at a time."""


def unseen(rows: int) -> None:
    """Nobody watches."""


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

    def new(self) -> Iterator[RowBlock]:
        """Whole rows, with ids that were not known and stand in no other row."""

    def changed(self) -> Iterator[Sequence[CatalogRow]]:
        """All others that are changed, repeated, broken or back from missing, in batches."""

    def missing(self) -> Iterator[Sequence[ItemId]]:
        """Known ids, not yet missing, that no record of this read bears, in batches.

        Of changes: the ids that the source calls deleted, known or not.
        """

    def missing_count(self) -> int:
        """How many ids `missing` would give."""


def every_row(comparison: Comparison) -> Iterator[Sequence[CatalogRow]]:
    """All rows that a comparison found, the new ones among them, in batches."""
    for block in comparison.new():
        yield block.each()
    yield from comparison.changed()


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
        """Compare every record with `fingerprints`, or with nothing: then every row is new.

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

    def position(self, advance: Advance = unseen) -> Position:
        """Look at the source without reading it; raises `CatalogError` where it is not there."""

    def read(
        self, since: str | None, advance: Advance = unseen
    ) -> AbstractContextManager[Snapshot]:
        """Take a snapshot, there until the block ends: of what has changed since a watermark.

        Without one, or where the source cannot tell what has changed, of everything. Raises
        `CatalogError` where the source is not there. `advance` is told of the comparison as well.
        """

    def read_unless(
        self, last: Position, advance: Advance = unseen
    ) -> AbstractContextManager[Snapshot | None]:
        """Take a snapshot of everything; None where nothing was written since the `last` look.

        Where the source can be asked for both at once, this takes a single request.
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

    async def skus(self, ids: Sequence[ItemId]) -> Mapping[ItemId, RemoteSku]:
        """The SKUs that exist among these ids, with what `managed` would say of them."""

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


class Onlooker(Protocol):
    """Who watches what goes to Digital River; is told from any thread, and never blocks."""

    def departed(self) -> None:
        """A request leaves now."""

    def answered(self, verb: Verb, resource: Resource, status: int | None, seconds: float) -> None:
        """So long after the call it was answered; `status` is None where no whole answer came."""


class Unseen:
    """Nobody watches."""

    def departed(self) -> None:
        """Go on unseen."""

    def answered(self, verb: Verb, resource: Resource, status: int | None, seconds: float) -> None:
        """Go on unseen."""


class ItemListing(Protocol):
    """The items and SKUs of one account in bulk; raises as the reads of `Remote` do."""

    @property
    def requests(self) -> int:
        """How many requests have departed so far."""

    async def every_item(self, take: TakeItems) -> Sequence[CountedSpan]:
        """Give each item once to `take`, in no order; raises where any of them may be lacking.

        What is created meanwhile may be lacking, and what is deleted may come.
        """

    async def every_sku(self, take: TakePairedSkus) -> Sequence[CountedSpan]:
        """The same of SKUs."""


class Stock(Protocol):
    """The inventory levels of one account; raises as the reads of `Remote` do."""

    async def levels(self, ids: Sequence[ItemId], wanted: LevelFilter) -> Levels:
        """What every location has of these items, however many ids and levels there are."""


class Inventory(ItemListing, Stock, Protocol):
    """All that is read of one account in bulk."""


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


class Notifier(Protocol):
    """Whoever is to be told when something needs a person."""

    @property
    def targets(self) -> Sequence[Target]:
        """All of them; those of wrong addresses raise `NotifyError` when they are told."""

    def tell(self, target: Target, message: Message) -> None:
        """Tell one of them, which takes up to ten seconds; raises `NotifyError` where it failed.

        Any thread may call it.
        """


@dataclass(frozen=True, slots=True)
class Census:
    """How many SKUs there are in each state, and how many of all are owned."""

    states: Mapping[SkuState, int]
    owned: int


class Sightings(Protocol):
    """What a listing has shown so far, to be held against the table in whole sets."""

    @property
    def count(self) -> int:
        """How many items were shown."""

    def take(self, items: Sequence[RemoteItem], seen: datetime) -> None:
        """Note what was shown at a moment."""

    def take_skus(self, skus: Sequence[RemoteSku], seen: datetime) -> None:
        """Note what was shown of SKUs at a moment."""

    def read_known(self) -> None:
        """Read the table as it stands now; else that is done when it is first needed.

        It may be done in another thread while `take` and `take_skus` go on.
        """

    def unpaired(self, *, kept: bool) -> Iterator[Sequence[PairSighting]]:
        """Items and SKUs that do not go together, in batches ordered by id.

        Where SKUs are `kept`, those as well that are not as they are known. Some may agree all the
        same. SKUs that Digital River fulfils itself are left out, but those of known items.
        """

    def differing(self) -> Iterator[Sequence[Sighting]]:
        """Those that are not ours exactly as they are known, or not in the catalog, in batches.

        Some may agree all the same: only what is left out is sure to.
        """

    def not_shown(self) -> Iterator[Sequence[ItemId]]:
        """Ids whose item is known and was not shown, ordered, in batches."""


class Transaction(Protocol):
    """Everything that changes the state, all or nothing; no network call may stand inside."""

    def tracked(self, ids: Sequence[ItemId]) -> dict[ItemId, Tracked]:
        """The rows of these ids as this transaction sees them; unknown ids are left out."""

    def put(self, rows: Sequence[Tracked]) -> None:
        """Insert or replace whole rows."""

    def begin(self, wishes: FirstWishes) -> bool:
        """Insert the rows of ids that have none; False, and nothing done, where one has a row."""

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

    def observe(self, observed: Sequence[Observed]) -> None:
        """Keep what an audit found otherwise than it is known, for each in the place of before."""

    def forget_observed(self, ids: Sequence[ItemId]) -> None:
        """Remove what was observed of these ids, for it is as it is known."""

    def forget_observed_before(self, moment: datetime) -> None:
        """Remove what was seen before this moment."""

    def note_stock(self, points: Sequence[StockPoint]) -> None:
        """Keep what was seen of stock, each in the place of its item's point of the same day."""

    def receive(self, event: Event) -> bool:
        """Keep an event; False where the one with its id is kept already."""


class Lease(Protocol):
    """What the one cycle that runs holds."""

    @property
    def sent_until(self) -> datetime | None:
        """Until when a process before this one may have sent requests; None where nobody knows."""

    def check(self) -> None:
        """Raise `LeaseLostError` from the moment on when another process may have taken over."""


class Duty(Protocol):
    """What the one daemon that works holds."""

    def show(self) -> None:
        """Show that it lives; raises `LeaseLostError` where another has come on duty."""


@dataclass(frozen=True, slots=True)
class Offered:
    """A change that any process may send, and whether a person has approved it."""

    change: Change
    approved: bool


@dataclass(frozen=True, slots=True)
class Helped:
    """How a delivery stands that others help with.

    `answered` is what came of changes since the last look, None where a row had moved on before it
    was sent. `given_up` are those whose helper shows no sign of life: it sends no more, and whether
    it has sent them nobody knows. `waiting` counts those that nobody has taken yet.
    """

    helpers: int
    answered: Mapping[ItemId, Outcome | None]
    given_up: frozenset[ItemId]
    waiting: Mapping[Action, int]


class Sharing(Protocol):
    """The leading end of a delivery that others help with; the calls block."""

    def offer(self, plan: Plan) -> None:
        """Let whoever comes first send these changes, in their order."""

    def take_back(self, action: Action, most: int) -> frozenset[ItemId]:
        """Withdraw offers of this kind that nobody has taken; those that came last go first."""

    def look(self) -> Helped:
        """See what has become of the offers; each answer comes once."""


class Claim(Protocol):
    """Offers that this helper alone has now, in the transaction that writes their intents."""

    @property
    def transaction(self) -> Transaction: ...

    @property
    def offered(self) -> Sequence[Offered]: ...

    def leave_out(self, ids: Sequence[ItemId]) -> None:
        """Tell that these are not sent, for their rows have moved on."""


class Help(Protocol):
    """The helping end; the calls block, and raise `LeaseLostError` once it may write no more."""

    @property
    def cycle(self) -> CycleId:
        """The one that leads."""

    def check(self) -> None:
        """Raise from the moment on when others may take it that nothing is sent from here."""

    def show(self) -> bool:
        """Show that it lives and see that the leading process does; False once nobody wants help.

        What is sent within the few seconds that it answers for needs no other leave.
        """

    def claiming(self, action: Action, most: int) -> AbstractContextManager[Claim]:
        """Take the next offers of this kind that nobody else is just taking."""

    def settling(
        self, outcomes: Mapping[ItemId, Outcome]
    ) -> AbstractContextManager[tuple[Transaction, frozenset[ItemId]]]:
        """Tell outcomes; gives the transaction to record them, and for which ids it may.

        What was kept back is offered again. What was given up meanwhile is another's to find out.
        """


class Shelf(Protocol):
    """Where what a guard has passed lies for more than one process to deliver."""

    def laid_out(self, cycle: CycleId, meaning: str) -> AbstractContextManager[Sharing]:
        """Ask for help with a delivery for the block, from those who mean the same."""

    def joined(self, meaning: str) -> AbstractContextManager[Help | None]:
        """Help with the delivery of another process for the block; None where there is none."""


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
