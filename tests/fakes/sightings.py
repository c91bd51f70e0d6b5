"""What a listing has shown, held in memory against the rows of a `FakeState`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from syncd.domain.attributes import ItemId
from syncd.domain.audit import Sighting
from syncd.domain.item import RemoteItem
from syncd.domain.tracking import Ownership, Tracked


@dataclass(slots=True)
class FakeSightings:
    """The `Sightings` port; `rows` gives the table as it stands."""

    rows: Callable[[], Mapping[ItemId, Tracked]]
    shown: dict[ItemId, Sighting] = field(default_factory=dict)

    @property
    def count(self) -> int:
        return len(self.shown)

    def take(self, items: Sequence[RemoteItem], seen: datetime) -> None:
        self.shown |= {item.id: Sighting(item, seen) for item in items}

    def differing(self) -> Iterator[Sequence[Sighting]]:
        known = self._known()
        found = [
            sighting
            for _, sighting in sorted(self.shown.items())
            if not _agrees(sighting.item, known.get(sighting.item.id))
        ]
        yield from [found] if found else []

    def not_shown(self) -> Iterator[Sequence[ItemId]]:
        found = sorted(self._known().keys() - self.shown.keys())
        yield from [found] if found else []

    def _known(self) -> dict[ItemId, Tracked]:
        return {
            id_: row
            for id_, row in self.rows().items()
            if row.ownership is Ownership.OWNED and row.known is not None
        }


def _agrees(item: RemoteItem, row: Tracked | None) -> bool:
    return row is not None and row.known == item.attributes and row.missing is None
