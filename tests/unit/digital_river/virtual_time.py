"""An event loop whose time passes only when nothing else can happen, and then at once."""

from __future__ import annotations

import asyncio
import random
import selectors
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

Result = TypeVar("Result")
EPOCH = datetime(2026, 11, 1, tzinfo=UTC)
START_SECONDS = 1000.0


class _LeapingSelector(selectors.DefaultSelector):
    """Selects at once, and remembers how long it should have waited."""

    def __init__(self) -> None:
        super().__init__()
        self.passed = START_SECONDS

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        assert timeout is not None, "everybody waits for something that never comes"
        self.passed += max(0.0, timeout)
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._leaping = _LeapingSelector()
        super().__init__(self._leaping)

    def time(self) -> float:
        return self._leaping.passed


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
