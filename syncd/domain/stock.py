"""The stock of one item over time, as snapshots have seen it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from syncd.domain.attributes import ItemId


@dataclass(frozen=True, slots=True)
class StockPoint:
    """What all locations together had of one item from `at` on, until its next point.

    `quantity` is None where no location tells one; `back` is when the first of them expects more.
    """

    item: ItemId
    at: datetime
    quantity: float | None
    in_stock: bool
    back: datetime | None = None

    def shows_the_same(self, other: StockPoint) -> bool:
        """Whether nothing has changed between these two but the time."""
        return replace(self, at=other.at) == other


class Concern(StrEnum):
    """Why the stock of an item deserves a look, in words that stand for themselves."""

    BARRED = "out of stock and not oversellable"
    """Nobody can buy it."""
    NEEDLESS = "oversellable with stock back"
    """It was let be sold without stock while there was none, and there is some again."""


@dataclass(frozen=True, slots=True)
class StockCourse:
    """The stock of one item, and what its history comes to.

    `points` come oldest first, at least one of them. `oversell` is None where it is not known, and
    `days_left` where the stock does not sink or was not seen for long enough to tell.
    """

    item: ItemId
    points: tuple[StockPoint, ...]
    oversell: bool | None = None
    concern: Concern | None = None
    days_left: float | None = None

    @property
    def now(self) -> StockPoint:
        """What there is, as far as anybody knows."""
        return self.points[-1]


@dataclass(frozen=True, slots=True)
class StockShot:
    """One snapshot of the stock of all items that are ours, and what was worth telling then.

    `unplaced` counts the items that no location has, `cut_short` those with more levels than can be
    read; neither is in the history. `counts` tells how many items there are of each concern, and
    `examples` names the first of them. `sinking` are the items that will be out of stock first. The
    key may not see levels where `hidden`.
    """

    began: datetime
    finished: datetime
    items: int = 0
    unplaced: int = 0
    cut_short: int = 0
    counts: Mapping[Concern, int] = field(default_factory=dict)
    examples: Mapping[Concern, tuple[ItemId, ...]] = field(default_factory=dict)
    sinking: tuple[tuple[ItemId, float], ...] = ()
    hidden: bool = False
