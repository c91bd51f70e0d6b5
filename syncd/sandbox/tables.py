"""The account's data: items and SKUs in order of creation, levels by item."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeAlias

from pydantic import JsonValue

Attributes: TypeAlias = dict[str, JsonValue]

FEWEST_GAPS = 1000
FIRST = datetime.min.replace(tzinfo=UTC)
LAST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Span:
    """Times of creation, both ends included."""

    first: datetime = FIRST
    last: datetime = LAST


ALWAYS = Span()


@dataclass(slots=True)
class Record:
    """One item or SKU; `place` grows with creation and orders the lists."""

    id: str
    attributes: Attributes
    created: datetime
    updated: datetime
    place: int = 0

    def as_json(self) -> dict[str, object]:
        """Return what the API shows, `liveMode` aside; times are datetimes still."""
        return {
            "id": self.id,
            "createdTime": self.created,
            "updatedTime": self.updated,
            **self.attributes,
        }


class Table:
    """Records by id and by place; a removed one leaves a gap that is closed in passing.

    As long as every record was created no earlier than those below it, a span of time is found
    without going through all the others.
    """

    def __init__(self) -> None:
        self._records: dict[str, Record] = {}
        self._places: list[Record | None] = []
        self._created: list[datetime] = []
        self._is_by_time = True

    def __contains__(self, record_id: str) -> bool:
        return record_id in self._records

    def __iter__(self) -> Iterator[Record]:
        return iter(self._records.values())

    def get(self, record_id: str) -> Record | None:
        return self._records.get(record_id)

    def put(self, record: Record) -> Record:
        """Add a record as the newest, or set one of the same id in its old place."""
        known = self._records.get(record.id)
        if known is None:
            record.place = len(self._places)
            self._is_by_time &= not self._created or self._created[-1] <= record.created
            self._places.append(record)
            self._created.append(record.created)
        else:
            record.place = known.place
            self._is_by_time &= known.created == record.created
            self._places[known.place] = record
        self._records[record.id] = record
        return record

    def remove(self, record_id: str) -> Record | None:
        record = self._records.pop(record_id, None)
        if record is not None:
            self._places[record.place] = None
            self._close_gaps()
        return record

    def older_than(self, place: int | None, span: Span = ALWAYS) -> Iterator[Record]:
        """Yield records from just below the place (None: from the newest) down to the oldest.

        Those that were not created within the span may be left out.
        """
        start, stop = len(self._places) if place is None else place, 0
        if self._is_by_time:
            start = min(start, bisect_right(self._created, span.last))
            stop = bisect_left(self._created, span.first)
        return (
            record
            for record in (self._places[at] for at in range(start - 1, stop - 1, -1))
            if record is not None
        )

    def newer_than(self, place: int) -> Iterator[Record]:
        """Yield records from just above the place up to the newest."""
        return (
            record
            for record in (self._places[at] for at in range(place + 1, len(self._places)))
            if record is not None
        )

    def _close_gaps(self) -> None:
        gaps = len(self._places) - len(self._records)
        if gaps < max(FEWEST_GAPS, len(self._records)):
            return
        kept = [record for record in self._places if record is not None]
        for place, record in enumerate(kept):
            record.place = place
        self._places = list(kept)
        self._created = [record.created for record in kept]


@dataclass(frozen=True, slots=True)
class Level:
    """Stock of one item at one location; `ship_to` empty means it ships everywhere."""

    item_id: str
    location_id: str
    quantity: float
    updated: datetime
    available_time: str | None = None
    ship_to: frozenset[str] = frozenset()

    def as_json(self) -> dict[str, object]:
        shown: dict[str, object] = {
            "locationId": self.location_id,
            "inventoryItemId": self.item_id,
            "available": self.quantity > 0,
            "availableQuantity": self.quantity,
            "updatedTime": self.updated,
        }
        if self.quantity <= 0 and self.available_time is not None:
            shown["availableTime"] = self.available_time
        return shown


@dataclass(slots=True)
class Tables:
    """Everything the account holds; levels are by item id, then by location."""

    items: Table = field(default_factory=Table)
    skus: Table = field(default_factory=Table)
    events: Table = field(default_factory=Table)
    levels: dict[str, dict[str, Level]] = field(default_factory=dict)

    def remove_item(self, item_id: str) -> Record | None:
        """Remove an item and, with it, its stock."""
        self.levels.pop(item_id, None)
        return self.items.remove(item_id)


def without_nulls(attributes: Mapping[str, JsonValue]) -> Attributes:
    """Absent and null are the same thing in an answer, so null is never stored."""
    return {name: value for name, value in attributes.items() if value is not None}
