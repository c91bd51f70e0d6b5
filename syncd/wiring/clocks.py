"""The clocks that the service goes by."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from syncd.ports import State


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(seconds, 0))


class StateClock:
    """The time that all processes on one state go by, whatever this machine's clock says."""

    def __init__(self, state: State) -> None:
        self._state = state

    def now(self) -> datetime:
        return self._state.now()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(seconds, 0))
