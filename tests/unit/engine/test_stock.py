"""What the history of an item's stock comes to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from syncd.domain.attributes import ItemId
from syncd.domain.level import Level
from syncd.domain.stock import Concern, StockPoint
from syncd.engine.stock import course_of, day_by_day, point_of

A = ItemId("a")
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def points(*quantities: float | None) -> list[StockPoint]:
    """One a day, the last one of today."""
    first = NOW - timedelta(days=len(quantities) - 1)
    return [
        StockPoint(A, first + timedelta(days=day), quantity, in_stock=bool(quantity))
        for day, quantity in enumerate(quantities)
    ]


def level(quantity: float | None, *, available: bool = True, days: int | None = None) -> Level:
    back = None if days is None else NOW + timedelta(days=days)
    return Level(A, f"l-{quantity}-{days}", available, quantity, back)


@pytest.mark.parametrize(
    ("levels", "point"),
    [
        ([level(3), level(4.5)], StockPoint(A, NOW, 7.5, in_stock=True)),
        ([level(3), level(None)], StockPoint(A, NOW, 3, in_stock=True)),
        ([level(None)], StockPoint(A, NOW, None, in_stock=True)),
        ([level(None, available=False)], StockPoint(A, NOW, None, in_stock=False)),
        (
            [level(0, available=False, days=9), level(0, available=False, days=2)],
            StockPoint(A, NOW, 0, in_stock=False, back=NOW + timedelta(days=2)),
        ),
    ],
)
def test_a_point_is_what_all_locations_have(levels: list[Level], point: StockPoint) -> None:
    assert point_of(A, levels, NOW) == point


@pytest.mark.parametrize(
    ("quantities", "oversell", "concern"),
    [
        ((0,), False, Concern.BARRED),
        ((5, 0), False, Concern.BARRED),
        ((0,), True, None),
        ((0,), None, None),
        ((0, 5), True, Concern.NEEDLESS),
        ((3, 0, 5, 4), True, Concern.NEEDLESS),
        ((5, 4), True, None),
        ((0, 5), False, None),
        ((0, 5), None, None),
    ],
)
def test_what_deserves_a_look(
    quantities: tuple[float, ...], oversell: bool | None, concern: Concern | None
) -> None:
    assert course_of(points(*quantities), oversell=oversell, now=NOW).concern is concern


@pytest.mark.parametrize(
    ("quantities", "days"),
    [
        ((10, 9, 8), 8.0),
        ((10, 4, 20, 14), 14 / 12 * 3),
        ((10, 10, 10), None),
        ((8, 9, 10), None),
        ((10, 8), None),
        ((10, 8, 0), None),
        ((10, 8, None), None),
        ((10, None, 8), 8.0),
        ((7,), None),
    ],
    ids=str,
)
def test_how_long_the_stock_lasts(quantities: tuple[float | None, ...], days: float | None) -> None:
    left = course_of(points(*quantities), oversell=None, now=NOW).days_left
    assert left == (None if days is None else pytest.approx(days))


def test_the_pace_of_long_ago_does_not_count() -> None:
    old = StockPoint(A, NOW - timedelta(days=60), 1000, in_stock=True)
    then = StockPoint(A, NOW - timedelta(days=50), 58, in_stock=True)
    now = StockPoint(A, NOW, 30, in_stock=True)

    assert course_of([old, then, now], oversell=None, now=NOW).days_left == pytest.approx(30.0)


def test_a_course_goes_on_until_today_and_begins_where_anything_is_known() -> None:
    kept = [
        StockPoint(A, NOW - timedelta(days=3, hours=2), 9, in_stock=True),
        StockPoint(A, NOW - timedelta(days=1), None, in_stock=False),
    ]
    assert day_by_day(kept, NOW) == (9, 9, None, None)
    assert day_by_day([StockPoint(A, NOW, 5, in_stock=True)], NOW) == (5,)
    long_ago = StockPoint(A, NOW - timedelta(days=400), 5, in_stock=True)
    assert day_by_day([long_ago], NOW) == (5.0,) * 28
