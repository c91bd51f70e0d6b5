"""Undoing what one cycle wrote for a SKU: what it did, whether that still stands, and the way back.

Undoing is a wish of its own, which takes the catalog's place until the catalog changes its mind.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from syncd.domain.attributes import Attribute, AttributeChange, Attributes, ItemId
from syncd.domain.change import Action, Change, Resource
from syncd.domain.cycle_id import CycleId
from syncd.domain.delivery import Kind
from syncd.domain.item import RemoteItem
from syncd.domain.journal import Deed, JournalEntry
from syncd.domain.tracking import Missing, Ownership, Reverted, Tracked
from syncd.engine.absorb import with_perhaps_sent
from syncd.engine.forget import untroubled
from syncd.engine.settle import DIFFERENT_VALUES

_MAY_HAVE_LANDED: Final = frozenset({None, Kind.ACCEPTED, Kind.UNKNOWN})


class Kept(StrEnum):
    """Why what a cycle wrote for a SKU is not undone."""

    NOT_LANDED = "not_landed"
    """The write never arrived, so there is nothing to undo."""
    WRITTEN_SINCE = "written_since"
    CHANGED_SINCE = "changed_since"
    """The remote has it otherwise than the cycle left it."""
    WISHED_SINCE = "wished_since"
    """The catalog wants something else by now, which a hold would keep back."""
    GONE = "gone"
    NOT_OURS = "not_ours"
    NOT_ALLOWED = "not_allowed"
    UNSEEN = "unseen"


@dataclass(frozen=True, slots=True)
class Deeds:
    """What one cycle did to one SKU, its writes taken together.

    `before` and `after` are the item's values before the first and after the last write, None
    where there was no item; `touched` are the attributes written. `certain` says that at least one
    write was acknowledged.
    """

    id: ItemId
    before: Attributes | None
    after: Attributes | None
    touched: frozenset[Attribute]
    revision: int
    certain: bool

    def undoing(self) -> Change:
        """The change that would lead back."""
        if self.before is None:
            return self._change(Action.DELETE, self.after or {}, {})
        if self.after is None:
            return self._change(Action.CREATE, {}, self.before)
        parts = ({name: of.get(name) for name in self.touched} for of in (self.after, self.before))
        return self._change(Action.UPDATE, *parts)

    def _change(self, action: Action, known: Attributes, wanted: Attributes) -> Change:
        changed = {
            name: AttributeChange(known.get(name), wanted.get(name))
            for name in Attribute
            if known.get(name) != wanted.get(name)
        }
        return Change(self.id, action, self.revision, changed)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a SKU stands now: its row, its item as the remote shows it, and later writes."""

    row: Tracked | None
    item: RemoteItem | None
    written_since: bool = False


@dataclass(frozen=True, slots=True)
class Occasion:
    """Which cycle is undone, when, and how many complete reads there were by then."""

    cycle: CycleId
    now: datetime
    read: int


def with_entry(deeds: Deeds | None, entry: JournalEntry) -> Deeds | None:
    """Take in the cycle's next entry for this SKU; None as long as nothing can have landed.

    What was written to the SKU itself is no item's, and a revert is of items.
    """
    if entry.resource is not Resource.INVENTORY_ITEM:
        return deeds
    if entry.deed is Deed.ADOPT or entry.kind not in _MAY_HAVE_LANDED:
        return deeds
    certain = entry.kind is Kind.ACCEPTED
    deeds = deeds or Deeds(
        entry.id, entry.before, entry.before, frozenset(), entry.revision, certain=False
    )
    removes = entry.deed is Deed.DELETE
    return replace(
        deeds,
        after=None if removes else {**(deeds.after or {}), **entry.after},
        touched=deeds.touched | entry.after.keys(),
        revision=entry.revision,
        certain=deeds.certain or certain,
    )


