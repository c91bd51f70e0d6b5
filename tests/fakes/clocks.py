"""Clocks for tests: the wall's own, and one whose sleeps are over at once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta


class WallClock:
    """The real time, for tests over real sockets."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@dataclass(slots=True)
class LeapingClock:
    """Leaps to the end of every sleep, and keeps the sleeps."""

    moment: datetime = datetime(2026, 11, 1, 12, tzinfo=UTC)
    sleeps: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return self.moment

    def ticks(self) -> int:
        """The nanoseconds of this clock, as pacers count them."""
        return round(self.moment.timestamp() * 1e6) * 1000

    async def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.moment += timedelta(seconds=max(seconds, 0.000_001))
        await asyncio.sleep(0)
