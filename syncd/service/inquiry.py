"""The read side: what stands where and why, told over the ports without changing anything."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import Final

from syncd.domain.attributes import (
    ITEM_ATTRIBUTES,
    SKU_ATTRIBUTES,
    Attribute,
    AttributeChange,
    Attributes,
    ItemId,
)
from syncd.domain.audit import Observed
from syncd.domain.change import Action, Change, ChangeOutcome
from syncd.domain.cycle import (
    ChangeResult,
    CycleId,
    CycleResult,
    GuardStop,
    QuarantinedSku,
    last_judged,
    standing_stops,
)
from syncd.domain.delivery import Failure
from syncd.domain.item import RemoteItem, RemoteSku
from syncd.domain.journal import Deed, JournalEntry, outcome_of
from syncd.domain.snapshot import CatalogRow, HeldSku, Reading
from syncd.domain.tracking import Held, SkuState, Tracked
from syncd.engine.times import in_time
from syncd.engine.translate import Translator
from syncd.errors import UsageError
from syncd.ports import Census, Remote, State
from syncd.service import remembered
from syncd.service.ask import IDS_A_REQUEST
from syncd.service.looks import CatalogLook, Looks, look_at_remote, look_into_catalog
from syncd.service.outbox import Outbox
from syncd.service.outlook import Outlook, Prospect, outlook
from syncd.service.table import held, quarantined, rows_in
from syncd.service.terms import Ports, Terms

LOOKED_BACK: Final = 50
"""How many cycles are gone back to the last one that was about all SKUs."""
OUTCOME_NOT_RECORDED: Final = Failure(None, "in_doubt", "its outcome was not recorded")


@dataclass(frozen=True, slots=True)
class Status:
    """How everything stands; `held` and `quarantined` have the first few of each.

    `to_mend` counts what audits found otherwise than it is known, and nothing has mended.
    """

    at: datetime
    census: Census
    last: CycleResult | None
    reading: Reading | None
    held: tuple[HeldSku, ...]
    quarantined: tuple[QuarantinedSku, ...]
    outbox: Outbox = field(default_factory=Outbox)
    stops: tuple[GuardStop, ...] = ()
    under_way: bool = False
    to_mend: int = 0


@dataclass(frozen=True, slots=True)
class ShownHalf:
    """One half of a pair side by side; `name` is put before the names of its attributes."""

    name: str
    attributes: Sequence[Attribute]
    desired: Attributes | None
    known: Attributes | None
    observed: Attributes | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything that is known of one SKU.

    `catalog` is its row as the catalog has it now, and `wish` what that row means; where it could
    not be read or is not there, `catalog_absence` says why. `observed` is what Digital River
    answered just now, or else `observed_absence` says why there is nothing. Where nobody has looked
    there is neither. `noted` is what the last audit saw of it otherwise than it was known.
    """

    at: datetime
    id: ItemId
    tracked: Tracked | None
    history: tuple[JournalEntry, ...]
    catalog: CatalogRow | None
    wish: Attributes | Held | None
    catalog_absence: str | None
    observed: RemoteItem | None
    observed_absence: str | None
    next: Outlook
    noted: Observed | None = None
    observed_sku: RemoteSku | None = None

    @property
    def halves(self) -> tuple[ShownHalf, ...]:
        """What stands of the item, and before it of the SKU, where that is wanted or known."""
        row, item, sku = self.tracked, self.observed, self.observed_sku
        of_item = ShownHalf(
            "",
            ITEM_ATTRIBUTES,
            None if row is None else row.desired,
            None if row is None else row.known,
            None if item is None else item.attributes,
        )
        if row is None or not (row.wants_sku or row.known_sku is not None):
            return (of_item,)
        seen = None if sku is None else sku.attributes
        return (ShownHalf("SKU ", SKU_ATTRIBUTES, row.desired, row.known_sku, seen), of_item)


@dataclass(frozen=True, slots=True)
class FoundItems:
    """Inventory items as the remote has them, and the ids among those asked for that it has not."""

    items: tuple[RemoteItem, ...]
    absent: tuple[ItemId, ...] = ()


def is_under_way(state: State, newest: CycleResult) -> bool:
    """Whether the newest cycle still goes on: whoever began it has the lease, and is alive.

    One that has ended since it was read still went on then.
    """
    if not newest.is_unfinished:
        return False
    since = state.held_since()
    if since is not None and since <= newest.started:
        return True
    again = state.cycle(newest.id)
    return again is not None and not again.is_unfinished


def status(state: State, now: datetime, examples: int) -> Status:
    """Tell how everything stands, with so many examples of what needs somebody."""
    cycles = state.cycles(LOOKED_BACK)
    last = next(iter(cycles), None)
    return Status(
        at=now,
        census=state.census(),
        last=last,
        reading=state.reading(),
        held=tuple(islice(held(state), examples)),
        quarantined=tuple(islice(quarantined(state), examples)),
        outbox=remembered.outbox(state),
        stops=standing_stops(cycles),
        under_way=last is not None and is_under_way(state, last),
        to_mend=state.left_to_mend(),
    )


def tracked_quarantined(state: State) -> Iterator[Tracked]:
    """The rows of every quarantined SKU, ordered by id."""
    return rows_in(state, SkuState.QUARANTINED)


