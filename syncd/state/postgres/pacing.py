"""The pace of departures under one key, over all machines that share a PostgreSQL."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Final, Protocol

import structlog

from syncd.errors import StateError
from syncd.ports import Clock
from syncd.state.postgres.clock import SECOND, ServerClock
from syncd.state.postgres.pace import PaceRow, Slots
from syncd.state.postgres.place import Place

LONGEST_PAUSE: Final = 3600 * SECOND
_RESERVE: Final = 0.975
_FRESH: Final = 24_000
"""How late a slot may be used: with the reserve, no second then holds more than the rate."""
_AHEAD: Final = 0.1
"""Seconds of slots that are taken at once, where as many wait: a server may be far away."""
_AGAIN: Final = 1.0
_GIVEN_UP: Final = 10.0
"""Seconds without the server after which a request is refused; a lease does not last longer."""

_log = structlog.get_logger()


class Row(Protocol):
    """What all processes on a key share."""

    @property
    def name(self) -> str:
        """What messages call the state."""

    def take(self, length: int, lead: int) -> Slots:
        """Take slots for so many microseconds, none before `lead`; raises `StateError`."""

    def pause(self, length: int) -> None:
        """Let nobody take slots for so many microseconds; raises `StateError`."""

    def close(self) -> None:
        """Give the connection back."""


class PostgresPacer:
    """A pacer over slots that a row hands out, each to one process.

    A slot is good for one departure, at its moment or a little later. While the server cannot be
    reached nothing departs: requests wait, and are then refused with `StateError`.
    """

    def __init__(
        self,
        row: Row,
        rate: float,
        clock: Clock,
        ticks: Callable[[], int] = time.monotonic_ns,
        thread: Executor | None = None,
    ) -> None:
        """Take requests per second, and beside the clock that waits one of growing nanoseconds.

        The row is asked in a thread of its own, unless another executor is given.
        """
        whole = float(int(rate)) if rate >= 1 else rate
        self._interval = round(SECOND / (whole * _RESERVE))
        self._most = max(1, int(whole * _AHEAD))
        self._row = row
        self._clock = clock
        self._ticks = ticks
        self._queue = asyncio.Lock()
        self._waiting = 0
        self._slots: deque[int] = deque()
        self._granted: deque[int] = deque()
        self._server = ServerClock()
        self._paused_until = 0
        self._away_since: float | None = None
        self._thread = thread or ThreadPoolExecutor(1, "syncd-pacer")

    async def turn(self, wanted: Callable[[], bool]) -> float:
        self._waiting += 1
        try:
            async with self._queue:
                return await self._slot() if wanted() else 0.0
        finally:
            self._waiting -= 1

    async def depart(self) -> float:
        """Use a slot that was granted just now, by whichever turn; else wait for one."""
        pause = self._pause_left()
        if pause:
            return pause
        while self._granted:
            if self._is_fresh(self._granted.popleft()):
                return 0.0
        async with self._queue:
            pause = await self._slot()
            if not pause:
                self._granted.pop()
            return pause

    def pause(self, seconds: float) -> None:
        length = min(max(round(seconds * SECOND), 0), LONGEST_PAUSE)
        self._paused_until = max(self._paused_until, self._now() + length)
        self._slots.clear()
        self._granted.clear()
        self._thread.submit(self._tell, length)

    def close(self) -> None:
        """Give the connection back; doing so once more does no harm."""
        self._thread.shutdown(wait=True)
        self._row.close()

    async def _slot(self) -> float:
        """Wait for the next slot and grant it; returns how long a pause lasts that comes first."""
        while not self._pause_left():
            if not self._slots and (wait := await self._seconds_without_more()):
                return wait
            if self._slots and await self._is_reached(self._slots.popleft()):
                return 0.0
        return self._pause_left()

    async def _is_reached(self, slot: int) -> bool:
        """Sleep until the slot; False where that took too long, or a pause has come."""
        while (early := slot - self._now()) > 0:
            await self._clock.sleep(early / SECOND)
        if not self._is_fresh(slot) or self._pause_left():
            return False
        self._granted.append(slot)
        return True

    async def _seconds_without_more(self) -> float:
        """Take more slots; returns how long to wait instead, where the server is away."""
        loop = asyncio.get_running_loop()
        count = min(max(1, self._waiting), self._most)
        try:
            slots = await loop.run_in_executor(self._thread, self._take, count)
        except StateError as error:
            return self._away(error)
        self._away_since = None
        paused = self._server.here(slots.paused_until) - self._now()
        if paused > 0:
            self._paused_until = max(self._paused_until, self._now() + paused)
        else:
            first = self._server.here(slots.first)
            self._slots.extend(first + number * self._interval for number in range(count))
        return 0.0

    def _away(self, error: StateError) -> float:
        now = self._now() / SECOND
        if self._away_since is None:
            self._away_since = now
            _log.warning("pacer.away", state=self._row.name, reason=error.reason)
        if now - self._away_since > _GIVEN_UP:
            raise StateError(
                error.thing, f"{error.reason}, so nothing may be sent", error.next_step
            ) from error
        return _AGAIN

    def _take(self, count: int) -> Slots:
        """Runs in the pacer's own thread."""
        asked = self._now()
        slots = self._row.take(count * self._interval, self._server.lead)
        self._server.heed(slots.now, asked, self._now())
        return slots

    def _tell(self, length: int) -> None:
        """Runs in the pacer's own thread; this process pauses, whether the others hear of it."""
        try:
            self._row.pause(length)
        except StateError as error:
            _log.warning("pacer.pause_not_shared", state=self._row.name, reason=error.reason)

    def _pause_left(self) -> float:
        return max(0, self._paused_until - self._now()) / SECOND

    def _is_fresh(self, slot: int) -> bool:
        return slot <= self._now() <= slot + _FRESH

    def _now(self) -> int:
        return self._ticks() // 1000


def pacer_of(place: Place, key: str, rate: float, clock: Clock) -> PostgresPacer:
    """Share the pace of a key; nothing is connected yet. `key` is a digest, which tells nothing."""
    return PostgresPacer(PaceRow(place, key), rate, clock)