def deeds_of(entries: Iterable[JournalEntry]) -> Deeds | None:
    """What these entries, all of one cycle and one SKU, come to."""
    deeds: Deeds | None = None
    for entry in entries:
        deeds = with_entry(deeds, entry)
    return deeds


def undone(deeds: Deeds, standing: Standing, occasion: Occasion) -> Tracked | Kept:
    """The row once it wishes for what was before these deeds, or why it may not.

    Only what stands exactly as the cycle has left it is undone. A row that wishes so already, for
    this very cycle, is given as it is: a revert that was cut short goes on.
    """
    row = standing.row
    if row is not None and row.is_reverted and _cycle_of(row) == occasion.cycle:
        return row
    if standing.written_since:
        return Kept.WRITTEN_SINCE
    if not deeds.certain and _stands(standing.item, deeds.before, deeds.touched):
        return Kept.NOT_LANDED
    kept = _gone_or_not_ours(deeds, row) or _moved_on(deeds, standing)
    return kept or _with_undoing(row, deeds, occasion)


def released(row: Tracked) -> Tracked:
    """The row once no revert decides any more: it wishes for what the catalog last said."""
    if row.reverted is None:
        return row
    wish = row.reverted.wish
    return replace(
        untroubled(with_perhaps_sent(row)),
        desired=row.desired if wish is None else wish,
        revision=row.revision + 1,
        reverted=None,
    )


def _gone_or_not_ours(deeds: Deeds, row: Tracked | None) -> Kept | None:
    if row is not None and row.ownership is Ownership.FOREIGN:
        return Kept.NOT_OURS
    if deeds.after is None:
        return None
    if row is None or (row.missing is not None and deeds.before is not None):
        return Kept.GONE
    return None if row.ownership is Ownership.OWNED else Kept.NOT_OURS


def _moved_on(deeds: Deeds, standing: Standing) -> Kept | None:
    """Whether the remote, or else the catalog, has something else than the cycle has left."""
    row, item = standing.row, standing.item
    if row is None:
        return None if item is None else Kept.CHANGED_SINCE
    if not _same(item.attributes if item else None, row.known):
        return Kept.CHANGED_SINCE
    if _was_answered_otherwise(row):
        return None
    if not _stands(item, deeds.after, deeds.touched):
        return Kept.CHANGED_SINCE
    return None if row.is_equal or row.is_missing else Kept.WISHED_SINCE


def _with_undoing(row: Tracked | None, deeds: Deeds, occasion: Occasion) -> Tracked:
    """The row with the way back as its wish, beside what the catalog wants."""
    if row is None:
        gone = Missing(since=occasion.now, read=occasion.read)
        row = Tracked(deeds.id, revision=deeds.revision, missing=gone)
    target = deeds.before
    if target is not None and row.desired is not None:
        target = {**row.desired, **{name: target.get(name) for name in deeds.touched}}
    return replace(
        untroubled(row),
        desired=target,
        revision=row.revision + 1,
        reverted=Reverted(occasion.cycle, _catalog_wish(row)),
    )


def _catalog_wish(row: Tracked) -> Attributes | None:
    if row.reverted is not None:
        return row.reverted.wish
    return None if row.missing is not None else row.desired


def _cycle_of(row: Tracked) -> CycleId | None:
    return None if row.reverted is None else row.reverted.cycle


def _was_answered_otherwise(row: Tracked) -> bool:
    return row.quarantine is not None and row.quarantine.code == DIFFERENT_VALUES


def _stands(
    item: RemoteItem | None, values: Attributes | None, touched: frozenset[Attribute]
) -> bool:
    """Whether the item has these values, as far as they were written; None is no item."""
    if item is None or values is None:
        return item is None and values is None
    return all(item.attributes.get(name) == values.get(name) for name in touched)


def _same(one: Attributes | None, other: Attributes | None) -> bool:
    """Whether two items are alike; an attribute without a value is as good as an absent one."""
    if one is None or other is None:
        return one is None and other is None
    return all(one.get(name) == other.get(name) for name in Attribute)
