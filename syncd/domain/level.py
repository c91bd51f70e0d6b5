"""Inventory levels: what one location has of one item."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from syncd.domain.attributes import ItemId


@dataclass(frozen=True, slots=True)
class Level:
    """`quantity` is None where the remote does not tell it; `back` is when more is expected."""

    item: ItemId
    location: str
    available: bool | None
    quantity: float | None
    back: datetime | None = None
    updated: datetime | None = None

    @property
    def in_stock(self) -> bool:
        """Whether anything is left; an unknown quantity goes by `available`."""
        return bool(self.available) if self.quantity is None else self.quantity > 0


@dataclass(frozen=True, slots=True)
class LevelFilter:
    """Which levels are asked for: of locations that ship to a country, with stock left, changed.

    None and False let all of them pass.
    """

    ship_to: str | None = None
    available: bool = False
    updated_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Levels:
    """What came back; `cut_short` are items of which there may be more than could be read."""

    levels: tuple[Level, ...]
    cut_short: frozenset[ItemId] = frozenset()
