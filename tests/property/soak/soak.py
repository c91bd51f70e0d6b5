"""Works through cycles as the daemon does, and measures at marks what the process has grown to."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import psutil

from syncd.daemon.wishes import Wishes
from syncd.daemon.worker import Account, Ends, Worker
from syncd.service.pulse import Job, Pulse
from syncd.state import open_state
from tests.fakes.clocks import LeapingClock
from tests.fakes.remote import FakeRemote
from tests.property.soak.shop import Shop

_MEGABYTE: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Size:
    """What a process has grown to after so many cycles; `database` counts the bytes on disk."""

    cycles: int
    memory: int
    descriptors: int
    threads: int
    tasks: int
    database: int

    def __str__(self) -> str:
        return (
            f"{self.cycles:,} cycles: {self.memory / _MEGABYTE:.1f} MB of memory, "
            f"{self.descriptors} file descriptors, {self.threads} threads, {self.tasks} tasks, "
            f"{self.database / _MEGABYTE:.2f} MB of database"
        )


async def soak(folder: Path, marks: Sequence[int], keep: timedelta) -> list[Size]:
    """Go through as many cycles as the last mark says, and give the sizes at all of them.

    `keep` is for how long the journal is kept; a cycle takes five minutes of the shop's time.
    """
    clock, sizes = LeapingClock(), []
    with closing(open_state(f"sqlite:///{folder / 'state.db'}", clock)) as state:
        shop = Shop(folder, state, clock, keep)
        with _working(shop) as works:
            for cycle in range(1, marks[-1] + 1):
                shop.go_on()
                await works.poll()
                if cycle in marks:
                    sizes.append(_size(folder, cycle))
        assert shop.is_settled(), "it did not work"
    return sizes


class _Works:
    def __init__(self, shop: Shop) -> None:
        self._pulse = Pulse(shop.ports.clock.now)
        self._wishes = Wishes()
        remote = shop.ports.remote
        assert isinstance(remote, FakeRemote)
        account = Account(shop.ports, remote, shop.terms, "the soak")
        ends = Ends(asyncio.Event(), asyncio.Event())
        worker = Worker(account, self._pulse, self._wishes, ends, lambda _: None)
        self._over = ends.over
        self._task = asyncio.create_task(worker.work())

    async def poll(self) -> None:
        """Have one cycle made, however it ends."""
        before = self._pulse.last
        self._wishes.add(Job.POLL)
        while self._pulse.last is before or not self._pulse.doing.is_idle:
            assert not self._task.done(), "the worker has ended"
            await asyncio.sleep(0.001)

    def end(self) -> None:
        self._over.set()
        self._task.cancel()


@contextmanager
def _working(shop: Shop) -> Iterator[_Works]:
    works = _Works(shop)
    try:
        yield works
    finally:
        works.end()


def _size(folder: Path, cycles: int) -> Size:
    gc.collect()
    process = psutil.Process()
    return Size(
        cycles=cycles,
        memory=process.memory_info().rss,
        descriptors=process.num_fds(),
        threads=process.num_threads(),
        tasks=len(asyncio.all_tasks()),
        database=sum(file.stat().st_size for file in folder.glob("state.db*")),
    )
