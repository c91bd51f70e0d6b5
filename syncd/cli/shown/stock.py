"""`syncd levels --history`: how the stock of each item went, and what deserves a look."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from syncd.domain.stock import Concern, StockCourse, StockShot
from syncd.engine.stock import day_by_day
from syncd.report import Cell, Column, Kind, Listing
from syncd.report.small_bars import small_bars
from syncd.report.wording import ago, counted, whole_number

SHOWN: Final = 200
_COURSES: Final = (
    Column("id", "id", Kind.CODE),
    Column("availableQuantity", "quantity", Kind.NUMBER),
    Column("since", "since", Kind.TIME),
    Column("course", "last days", Kind.CODE),
    Column("daysToZero", "days to zero", Kind.NUMBER),
    Column("availableTime", "back", Kind.TIME),
    Column("allowOversell", "oversell"),
    Column("concern", "look at it"),
)


def stock_listing(found: Sequence[StockCourse], shot: StockShot | None, now: datetime) -> Listing:
    """One row an item, ordered by id, those that deserve a look before the others."""
    ranked = sorted(found, key=lambda one: (one.concern is None, one.item))
    return Listing(
        title="Stock",
        sentence=" ".join(_sentences(found, shot, now)),
        columns=_COURSES,
        rows=tuple(_row(one, now) for one in ranked),
        key="items",
        as_of=now,
        most=SHOWN,
    )


def _sentences(
    found: Sequence[StockCourse], shot: StockShot | None, now: datetime
) -> Iterator[str]:
    if shot is None:
        yield "No snapshot was taken yet; the service takes them where schedule.levels is set."
        return
    if shot.hidden:
        yield "The key may not see inventory levels: nothing was noted by the last snapshot."
    yield f"{counted(len(found), 'item')} with a history; last snapshot {ago(shot.finished, now)}."
    for concern in Concern:
        count = sum(one.concern is concern for one in found)
        if count:
            yield f"{count:,} {concern.value}."


def _row(course: StockCourse, now: datetime) -> tuple[Cell, ...]:
    point = course.now
    return (
        course.item,
        whole_number(point.quantity),
        point.at,
        small_bars(day_by_day(course.points, now)),
        None if course.days_left is None else round(course.days_left, 1),
        point.back,
        course.oversell,
        None if course.concern is None else course.concern.value,
    )
