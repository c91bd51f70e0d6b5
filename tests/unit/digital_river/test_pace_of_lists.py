"""A long list is read at the key's pace from the first answers to the last."""

from __future__ import annotations

import asyncio
import random
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, cast

import orjson
import pytest

from syncd.digital_river.item_listing import lanes_for
from syncd.digital_river.line import Line
from syncd.digital_river.messages import Answer, Request
from syncd.digital_river.pacer import MemoryPacer
from syncd.digital_river.reader import Reader
from syncd.digital_river.transport import Departure, Transport
from syncd.digital_river.windows import WindowedList
from syncd.digital_river.wire import WireItem
from syncd.domain.change import Resource

from .virtual_time import LateClock, run_virtually, ticks

START: Final = datetime(2024, 2, 1, tzinfo=UTC)
PAGES: Final = 200
RATE: Final = 250
PACE: Final = 0.975 * RATE
SECONDS_TO_ANSWER: Final = 0.05
ANSWERS_MISSED: Final = 2.5
"""For so long, in answers, nobody has anything to ask: at the beginning, and at the end."""


@dataclass
class SlowAccount:
    """Answers lists of items as the API does, each answer after some time; tells who departed."""

    created: Sequence[float]
    departed: list[float] = field(default_factory=list)

    async def send(self, request: Request, _: str, departure: Departure) -> Answer:
        await departure.leave()
        self.departed.append(asyncio.get_running_loop().time())
        await asyncio.sleep(SECONDS_TO_ANSWER)
        return Answer(200, orjson.dumps(self._page(dict(request.query))), None, None)

    async def aclose(self) -> None:
        """Hold nothing."""

    def _page(self, query: Mapping[str, str]) -> Mapping[str, object]:
        first = self._place(query.get("createdTime[gte]"), 0)
        end = self._place(query.get("createdTime[lt]"), len(self.created))
        end = int(query.get("startingAfter", end))
        start = max(first, end - 100)
        shown = [self._shown(number) for number in reversed(range(start, end))]
        return {"hasMore": start > first, "data": shown}

    def _place(self, moment: str | None, otherwise: int) -> int:
        if moment is None:
            return otherwise
        return bisect_left(self.created, (datetime.fromisoformat(moment) - START).total_seconds())

    def _shown(self, number: int) -> Mapping[str, object]:
        moment = START + timedelta(seconds=self.created[number])
        return {"id": str(number), "createdTime": moment.isoformat(), "liveMode": False}


async def read(account: SlowAccount) -> list[str]:
    """The ids of all that the account has."""
    clock, ids = LateClock(random.Random(1)), list[str]()
    line = Line(cast("Transport", account), MemoryPacer(RATE, clock, ticks), clock)
    items = WindowedList(
        Reader(line, live=False), Resource.INVENTORY_ITEM, WireItem, lanes=lanes_for(RATE)
    )
    await items.read(lambda page: ids.extend(one.id for one in page))
    return ids


def burst(first: float, count: int) -> list[float]:
    return [first + number / 250 for number in range(count)]


SPREAD: Mapping[str, Sequence[float]] = {
    "made at once": burst(0.0, 100 * PAGES),
    "over a year": [1_576.0 * number for number in range(100 * PAGES)],
    "made at once long ago, a few since": [
        *burst(-60_000_000.0, 97 * PAGES),
        *(19_000.0 * number for number in range(-3 * PAGES, 0)),
    ],
    "in bursts months apart": [
        moment for number in range(4) for moment in burst(7_776_000.0 * number, 25 * PAGES)
    ],
}


@pytest.mark.parametrize("created", SPREAD.values(), ids=SPREAD.keys())
def test_a_list_is_read_at_the_pace_with_few_requests_too_many(created: Sequence[float]) -> None:
    account = SlowAccount(created)

    ids = run_virtually(read(account))

    assert sorted(map(int, ids)) == list(range(100 * PAGES))
    requests, took = len(account.departed), account.departed[-1] - account.departed[0]
    assert took - requests / PACE <= ANSWERS_MISSED * SECONDS_TO_ANSWER
    assert requests - PAGES <= 60
