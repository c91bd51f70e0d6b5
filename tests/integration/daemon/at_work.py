"""A worker at work on a shop, and what it has asked for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

from syncd.daemon.bearing import Ends
from syncd.daemon.sidework import Account
from syncd.daemon.wishes import Wishes
from syncd.daemon.worker import Worker
from syncd.service.pulse import Job, Pulse
from tests.integration.service.shop import Shop


@dataclass
class Work:
    """What a test wishes for, and what came of it; `again` is what was to be wished for later."""

    pulse: Pulse
    wishes: Wishes = field(default_factory=Wishes)
    ends: Ends = field(default_factory=lambda: Ends(asyncio.Event(), asyncio.Event()))
    again: list[tuple[Job, datetime]] = field(default_factory=list)

    def later(self, job: Job, moment: datetime) -> None:
        self.again.append((job, moment))

    async def rests(self) -> None:
        """Wait until nothing is wished for, and nothing goes on."""
        for _ in range(3):  # a wish that was just made is not yet taken
            await asyncio.sleep(0.002)
        await until(lambda: self.pulse.doing.is_idle)


@asynccontextmanager
async def at_work(shop: Shop) -> AsyncIterator[Work]:
    """Let a worker carry out what the block wishes for, until it ends."""
    work = Work(Pulse(shop.clock.now))
    account = Account(shop.ports, shop.remote, shop.terms, "the test")
    worker = Worker(account, work.pulse, work.wishes, work.ends, work.later)
    task = asyncio.create_task(worker.work())
    try:
        yield work
    finally:
        work.ends.over.set()
        async with asyncio.timeout(60):
            await task


async def until(condition: Callable[[], bool]) -> None:
    """Look again and again: the fakes know no event."""
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.002)
