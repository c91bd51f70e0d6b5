"""An event loop whose time passes only when nothing else can happen, and then at once."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import random
import selectors
from collections.abc import Callable, Coroutine
from contextvars import Context
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar, TypeVarTuple, Unpack

Result = TypeVar("Result")
Arguments = TypeVarTuple("Arguments")
EPOCH = datetime(2026, 11, 1, tzinfo=UTC)
START_SECONDS = 1000.0


class _LeapingSelector(selectors.DefaultSelector):
    """Selects at once, and leaps to the moment until which it should have waited.

    To that very moment: sums of many waits would differ in their last digits.
    """

    def __init__(self, next_timer: Callable[[], float]) -> None:
        super().__init__()
        self.passed = START_SECONDS
        self.next = next_timer

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        assert timeout is not None, "everybody waits for something that never comes"
        if timeout > 0:
            self.passed = max(self.passed, self.next())
        return super().select(0)


class _Timer(asyncio.TimerHandle):
    """One of two for the same moment comes first that was set first, whatever others there are."""

    _scheduled: bool

    def __init__(self, number: int, when: float, *handle: Any) -> None:  # noqa: ANN401 - asyncio's own
        super().__init__(when, *handle)
        self.order = when, number

    def __lt__(self, other: object) -> bool:
        return isinstance(other, _Timer) and self.order < other.order


class VirtualLoop(asyncio.SelectorEventLoop):
    _scheduled: list[_Timer]

    def __init__(self) -> None:
        self._leaping = _LeapingSelector(self._next_moment)
        self._numbers = itertools.count()
        super().__init__(self._leaping)

    def time(self) -> float:
        return self._leaping.passed

    def _next_moment(self) -> float:
        return self._scheduled[0].when()

    def call_at(
        self,
        when: float,
        callback: Callable[[Unpack[Arguments]], object],
        *args: *Arguments,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        timer = _Timer(next(self._numbers), when, callback, args, self, context)
        heapq.heappush(self._scheduled, timer)
        timer._scheduled = True  # noqa: SLF001 - as the loop's own does
        return timer


@dataclass(frozen=True)
class LateClock:
    """A clock that wakes its sleepers late by up to so many seconds, at random."""

    chance: random.Random
    latest: float = 0.0

    def now(self) -> datetime:
        return EPOCH + timedelta(seconds=asyncio.get_running_loop().time())

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds + self.chance.uniform(0.0, self.latest))


def ticks() -> int:
    """The nanoseconds of the loop that runs."""
    return round(asyncio.get_running_loop().time() * 1e9)


def run_virtually(story: Coroutine[Any, Any, Result]) -> Result:
    """Run a story to its end in no time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(story)


def most_within(seconds: float, moments: list[float]) -> int:
    """Count the most moments in any half-open window of that length."""
    ordered, first, most = sorted(moments), 0, 0
    for number, moment in enumerate(ordered):
        while moment - ordered[first] >= seconds:
            first += 1
        most = max(most, number - first + 1)
    return most
