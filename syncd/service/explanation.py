"""All about one SKU: what the state knows, what was seen of it, and what comes next."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from syncd.domain.attributes import (
    ITEM_ATTRIBUTES,
    SKU_ATTRIBUTES,
    Attribute,
    Attributes,
    ItemId,
)
from syncd.domain.audit import Observed
from syncd.domain.cycle import (
    last_judged,
)
from syncd.domain.item import RemoteItem, RemoteSku
from syncd.domain.journal import JournalEntry
from syncd.domain.snapshot import CatalogRow
from syncd.domain.tracking import Held, Tracked
from syncd.engine.times import in_time
from syncd.engine.translate import Translator
from syncd.service.inquiry import LOOKED_BACK
from syncd.service.looks import CatalogLook, Looks, look_at_remote, look_into_catalog
from syncd.service.outlook import Outlook, Prospect, outlook
from syncd.service.terms import Ports, Terms


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
        """What stands of the item, and before it of the SKU, where one is kept."""
        row, item, sku = self.tracked, self.observed, self.observed_sku
        of_item = ShownHalf(
            "",
            ITEM_ATTRIBUTES,
            None if row is None else row.desired,
            None if row is None else row.known,
            None if item is None else item.attributes,
        )
        if row is None or not _keeps_sku(row):
            return (of_item,)
        seen = None if sku is None else sku.attributes
        return (ShownHalf("SKU ", SKU_ATTRIBUTES, row.desired, row.known_sku, seen), of_item)


def _keeps_sku(row: Tracked) -> bool:
    """Whether its SKU is kept beside its item; one that no wish is for any more is not watched."""
    return row.wants_sku or (row.desired is None and row.known_sku is not None)


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
