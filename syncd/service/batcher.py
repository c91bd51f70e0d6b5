"""Collects what arrives one by one and hands it on in batches, so that a commit serves many."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, Generic, TypeVar

Entry = TypeVar("Entry")

LONGEST_WAIT: Final = 0.1
"""Seconds an entry waits at most for company; no outcome stays unrecorded for longer than 0.2 s."""
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
            self._oldest = asyncio.get_running_loop().time()
            self._arrived.set()
        self._waiting.append(entry)
        if len(self._waiting) >= LARGEST_BATCH:
            self._hurry.set()

    async def _write_batches(self) -> None:
        while self._waiting or not self._closing:
            await self._arrived.wait()
            await self._company()
            batch = self._take()
            if batch:
                await asyncio.to_thread(self._write, batch)

    async def _company(self) -> None:
        """Wait until a batch is full, or its oldest entry has waited long enough."""
        try:
            async with asyncio.timeout_at(self._oldest + LONGEST_WAIT):
                await self._hurry.wait()
        except TimeoutError:
            return

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
