"""Snapshots of stock by schedule, and what their history tells of each item."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from heapq import nsmallest
from itertools import groupby, islice
from typing import Final

import structlog

from syncd.domain.attributes import ItemId
from syncd.domain.level import LevelFilter, Levels
from syncd.domain.stock import Concern, StockCourse, StockPoint, StockShot
from syncd.domain.tracking import Tracked
from syncd.engine.stock import course_of, point_of
from syncd.errors import ResourceForbiddenError
from syncd.ports import State, Stock, Transaction
from syncd.service.notes import note
from syncd.service.stoppable import unless_stopped
from syncd.service.table import known, may_be_oversold
from syncd.service.terms import CycleRequest, Ports

AT_ONCE: Final = 490
"""Items of one step: ten full questions, after which a stop is heeded and points are kept."""
EXAMPLES: Final = 100
"""How many items of each concern are remembered."""
_SHOT: Final = "levels.shot"

_log = structlog.get_logger()


async def note_levels(ports: Ports, stock: Stock, request: CycleRequest) -> StockShot:
    """Read the stock of every item that is ours and keep what has changed.

    Raises as the reads of `Remote` do, and `StoppedError`; what it has kept by then stays.
    """
    snapshot = _Snapshot(ports, stock, request)
    try:
        async with unless_stopped("the snapshot of stock", ports.remote, request):
            await snapshot.take()
    except ResourceForbiddenError as forbidden:
        _log.warning("levels.hidden", reason=forbidden.reason)
        snapshot.hidden = True
    shot = snapshot.told()
    counts = {concern.name.lower(): count for concern, count in shot.counts.items()}
    _log.info("levels.noted", items=shot.items, hidden=shot.hidden, **counts)
    await note(ports.state, request, partial(_remember, shot))
    return shot


def last_shot(state: State) -> StockShot | None:
    """The last snapshot that came through; None where there was none."""
    text = state.remembered(_SHOT)
    if text is None:
        return None
    kept = json.loads(text)
    concerns = {Concern[name]: values for name, values in kept["concerns"].items()}
    return StockShot(
        began=datetime.fromisoformat(kept["began"]),
        finished=datetime.fromisoformat(kept["finished"]),
        items=kept["items"],
        unplaced=kept["unplaced"],
        cut_short=kept["cut_short"],
        counts={concern: count for concern, (count, _) in concerns.items()},
        examples={concern: tuple(map(ItemId, ids)) for concern, (_, ids) in concerns.items()},
        sinking=tuple((ItemId(item), days) for item, days in kept["sinking"]),
        hidden=kept["hidden"],
    )


def courses(state: State, ids: Sequence[ItemId], now: datetime) -> Iterator[StockCourse]:
    """How the stock of these items went, or of all that are ours where none is named.

    Those without a history are left out.
    """
    rows = iter(state.tracked(ids).values()) if ids else known(state)
    while batch := list(islice(rows, AT_ONCE)):
        kept = state.stock_of([row.id for row in batch])
        for row in batch:
            if row.id in kept:
                yield course_of(kept[row.id], oversell=may_be_oversold(row), now=now)


@dataclass(slots=True)
class _Snapshot:
    """One snapshot, as far as it has come."""

    ports: Ports
    stock: Stock
    request: CycleRequest
    hidden: bool = False
    items: int = 0
    unplaced: int = 0
    cut_short: int = 0
    counts: Counter[Concern] = field(default_factory=Counter)
    examples: dict[Concern, list[ItemId]] = field(default_factory=dict)
    sinking: list[tuple[float, ItemId]] = field(default_factory=list)
    began: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.began = self.ports.clock.now()

    async def take(self) -> None:
        """Go over all items, some at a time."""
        rows = known(self.ports.state)
        owned = (await asyncio.to_thread(self.ports.state.census)).owned
        self.request.progress.phase("noting levels", owned)
        while batch := await asyncio.to_thread(lambda: list(islice(rows, AT_ONCE))):
            if self.request.stop.is_set():
                return
            found = await self.stock.levels([row.id for row in batch], LevelFilter())
            await self._take_in(batch, found)
            self.request.progress.advance(len(batch))

    async def _take_in(self, batch: Sequence[Tracked], found: Levels) -> None:
        now, state = self.ports.clock.now(), self.ports.state
        before = await asyncio.to_thread(state.stock_of, [row.id for row in batch])
        seen = _points(found, now)
        self.items += len(batch)
        self.cut_short += len(found.cut_short)
        self.unplaced += len(batch) - len(seen) - len(found.cut_short)
        news = [point for point in seen.values() if _is_news(point, before.get(point.item, ()))]
        if news:
            await note(state, self.request, lambda transaction: transaction.note_stock(news))
        for row in batch:
            points = _with(seen.get(row.id), before.get(row.id, ()))
            if points:
                self._judge(course_of(points, oversell=may_be_oversold(row), now=now))

    def _judge(self, course: StockCourse) -> None:
        if course.concern is not None:
            self.counts[course.concern] += 1
            examples = self.examples.setdefault(course.concern, [])
            examples.extend([course.item] if len(examples) < EXAMPLES else [])
        if course.days_left is not None:
            self.sinking.append((course.days_left, course.item))
            if len(self.sinking) > 2 * EXAMPLES:
                self.sinking = nsmallest(EXAMPLES, self.sinking)

    def told(self) -> StockShot:
        """What it comes to."""
        sinking = nsmallest(EXAMPLES, self.sinking)
        return StockShot(
            began=self.began,
            finished=self.ports.clock.now(),
            items=self.items,
            unplaced=self.unplaced,
            cut_short=self.cut_short,
            counts=dict(self.counts),
            examples={concern: tuple(ids) for concern, ids in self.examples.items()},
            sinking=tuple((item, days) for days, item in sinking),
            hidden=self.hidden,
        )


def _points(found: Levels, now: datetime) -> Mapping[ItemId, StockPoint]:
    """What was seen of each item; of one that was cut short nobody knows how much there is."""
    by_item = groupby(found.levels, key=lambda level: level.item)  # they come ordered by item
    return {
        item: point_of(item, list(levels), now)
        for item, levels in by_item
        if item not in found.cut_short
    }


def _is_news(point: StockPoint, before: Sequence[StockPoint]) -> bool:
    return not before or not point.shows_the_same(before[-1])


def _with(point: StockPoint | None, before: Iterable[StockPoint]) -> Sequence[StockPoint]:
    """The history as it is once this point is kept in the place of its day's."""
    if point is None:
        return list(before)
    history = [one for one in before if one.at.date() != point.at.date()]
    last = next(iter(sorted(before, key=lambda one: one.at)[-1:]), None)
    if last is not None and point.shows_the_same(last):
        return list(before)
    return [*history, point]


def _remember(shot: StockShot, transaction: Transaction) -> None:
    kept = {
        "began": shot.began.isoformat(),
        "finished": shot.finished.isoformat(),
        "items": shot.items,
        "unplaced": shot.unplaced,
        "cut_short": shot.cut_short,
        "concerns": {
            concern.name: (count, shot.examples.get(concern, ()))
            for concern, count in shot.counts.items()
        },
        "sinking": shot.sinking,
        "hidden": shot.hidden,
    }
    transaction.remember(_SHOT, json.dumps(kept))
