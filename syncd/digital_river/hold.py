"""The stop that a client heeds: whoever waits to depart is woken, and does not depart any more."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

Result = TypeVar("Result")


class Hold:
    """Off at first, then on for good."""

    def __init__(self) -> None:
        self.on = False
        self._waits: set[asyncio.Timeout] = set()

    def begin(self) -> None:
        """End every wait that is heeding, now; doing so once more changes nothing."""
        if self.on:
            return
        self.on = True
        now = asyncio.get_running_loop().time()
        for wait in self._waits:
            wait.reschedule(now)

    async def heeded(self, work: Callable[[Wait], Awaitable[Result]]) -> Result | None:
        """Do this work; None where the hold began first, from wherever the work waited."""
        with suppress(TimeoutError):
            async with asyncio.timeout(None) as timeout:
                wait = Wait(self._waits, timeout)
                try:
                    return await work(wait)
                finally:
                    wait.over()
        return None


class Wait:
    """One wait that the hold may end."""

    def __init__(self, waits: set[asyncio.Timeout], timeout: asyncio.Timeout) -> None:
        """Take part in these waits."""
        self._waits = waits
        self._timeout = timeout
        waits.add(timeout)

    def over(self) -> None:
        """Heed the hold no more: what has departed must be seen to its end."""
        self._waits.discard(self._timeout)
