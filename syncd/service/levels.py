"""Inventory levels as the remote has them, beside what the state knows of their items."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from syncd.domain.attributes import ItemId
from syncd.domain.level import Level, LevelFilter, Levels
from syncd.domain.stock import StockPoint
from syncd.ports import State, Stock, Table
from syncd.service.table import known, may_be_oversold


@dataclass(frozen=True, slots=True)
class Shelf:
    """What one location has of one item; `oversell` is None where the state does not know it."""

    level: Level
    oversell: bool | None


@dataclass(frozen=True, slots=True)
class Stocktaking:
    """Levels of the items that were asked for; `without` are those that no location has.

    `cut_short` are items of which there may be more levels than can be read.
    """

    asked: int
    shelves: tuple[Shelf, ...]
    without: tuple[ItemId, ...]
    cut_short: tuple[ItemId, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which levels are to be told: at most `low` left, None for any number; see `LevelFilter`."""

    filter: LevelFilter
    low: float | None = None

    def admits(self, level: Level) -> bool:
        """Whether it is to be told; of an unknown quantity nobody can say that it is low."""
        if self.low is None:
            return True
        return level.quantity is not None and level.quantity <= self.low

    def admits_point(self, point: StockPoint) -> bool:
        """The same of all locations together."""
        if self.filter.available and not point.in_stock:
            return False
        return self.low is None or (point.quantity is not None and point.quantity <= self.low)


async def take_stock(
    state: State, stock: Stock, ids: Sequence[ItemId], wanted: Wanted
) -> Stocktaking:
    """Read the levels of these items, or of all items that are ours where no id is given.

    Raises as the reads of `Remote` do.
    """
    asked = ids or await asyncio.to_thread(_owned, state)
    found = await stock.levels(asked, wanted.filter)
    return await asyncio.to_thread(_told, state, asked, found, wanted)


def _owned(state: State) -> list[ItemId]:
    return [row.id for row in known(state)]


def _told(table: Table, asked: Sequence[ItemId], found: Levels, wanted: Wanted) -> Stocktaking:
    stocked = {level.item for level in found.levels}
    levels = [level for level in found.levels if wanted.admits(level)]
    rows = table.tracked(sorted({level.item for level in levels}))
    oversell = {id_: may_be_oversold(row) for id_, row in rows.items()}
    is_filtered = wanted != Wanted(LevelFilter())
    without = () if is_filtered else tuple(item for item in asked if item not in stocked)
    shelves = tuple(Shelf(level, oversell.get(level.item)) for level in levels)
    return Stocktaking(len(asked), shelves, without, tuple(sorted(found.cut_short)))
