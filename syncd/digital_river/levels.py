"""Inventory levels, whose answers are cut at a hundred without a word: a full one is asked anew."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from syncd.digital_river.messages import MOST_IDS, fitting, listing
from syncd.digital_river.reader import Reader
from syncd.digital_river.together import together
from syncd.digital_river.windows import written
from syncd.digital_river.wire import Page, WireLevel
from syncd.domain.attributes import ItemId
from syncd.domain.change import Resource
from syncd.domain.level import Level, LevelFilter, Levels

ITEM_IDS: Final = "inventoryItemIds"
_FULL: Final = MOST_IDS
"""With so many levels an answer is full, and there may be more."""
_IDS_A_QUESTION: Final = 49
"""So that the answer is not full where an item has one or two locations."""
_LANES: Final = 16
_SECOND: Final = timedelta(seconds=1)


async def stocked_among(reader: Reader, ids: Sequence[ItemId]) -> frozenset[ItemId]:
    """Those of these ids that have stock left at any location.

    One with more levels than an answer holds has some left where any of them is available.
    """
    found = await read_levels(reader, ids, LevelFilter())
    stocked = {level.item for level in found.levels if level.in_stock}
    if unclear := sorted(_crowded(found) - stocked):
        there = await read_levels(reader, unclear, LevelFilter(available=True))
        stocked.update(level.item for level in there.levels)
    return frozenset(stocked)


def _crowded(found: Levels) -> frozenset[ItemId]:
    """Those that were read in parts of time, where a level that tells no time stands in none."""
    counts = Counter(level.item for level in found.levels)
    return found.cut_short | {item for item, count in counts.items() if count >= _FULL}


async def read_levels(reader: Reader, ids: Sequence[ItemId], wanted: LevelFilter) -> Levels:
    """Read every level of these items, ordered by item and location."""
    question = _Question(reader, wanted)
    async with together() as tasks:
        for part in _in_parts(ids):
            tasks.create_task(question.ask(part))
    levels = sorted(question.levels, key=lambda level: (level.item, level.location))
    return Levels(tuple(levels), frozenset(question.cut_short))


@dataclass(frozen=True, slots=True)
class _Changed:
    """Levels that were updated from `start` on and before `end`, in whole seconds; None is open."""

    start: datetime | None = None
    end: datetime | None = None

    def query(self) -> Iterator[tuple[str, str]]:
        if self.start is not None:
            yield "updatedTime[gte]", written(self.start)
        if self.end is not None:
            yield "updatedTime[lt]", written(self.end)

    def halves(self, page: Page[WireLevel]) -> tuple[_Changed, _Changed] | None:
        """Cut it where half of the levels are older.

        None where no second lies between them, or one tells no time, so that no part would have it.
        """
        times = sorted(level.updated for level in page.data if level.updated is not None)
        if len(times) < len(page.data):
            return None
        middle = times[len(times) // 2].replace(microsecond=0)
        if middle <= times[0]:
            middle += _SECOND
        inside = middle <= times[-1] and (self.end is None or middle < self.end)
        return (_Changed(self.start, middle), _Changed(middle, self.end)) if inside else None


@dataclass(slots=True)
class _Question:
    """One question to many items, asked in parts small enough for whole answers."""

    reader: Reader
    wanted: LevelFilter
    levels: list[Level] = field(default_factory=list)
    cut_short: set[ItemId] = field(default_factory=set)
    places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_LANES))

    async def ask(self, ids: Sequence[ItemId]) -> None:
        """Ask about these ids, and where the answer is full about half of them at a time."""
        page = await self._page(ids, _Changed(self.wanted.updated_since))
        if len(page.data) < _FULL:
            self._take(page, ids)
        elif len(ids) > 1:
            half = len(ids) // 2
            await self.ask(ids[:half])
            await self.ask(ids[half:])
        else:
            await self._ask_by_time(ids[0], _Changed(self.wanted.updated_since), page)

    async def _ask_by_time(self, item: ItemId, changed: _Changed, page: Page[WireLevel]) -> None:
        """Read the levels of one item, of which there are too many, by when they were updated."""
        halves = changed.halves(page) if len(page.data) >= _FULL else None
        if halves is None:
            self._take(page, [item])
            if len(page.data) >= _FULL:
                self.cut_short.add(item)
            return
        for half in halves:
            await self._ask_by_time(item, half, await self._page([item], half))

    async def _page(self, ids: Sequence[ItemId], changed: _Changed) -> Page[WireLevel]:
        query = [*((ITEM_IDS, item) for item in ids), *changed.query()]
        if self.wanted.ship_to is not None:
            query.append(("shipToCountry", self.wanted.ship_to))
        if self.wanted.available:
            query.append(("available", "true"))
        async with self.places:
            return await self.reader.page(listing(Resource.INVENTORY_LEVEL, query), WireLevel)

    def _take(self, page: Page[WireLevel], ids: Sequence[ItemId]) -> None:
        asked = frozenset(ids)
        self.levels += [level for one in page.data if (level := one.as_level()).item in asked]


def _in_parts(ids: Sequence[ItemId]) -> Iterator[Sequence[ItemId]]:
    for start in range(0, len(ids), _IDS_A_QUESTION):
        yield from fitting(ITEM_IDS, ids[start : start + _IDS_A_QUESTION])
