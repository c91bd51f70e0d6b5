"""Works as the daemon does, and measures at marks what the process has grown to."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import Final

import psutil

from syncd.daemon.bearing import Ends
from syncd.daemon.herald import herald
from syncd.daemon.news import News
from syncd.daemon.sidework import Account
from syncd.daemon.wishes import Wishes
from syncd.daemon.worker import Worker
from syncd.domain.attributes import Attribute
from syncd.service.pulse import Job, Pulse
from syncd.state import open_state
from tests.fakes.clocks import LeapingClock
from tests.fakes.notifier import FakeNotifier
from tests.fakes.remote import FakeRemote
from tests.property.soak.shop import Shop

_MEGABYTE: Final = 1 << 20
_A_DAY: Final = timedelta(days=1)
_THREADS: Final = 6
_LOOKS: Final = 10
"""At threads and descriptors, for some last a moment longer than what they were begun for."""
_DESCRIPTORS: Final = Path("/proc/self/fd")
_HOOKS: Final = 3
_ROLLS: Final = 5
_AUDITS: Final = 7
"""After so many polls each of these has its turn."""
_TRIES: Final = 5
"""Of an audit that somebody else's lease has kept from writing: a daemon would try again."""


@dataclass(frozen=True, slots=True)
class Size:
    """What a process has grown to after so many cycles; `database` counts the bytes on disk.

    `connections` are those to the state, and `descriptors` are not of them.
    """

    cycles: int
    memory: int
    descriptors: int
    connections: int
    threads: int
    tasks: int
    database: int

    def __str__(self) -> str:
        return (
            f"{self.cycles:,} cycles: {self.memory / _MEGABYTE:.1f} MB of memory, "
            f"{self.descriptors} file descriptors, {self.connections} connections, "
            f"{self.threads} threads, {self.tasks} tasks, "
            f"{self.database / _MEGABYTE:.2f} MB of database"
        )


@dataclass(frozen=True, slots=True)
class Terms:
    """How long the journal is kept, and how much of the shop's time passes from poll to poll."""

    keep: timedelta
    step: timedelta


async def soak(folder: Path, marks: Sequence[int], terms: Terms) -> AsyncIterator[Size]:
    """Go through as many cycles as the last mark says, and give the size at each of them.

    Between the polls somebody points at SKUs, audits are made, people are told, and every day the
    history is pruned.
    """
    clock = LeapingClock()
    await _all_threads_begun()
    with closing(open_state(f"sqlite:///{folder / 'state.db'}", clock)) as state:
        shop = Shop(folder, state, clock, terms.keep)
        async with _working(shop) as works:
            for cycle in range(1, marks[-1] + 1):
                shop.go_on(terms.step)
                await works.poll()
                await works.do_more(cycle, cycles_a_day=max(1, _A_DAY // terms.step))
                if cycle in marks:
                    yield _size(folder, cycle, await _quiet(folder))
            await works.is_mended()
        assert shop.is_settled(), "it did not work"
        assert works.notifier.told, "nobody was told of anything"


async def _all_threads_begun() -> None:
    """Begin as many threads as the loop ever takes, for it begins them one by one as work meets."""
    met = Barrier(_THREADS)
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(_THREADS))
    await asyncio.gather(*(asyncio.to_thread(met.wait) for _ in range(_THREADS)))


class _Works:
    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._pulse = Pulse(shop.ports.clock.now)
        self._pulse.listener = news = News()
        self._wishes = Wishes()
        remote = shop.ports.remote
        assert isinstance(remote, FakeRemote)
        account = Account(shop.ports, remote, shop.terms, "the soak")
        self._over = asyncio.Event()
        ends = Ends(asyncio.Event(), self._over)
        worker = Worker(account, self._pulse, self._wishes, ends, lambda *_: None)
        self.notifier = FakeNotifier("people")
        self._herald = herald(shop.ports, self.notifier, news, "the soak")
        self._herald.begin()
        self._task = asyncio.create_task(worker.work())

    async def poll(self) -> None:
        """Have one cycle made, however it ends."""
        before = self._pulse.last
        self._shop.a_second_passes()
        self._wishes.add(Job.POLL)
        await self._until(lambda: self._pulse.last is not before)

    async def do_more(self, cycle: int, cycles_a_day: int) -> None:
        """Have something else done in its turn."""
        del self.notifier.told[1:]
        if cycle % _HOOKS == 0:
            before = self._pulse.last
            self._shop.a_second_passes()
            self._wishes.point_at([self._shop.drifts()])
            await self._until(lambda: self._pulse.last is not before)
        if cycle % _ROLLS == 0:
            await self._beside(Job.ROLLING)
        if cycle % _AUDITS == 0:
            self._shop.drifts()
            await self._beside(Job.AUDIT)
        if cycle % cycles_a_day == 0:
            await self._beside(Job.PRUNE)

    async def is_mended(self) -> None:
        """See that an audit in fair weather mends what is left."""
        self._shop.be_fair()
        await self.poll()
        item = self._shop.drifts_from_its_row()
        remote = self._shop.ports.remote
        assert isinstance(remote, FakeRemote)
        for _ in range(_TRIES):
            await self._beside(Job.AUDIT)
            if remote.contents[item][Attribute.COUNTRY_OF_ORIGIN] != "KR":
                return
        raise AssertionError(f"{item} is not mended: {self._pulse.troubles}")

    async def _beside(self, job: Job) -> None:
        self._shop.a_second_passes()
        self._wishes.add(job)
        for _ in range(3):  # until it is taken
            await asyncio.sleep(0.001)
        await self._until(lambda: True)

    async def _until(self, condition: Callable[[], bool]) -> None:
        while not (condition() and self._pulse.doing.is_idle):
            assert not self._task.done(), "the worker has ended"
            await asyncio.sleep(0.005)

    async def end(self) -> None:
        self._over.set()
        await self._task
        await self._herald.end()


@asynccontextmanager
async def _working(shop: Shop) -> AsyncIterator[_Works]:
    works = _Works(shop)
    try:
        yield works
    finally:
        await works.end()


@dataclass(frozen=True, slots=True)
class _Quiet:
    """The fewest of a few moments."""

    threads: int
    descriptors: int
    connections: int


async def _quiet(folder: Path) -> _Quiet:
    process, found = psutil.Process(), []
    for _ in range(_LOOKS):
        opened = [_opened(file) for file in _DESCRIPTORS.iterdir()]
        states = sum(one.startswith(str(folder / "state.db")) for one in opened)
        connections = opened.count(str(folder / "state.db"))
        found.append((process.num_threads(), len(opened) - states, connections))
        await asyncio.sleep(0.01)
    threads, descriptors, connections = map(min, zip(*found, strict=True))
    return _Quiet(threads=threads, descriptors=descriptors, connections=connections)


def _opened(file: Path) -> str:
    """What this descriptor is of, if it still is."""
    try:
        return str(file.readlink())
    except FileNotFoundError:
        return ""


def _size(folder: Path, cycles: int, quiet: _Quiet) -> Size:
    gc.collect()
    process = psutil.Process()
    return Size(
        cycles=cycles,
        memory=process.memory_info().rss,
        descriptors=quiet.descriptors,
        connections=quiet.connections,
        threads=quiet.threads,
        tasks=len(asyncio.all_tasks()),
        database=sum(file.stat().st_size for file in folder.glob("state.db*")),
    )
