"""The pace of departures under one key, over all processes that share a state."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from syncd.digital_river.cells import Cells, FileCells, MemoryCells
from syncd.digital_river.ledger import SECOND, SIZE, Ledger, Pace, Taken
from syncd.ports import Clock


class Pacer(Protocol):
    """Says when a request may leave.

    A request first waits for its turn, without holding a connection, and then reports its
    departure at the moment when its first byte is about to leave. Both answer with the seconds
    that a pause still lasts; 0.0 is leave to go on, anything else asks for another turn later.
    """

    async def turn(self, wanted: Callable[[], bool]) -> float:
        """Wait until the next departure is due, in the order of asking.

        A request that is not `wanted` any more when it comes to the front holds nobody up.
        """

    async def depart(self) -> float:
        """Record a departure; waits a moment where the last second is full."""

    def pause(self, seconds: float) -> None:
        """Let no request depart for so long, in any process; at most an hour is believed."""

    def close(self) -> None:
        """Give the shared ledger back."""


class LedgerPacer:
    """A pacer over shared cells; a waiter that is cancelled leaves nothing taken."""

    def __init__(self, cells: Cells, rate: float, clock: Clock, ticks: Callable[[], int]) -> None:
        """Take requests per second, and beside the clock that waits one of growing nanoseconds."""
        self._cells = cells
        self._ledger = Ledger(cells, Pace.below(rate), ticks)
        self._clock = clock
        self._ticks = ticks
        self._queue = asyncio.Lock()

    async def turn(self, wanted: Callable[[], bool]) -> float:
        asked = self._ticks()
        async with self._queue:
            if not wanted():
                return 0.0
            return await self._once_free(lambda: self._ledger.take_turn(asked))

    async def depart(self) -> float:
        return await self._once_free(self._ledger.depart)

    def pause(self, seconds: float) -> None:
        self._ledger.pause(round(seconds * SECOND))

    def close(self) -> None:
        self._cells.close()

    async def _once_free(self, take: Callable[[], Taken]) -> float:
        while (taken := take()).wait:
            await self._clock.sleep(taken.wait / SECOND)
        return taken.pause / SECOND


class FilePacer(LedgerPacer):
    """Shares its pace with every process that opens the same file.

    The file is no state: losing it costs nothing but one second's memory of departures.
    """

    def __init__(
        self,
        path: Path,
        rate: float,
        clock: Clock,
        ticks: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """Open or make the file; StateError where that fails."""
        super().__init__(FileCells(path, SIZE), rate, clock, ticks)


class MemoryPacer(LedgerPacer):
    """Keeps the pace of one process that has no state beside it."""

    def __init__(
        self, rate: float, clock: Clock, ticks: Callable[[], int] = time.monotonic_ns
    ) -> None:
        super().__init__(MemoryCells(SIZE), rate, clock, ticks)
