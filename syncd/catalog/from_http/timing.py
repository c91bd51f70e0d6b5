"""Time, passed in so that tests need not wait."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Time:
    """The present moment in UTC, growing seconds, and a way to wait."""

    now: Callable[[], datetime] = _now
    ticks: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


class Pace:
    """Lets requests leave no more often than was agreed."""

    def __init__(self, per_second: float, time: Time) -> None:
        self._gap = 1.0 / per_second
        self._time = time
        self._next = 0.0

    def wait(self) -> None:
        """Wait until the next one may leave."""
        now = self._time.ticks()
        if now < self._next:
            self._time.sleep(self._next - now)
        self._next = max(now, self._next) + self._gap