def past_cycle(state: State, cycle: CycleId) -> CycleResult:
    """One cycle with its changes, from the journal and the stopped plan; raises `UsageError`."""
    result = state.cycle(cycle)
    if result is None:
        raise UsageError(f"Cycle {cycle}", "there is no such cycle", "See: syncd history")
    entries = [entry for batch in state.journal_of_cycle(cycle) for entry in batch]
    stopped = state.stopped(result.stopped_plan) if result.stopped_plan else ()
    return replace(result, changes=_changes(entries, stopped))


async def why(ports: Ports, terms: Terms, item: ItemId) -> Explanation:
    """Tell all about one SKU; neither an unreadable catalog nor a silent remote keeps from it."""
    in_catalog = await asyncio.to_thread(look_into_catalog, ports, item)
    at_remote = await look_at_remote(ports, item, skus=terms.policy.skus)
    return explain(ports, terms, item, Looks(in_catalog, at_remote))


def explain(ports: Ports, terms: Terms, item: ItemId, looks: Looks) -> Explanation:
    """Tell about one SKU what the state knows, and what was seen of it."""
    row = ports.state.tracked([item]).get(item)
    tracked = None if row is None else in_time(row, terms.policy, ports.clock.now())
    catalog, remote = looks.catalog, looks.remote
    wish = None if catalog.row is None else Translator(terms.rules).translate(catalog.row)
    return Explanation(
        at=ports.clock.now(),
        id=item,
        tracked=tracked,
        history=tuple(ports.state.journal_of(item)),
        catalog=catalog.row,
        wish=wish,
        catalog_absence=catalog.absence,
        observed=remote.item,
        observed_absence=remote.absence,
        observed_sku=remote.sku,
        next=_next(ports, terms, tracked, wish) if tracked else _first(wish, catalog),
        noted=ports.state.observed([item]).get(item),
    )


async def find_items(remote: Remote, ids: Sequence[ItemId]) -> FoundItems:
    """Ask for these items, a hundred a request; they come in the order of the ids."""
    found: dict[ItemId, RemoteItem] = {}
    for start in range(0, len(ids), IDS_A_REQUEST):
        found |= await remote.items(ids[start : start + IDS_A_REQUEST])
    items = tuple(found[item] for item in ids if item in found)
    return FoundItems(items, tuple(item for item in ids if item not in found))


async def search_items(
    remote: Remote, part_number: str | None, manufacturer: str | None, limit: int | None
) -> FoundItems:
    """Search items, newest first; at most `limit` of them where it is given."""
    items: list[RemoteItem] = []
    async for item in remote.search(part_number, manufacturer):
        if limit is not None and len(items) >= limit:
            break
        items.append(item)
    return FoundItems(tuple(items))


# ------------------------------------------------------------------------------- one SKU


def _next(ports: Ports, terms: Terms, tracked: Tracked, wish: Attributes | Held | None) -> Outlook:
    reading = ports.state.reading()
    reads = reading.complete_reads if reading else 0
    last = last_judged(ports.state.cycles(LOOKED_BACK))
    now = ports.clock.now()
    told = outlook(Prospect(tracked, terms.policy, reads, now, last, terms.orchestrated))
    if not _is_news(tracked, wish):
        return told
    return Outlook("Its catalog row has changed since the last cycle; the next one takes that in.")


def _first(wish: Attributes | Held | None, catalog: CatalogLook) -> Outlook:
    if catalog.at is None:
        return Outlook("No cycle has taken it in; nobody has looked for it in the catalog.")
    if wish is None:
        return Outlook("Nothing: it is in neither the catalog nor the state.")
    return Outlook("The next cycle takes it in.")


def _is_news(tracked: Tracked, wish: Attributes | Held | None) -> bool:
    if isinstance(wish, Held):
        return tracked.held is None or tracked.held.rule != wish.rule
    if wish is None:
        return False
    if tracked.reverted is not None:
        return wish != tracked.reverted.wish
    return tracked.missing is not None or tracked.held is not None or wish != tracked.desired


# ------------------------------------------------------------------------- a past cycle


def _changes(
    entries: Iterable[JournalEntry], stopped: Iterable[Change]
) -> tuple[ChangeResult, ...]:
    """One result for each half, of the last attempt; adoptions write nothing.

    What was stopped was stopped last: an attempt before it came to nothing.
    """
    last = {(entry.id, entry.resource): entry for entry in entries if entry.deed is not Deed.ADOPT}
    results = {half: _change_result(entry) for half, entry in last.items()}
    results |= {
        (half.id, half.resource): ChangeResult(half, ChangeOutcome.STOPPED)
        for change in stopped
        for half in change.halves
    }
    return tuple(results[half] for half in sorted(results, key=lambda half: half[0]))


def _change_result(entry: JournalEntry) -> ChangeResult:
    change = Change(
        id=entry.id,
        action=Action(entry.deed),
        revision=entry.revision,
        attributes=_attribute_changes(entry),
        resource=entry.resource,
    )
    outcome = outcome_of(change.action, entry.kind)
    if outcome is ChangeOutcome.DONE:
        return ChangeResult(change, outcome)
    return ChangeResult(change, outcome, entry.failure or OUTCOME_NOT_RECORDED)


def _attribute_changes(entry: JournalEntry) -> dict[Attribute, AttributeChange]:
    before = entry.before or {}
    if entry.deed is Deed.DELETE:
        lost = {attribute: value for attribute, value in before.items() if value is not None}
        return {attribute: AttributeChange(value, None) for attribute, value in lost.items()}
    return {
        attribute: AttributeChange(before.get(attribute), value)
        for attribute, value in entry.after.items()
    }
