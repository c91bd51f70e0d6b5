"""What one cycle did to the halves of a pair, its writes taken together, and what leads back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from syncd.domain.attributes import Attribute, AttributeChange, Attributes, ItemId
from syncd.domain.change import Action, Change, Resource
from syncd.domain.delivery import Kind
from syncd.domain.journal import Deed, JournalEntry
from syncd.engine.plan import in_order

_MAY_HAVE_LANDED: Final = frozenset({None, Kind.ACCEPTED, Kind.UNKNOWN})
_ITEM, _SKU = Resource.INVENTORY_ITEM, Resource.SKU


@dataclass(frozen=True, slots=True)
class HalfDeeds:
    """What was done to one half.

    `before` and `after` are its values before the first and after the last write, None where it was
    not there; `touched` are the attributes written. `certain` says that at least one write was
    acknowledged.
    """

    before: Attributes | None
    after: Attributes | None
    touched: frozenset[Attribute] = frozenset()
    certain: bool = True

    @property
    def came_to_nothing(self) -> bool:
        """Whether it was made and deleted again."""
        return self.before is None and self.after is None

    @property
    def action(self) -> Action:
        """What the writes came to."""
        if self.before is None:
            return Action.CREATE
        return Action.DELETE if self.after is None else Action.UPDATE

    def undoing(self) -> dict[Attribute, AttributeChange]:
        """What would lead back."""
        known, wanted = self.after or {}, self.before or {}
        names = self.touched if self.action is Action.UPDATE else set(Attribute)
        return {
            name: AttributeChange(known.get(name), wanted.get(name))
            for name in Attribute
            if name in names and known.get(name) != wanted.get(name)
        }


@dataclass(frozen=True, slots=True)
class Deeds:
    """What one cycle did to one SKU; a half that it did not write is None."""

    id: ItemId
    revision: int
    item: HalfDeeds | None = None
    sku: HalfDeeds | None = None

    @property
    def halves(self) -> dict[Resource, HalfDeeds]:
        """Those that it wrote."""
        both = {_ITEM: self.item, _SKU: self.sku}
        return {resource: half for resource, half in both.items() if half is not None}

    @property
    def certain(self) -> bool:
        """Whether at least one write was acknowledged."""
        return any(half.certain for half in self.halves.values())

    def of(self, action: Action) -> bool:
        """Whether all that it wrote came to this."""
        return all(half.action is action for half in self.halves.values())

    @property
    def touched(self) -> frozenset[Attribute]:
        """The attributes that were written to either half."""
        return frozenset[Attribute]().union(*(half.touched for half in self.halves.values()))

    def before(self, resource: Resource, now: Attributes | None) -> Attributes:
        """The values of a half before; where nothing was written to it, it has them still."""
        half = self.halves.get(resource)
        if half is None:
            return now or {}
        if half.before is None or half.action is Action.DELETE:
            return half.before or {}
        return {**(now or {}), **{name: half.before.get(name) for name in half.touched}}

    def undoing(self) -> Change | None:
        """The change that would lead back, the halves in the order in which they are written."""
        opposite = {Action.CREATE: Action.DELETE, Action.DELETE: Action.CREATE}
        changes = [
            Change(
                self.id,
                opposite.get(half.action, Action.UPDATE),
                self.revision,
                half.undoing(),
                resource,
            )
            for resource, half in self.halves.items()
        ]
        removes = all(change.action is Action.DELETE for change in changes)
        return in_order(changes if removes else changes[::-1])

    def with_half(self, resource: Resource, half: HalfDeeds | None) -> Deeds:
        """The same with this half."""
        return replace(self, sku=half) if resource is _SKU else replace(self, item=half)


def with_entry(deeds: Deeds | None, entry: JournalEntry, *, skus: bool) -> Deeds | None:
    """Take in the cycle's next entry for this SKU; None as long as nothing can have landed.

    Where `skus` are not managed, what was written to a SKU itself is not to be undone.
    """
    if entry.resource is _SKU and not skus:
        return deeds
    if entry.deed is Deed.ADOPT or entry.kind not in _MAY_HAVE_LANDED:
        return deeds
    deeds = deeds or Deeds(entry.id, entry.revision)
    half = deeds.halves.get(entry.resource)
    known = HalfDeeds(entry.before, entry.before, certain=False) if half is None else half
    taken = replace(
        known,
        after=None if entry.deed is Deed.DELETE else {**(known.after or {}), **entry.after},
        touched=known.touched | entry.after.keys(),
        certain=known.certain or entry.kind is Kind.ACCEPTED,
    )
    return replace(deeds.with_half(entry.resource, taken), revision=entry.revision)


def deeds_of(entries: Iterable[JournalEntry], *, skus: bool) -> Deeds | None:
    """What these entries, all of one cycle and one SKU, come to."""
    deeds: Deeds | None = None
    for entry in entries:
        deeds = with_entry(deeds, entry, skus=skus)
    return deeds
