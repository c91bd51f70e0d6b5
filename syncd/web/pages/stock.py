"""The stock of items, as the snapshots of `schedule.levels` have seen it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from syncd.domain.attributes import ItemId
from syncd.domain.stock import Concern, StockCourse, StockShot
from syncd.engine.stock import day_by_day
from syncd.ports import State
from syncd.report.time_charts import sparkline
from syncd.report.view import When, trusted, when
from syncd.report.wording import counted, number, whole_number
from syncd.service.stock import courses, last_shot

if TYPE_CHECKING:
    from markupsafe import Markup

_NOTHING: Final = "–"
_ABOUT: Final[Mapping[Concern, str]] = {
    Concern.BARRED: "Nobody can buy these until stock is back, or allowOversell is true.",
    Concern.NEEDLESS: (
        "These were sold without stock while there was none; see whether that is still wanted."
    ),
}


@dataclass(frozen=True, slots=True)
class StockRow:
    """One item; a figure that nobody knows is a dash."""

    id: str
    quantity: str
    since: When
    course: Markup
    days: str
    back: When | None


@dataclass(frozen=True, slots=True)
class StockGroup:
    """Items that have something in common; `beyond` counts those that are not shown."""

    title: str
    about: str
    count: str
    rows: tuple[StockRow, ...]
    beyond: int


@dataclass(frozen=True, slots=True)
class StockPage:
    """What the last snapshot was worth telling; `taken` is None where there was none."""

    taken: When | None
    told: str
    hidden: bool
    groups: tuple[StockGroup, ...]


@dataclass(frozen=True, slots=True)
class StockView:
    """What the first page says of it: the last snapshot, and what deserves a look."""

    taken: When
    told: str
    hidden: bool


@dataclass(frozen=True, slots=True)
class ItemStock:
    """What the page of one SKU says of it."""

    words: str
    since: When
    course: Markup


def stock_page(state: State, now: datetime) -> StockPage:
    """Read what the last snapshot told, with the history of the items that it named."""
    shot = last_shot(state)
    if shot is None:
        return StockPage(None, "", hidden=False, groups=())
    return StockPage(
        taken=when(shot.finished, now),
        told=_told(shot),
        hidden=shot.hidden,
        groups=tuple(_groups(state, shot, now)),
    )


def stock_view(shot: StockShot | None, now: datetime) -> StockView | None:
    """Lay out what the first page says; None where no snapshot was taken."""
    if shot is None:
        return None
    told = [f"{number(count)} {concern.value}" for concern, count in _ranked(shot)]
    return StockView(when(shot.finished, now), "; ".join(told), shot.hidden)


def item_stock(course: StockCourse | None, now: datetime) -> ItemStock | None:
    """Lay out how the stock of one item went; None where it has no history."""
    if course is None:
        return None
    words = [f"{_quantity(course)} in all locations"]
    if course.days_left is not None:
        words.append(f"gone in about {_days(course.days_left)} at the pace of the last weeks")
    if course.concern is not None:
        words.append(course.concern.value)
    return ItemStock(", ".join(words), when(course.now.at, now), _drawn(course, now))


def _told(shot: StockShot) -> str:
    seen = f"{counted(shot.items, 'item')} looked at"
    unplaced = f", {number(shot.unplaced)} that no location has" if shot.unplaced else ""
    short = (
        f", {number(shot.cut_short)} with more levels than can be read" if shot.cut_short else ""
    )
    return f"{seen}{unplaced}{short}"


def _ranked(shot: StockShot) -> Iterator[tuple[Concern, int]]:
    for concern in Concern:
        if shot.counts.get(concern):
            yield concern, shot.counts[concern]


def _groups(state: State, shot: StockShot, now: datetime) -> Iterator[StockGroup]:
    for concern, count in _ranked(shot):
        rows = _rows(state, shot.examples.get(concern, ()), now)
        title = concern.value.capitalize()
        yield StockGroup(title, _ABOUT[concern], number(count), rows, max(0, count - len(rows)))
    if shot.sinking:
        rows = _rows(state, [item for item, _ in shot.sinking], now)
        about = "At the pace of the last four weeks these are gone first; what came in is left out."
        yield StockGroup("Gone soonest", about, number(len(rows)), rows, 0)


def _rows(state: State, ids: Sequence[ItemId], now: datetime) -> tuple[StockRow, ...]:
    found = {course.item: course for course in courses(state, ids, now)} if ids else {}
    return tuple(_row(found[item], now) for item in ids if item in found)


def _row(course: StockCourse, now: datetime) -> StockRow:
    point = course.now
    return StockRow(
        id=course.item,
        quantity=_quantity(course),
        since=when(point.at, now),
        course=_drawn(course, now),
        days=_NOTHING if course.days_left is None else _days(course.days_left),
        back=None if point.back is None else when(point.back, now),
    )


def _quantity(course: StockCourse) -> str:
    quantity = whole_number(course.now.quantity)
    return _NOTHING if quantity is None else f"{quantity:,}"


def _days(days: float) -> str:
    return "less than a day" if days < 1 else counted(round(days), "day")


def _drawn(course: StockCourse, now: datetime) -> Markup:
    """Draw no line through a single day."""
    days = day_by_day(course.points, now)
    if len(days) == 1:
        return trusted("")
    words = f"over {counted(len(days), 'day')}, {_quantity(course)} at the end"
    return trusted(sparkline(f"Stock of {course.item}", days, words))
