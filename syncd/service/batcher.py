"""Collects what arrives one by one and hands it on in batches, so that a commit serves many."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, Generic, TypeVar

Entry = TypeVar("Entry")

LONGEST_WAIT: Final = 0.1
"""Seconds an entry waits at most for company; no outcome stays unrecorded for longer than 0.2 s."""
SHORTEST_WAIT: Final = 0.05
"""However slow the writes are: a commit that serves nobody else makes all of them slower."""
_FOR_WRITING: Final = 0.1
"""What is left of the 0.2 s; what writing takes beyond half of it is taken from the wait."""
_REMEMBERED: Final = 0.9
"""How much of a slow write is still expected after the next one."""
LARGEST_BATCH: Final = 256


class Batcher(Generic[Entry]):
    """Hands entries to `write` in a thread, in their order, one batch at a time.

    Used as an asynchronous context manager: leaving the block writes what is left. What `write`
    raises comes out of the block, and nothing is accepted after it.
    """

    def __init__(self, write: Callable[[Sequence[Entry]], None]) -> None:
        self._write = write
        self._waiting: list[Entry] = []
        self._oldest = 0.0
        self._slowest = 0.0
        self._arrived = asyncio.Event()
        self._hurry = asyncio.Event()
        self._closing = False
        self._writer: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Batcher[Entry]:
        self._writer = asyncio.create_task(self._write_batches())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closing = True
        self._arrived.set()
        self._hurry.set()
        if self._writer is not None:
            await self._writer

    def add(self, entry: Entry) -> None:
        """Have this entry written soon; raises what the writer died of, if it did."""
        if self._writer is not None and self._writer.done():
            self._writer.result()
        if not self._waiting:
            self._oldest = self._now()
            self._arrived.set()
        self._waiting.append(entry)
        if len(self._waiting) >= LARGEST_BATCH:
            self._hurry.set()

    async def _write_batches(self) -> None:
        while self._waiting or not self._closing:
            await self._arrived.wait()
            due = self._oldest + self._patience()
            await self._company(due)
            batch = self._take()
            if batch:
                began = min(due, self._now())
                await asyncio.to_thread(self._write, batch)
                self._slowest = max(self._now() - began, _REMEMBERED * self._slowest)

    async def _company(self, due: float) -> None:
        """Wait until a batch is full, or its oldest entry has waited long enough."""
        try:
            async with asyncio.timeout_at(due):
                await self._hurry.wait()
        except TimeoutError:
            return

    def _patience(self) -> float:
        """Seconds to wait for company: fewer where the last writes left too little of the 0.2 s."""
        return max(SHORTEST_WAIT, LONGEST_WAIT - max(0.0, 2 * self._slowest - _FOR_WRITING))

    def _take(self) -> list[Entry]:
        batch = self._waiting[:LARGEST_BATCH]
        del self._waiting[:LARGEST_BATCH]
        if not self._closing:
            self._stay_awake_for_the_rest()
        return batch

    def _stay_awake_for_the_rest(self) -> None:
        if not self._waiting:
            self._arrived.clear()
        if len(self._waiting) < LARGEST_BATCH:
            self._hurry.clear()

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
