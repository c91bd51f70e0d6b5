"""What the history of an item's stock comes to: how it goes, when it ends, what is odd about it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from syncd.domain.attributes import ItemId
from syncd.domain.level import Level
from syncd.domain.stock import Concern, StockCourse, StockPoint

LOOKED_BACK: Final = timedelta(days=28)
"""How far back the pace is looked for at which an item sells: four whole weeks."""
SHORTEST: Final = timedelta(days=2)
"""From less than this nobody can tell a pace."""
_DAY: Final = timedelta(days=1)


def point_of(item: ItemId, levels: Sequence[Level], at: datetime) -> StockPoint:
    """Add up what all locations have of one item; there must be one."""
    told = [level.quantity for level in levels if level.quantity is not None]
    return StockPoint(
        item,
        at,
        quantity=sum(told) if told else None,
        in_stock=any(level.in_stock for level in levels),
        back=min((level.back for level in levels if level.back is not None), default=None),
    )


def course_of(points: Sequence[StockPoint], *, oversell: bool | None, now: datetime) -> StockCourse:
    """Tell what the points of one item come to, oldest first; there must be one."""
    return StockCourse(
        item=points[-1].item,
        points=tuple(points),
        oversell=oversell,
        concern=_concern(points, oversell=oversell),
        days_left=_days_left(points, now),
    )


def day_by_day(points: Sequence[StockPoint], now: datetime) -> tuple[float | None, ...]:
    """What there was at the end of each of the last days, today last; None where nobody knows."""
    first = max(points[0].at, now - LOOKED_BACK)
    days = -(-(now - first) // _DAY)
    ends = [now - _DAY * before for before in reversed(range(max(days, 1)))]
    return tuple(_quantity_at(points, end) for end in ends)


def _quantity_at(points: Sequence[StockPoint], moment: datetime) -> float | None:
    seen = [point for point in points if point.at <= moment]
    return seen[-1].quantity if seen else None


def _concern(points: Sequence[StockPoint], *, oversell: bool | None) -> Concern | None:
    is_there = points[-1].in_stock
    if not is_there and oversell is False:
        return Concern.BARRED
    was_out = any(not point.in_stock for point in points)
    return Concern.NEEDLESS if is_there and oversell and was_out else None


def _days_left(points: Sequence[StockPoint], now: datetime) -> float | None:
    """How long the stock lasts at the pace at which it sank; what came in does not count."""
    left = points[-1].quantity
    looked_at = _within(points, now - LOOKED_BACK)
    passed = now - looked_at[0].at
    if not left or left < 0 or passed < SHORTEST:
        return None
    quantities = [point.quantity for point in looked_at if point.quantity is not None]
    sold = sum(max(before - after, 0.0) for before, after in pairwise(quantities))
    return left / sold * (passed / _DAY) if sold else None


def _within(points: Sequence[StockPoint], start: datetime) -> Sequence[StockPoint]:
    """The points from this moment on; the one before them was true until then."""
    later = [point for point in points if point.at > start]
    before = points[len(points) - len(later) - 1 : len(points) - len(later)]
    return [*(StockPoint(p.item, max(p.at, start), p.quantity, p.in_stock) for p in before), *later]
