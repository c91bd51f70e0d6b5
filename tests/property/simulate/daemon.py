"""The daemon's own worker over a while of virtual time: poll after poll in one process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from syncd.daemon.wishes import Wish, Wishes
from syncd.daemon.worker import Account, Ends, Worker
from syncd.domain.cycle import CycleResult
from syncd.ports import ItemListing
from syncd.service.pulse import Pulse, Trouble
from syncd.service.terms import CycleRequest, Ports
from tests.property.simulate.process import Process


@dataclass(frozen=True, slots=True)
class Rounds:
    """What a daemon is wished to do, one thing after the other, so many seconds apart."""

    wishes: Sequence[Wish]
    pause: float


class Watcher:
    """Makes each cycle of a daemon known before it begins and once it has ended.

    `bug` is the first mistake in syncd itself: the daemon bears it, and goes on.
    """

    def __init__(
        self,
        process: Process,
        begun: Callable[[Process, CycleRequest], CycleRequest],
        ended: Callable[[CycleResult], None],
    ) -> None:
        """Take what renames a request, and what looks at a result."""
        self.process = process
        self.bug: str | None = None
        self._begun = begun
        self._ended = ended

    def begun(self, request: CycleRequest) -> CycleRequest:
        return self._begun(self.process, request)

    def wrong(self, kind: Trouble, words: str) -> None:
        if kind is Trouble.UNKNOWN and self.bug is None:
            self.bug = words
        if kind is Trouble.STATE:  # what was begun may not have been recorded
            self.process.was_cut_off = True

    def well(self, kind: Trouble) -> None:
        """Have nothing to say of it."""

    def ended(self, result: CycleResult, *, is_whole: bool) -> None:
        del is_whole
        self._ended(result)


async def serve(watcher: Watcher, rounds: Rounds, ports: Ports) -> None:
    """Run a daemon's worker in the process that is watched."""
    process = watcher.process
    pulse = Pulse(ports.clock.now, asyncio.get_running_loop().time)
    pulse.listener = watcher
    listing = cast("ItemListing", ports.remote)  # which only an audit asks
    account = Account(ports, listing, process.terms, process.name)
    ends = Ends(process.stop, asyncio.Event())
    tasks = [
        asyncio.create_task(_heed(ends)),
        asyncio.create_task(_wish(wishes := Wishes(), rounds, ends)),
    ]
    try:
        await _WatchedWorker(account, pulse, wishes, ends, _in_vain).work()
    finally:
        for task in tasks:
            task.cancel()


class _WatchedWorker(Worker):
    def _request(self, wish: Wish) -> CycleRequest:
        watcher = self.pulse.listener
        assert isinstance(watcher, Watcher)
        return watcher.begun(super()._request(wish))


async def _wish(wishes: Wishes, rounds: Rounds, ends: Ends) -> None:
    for wish in rounds.wishes:
        if wish.only:
            wishes.point_at(wish.only)
        else:
            wishes.add(wish.job)
        await asyncio.sleep(rounds.pause)
    ends.over.set()


async def _heed(ends: Ends) -> None:
    await ends.stop.wait()
    ends.over.set()


def _in_vain(_: datetime) -> None:
    """The next poll sees to what is due again."""
