"""What a listing has shown, held in memory against the rows of a `FakeState`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from syncd.domain.attributes import SHARED, ItemId
from syncd.domain.audit import PairSighting, Sighting
from syncd.domain.item import RemoteItem, RemoteSku
from syncd.domain.tracking import Ownership, Tracked


@dataclass(slots=True)
class FakeSightings:
    """The `Sightings` port; `rows` gives the table as it stands."""

    rows: Callable[[], Mapping[ItemId, Tracked]]
    read: Mapping[ItemId, Tracked] | None = None
    shown: dict[ItemId, Sighting] = field(default_factory=dict)
    skus: dict[ItemId, tuple[RemoteSku, datetime]] = field(default_factory=dict)

    @property
    def count(self) -> int:
        return len(self.shown)

    def take(self, items: Sequence[RemoteItem], seen: datetime) -> None:
        self.shown |= {item.id: Sighting(item, seen) for item in items}

    def take_skus(self, skus: Sequence[RemoteSku], seen: datetime) -> None:
        self.skus |= {sku.id: (sku, seen) for sku in skus}

    def read_known(self) -> None:
        self.read = dict(self.rows())

    def unpaired(self, *, kept: bool) -> Iterator[Sequence[PairSighting]]:
        known = self._known()
        has_own = any(not sku.managed for sku, _ in self.skus.values())
        found = [
            one
            for id_ in sorted(self.shown.keys() | self.skus.keys())
            if _goes_wrong(one := self._pair(id_), known.get(id_), has_own=has_own, kept=kept)
        ]
        yield from [found] if found else []

    def _pair(self, id_: ItemId) -> PairSighting:
        item, sku = self.shown.get(id_), self.skus.get(id_)
        moments = [*([] if sku is None else [sku[1]]), *([] if item is None else [item.seen])]
        shown = None if item is None else item.item
        return PairSighting(id_, shown, None if sku is None else sku[0], moments[0])

    def differing(self) -> Iterator[Sequence[Sighting]]:
        known = self._known()
        managed = {id_ for id_, (sku, _) in self.skus.items() if sku.managed}
        found = [
            replace(sighting, managed=id_ in managed)
            for id_, sighting in sorted(self.shown.items())
            if not _agrees(sighting.item, known.get(sighting.item.id))
        ]
        yield from [found] if found else []

    def not_shown(self) -> Iterator[Sequence[ItemId]]:
        found = sorted(self._known().keys() - self.shown.keys())
        yield from [found] if found else []

    def _known(self) -> dict[ItemId, Tracked]:
        rows = self.rows() if self.read is None else self.read
        return {
            id_: row
            for id_, row in rows.items()
            if row.ownership is Ownership.OWNED and row.known is not None
        }


def _agrees(item: RemoteItem, row: Tracked | None) -> bool:
    return row is not None and row.known == item.attributes and row.missing is None


def _goes_wrong(one: PairSighting, row: Tracked | None, *, has_own: bool, kept: bool) -> bool:
    item, sku = one.item, one.sku
    if sku is None:
        is_lost = kept and row is not None and row.known_sku is not None
        return has_own or is_lost
    if sku.managed:
        return row is not None
    if item is None:
        return sku.physical is not False
    if kept and row is not None and row.known_sku not in (None, sku.attributes):
        return True
    return any(item.attributes.get(name) != sku.attributes.get(name) for name in SHARED)
