"""The daemon's own worker over a while of virtual time: poll after poll in one process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, cast

from syncd.daemon.bearing import TROUBLES, Ends
from syncd.daemon.herald import TURN, Herald
from syncd.daemon.news import News
from syncd.daemon.sidework import Account
from syncd.daemon.wishes import Wish, Wishes
from syncd.daemon.worker import Worker
from syncd.domain.cycle import CycleResult
from syncd.ports import Inventory
from syncd.service.announce import PATIENCE
from syncd.service.probe import item_to_ask_for, probe
from syncd.service.pulse import Job, Pulse, Trouble
from syncd.service.telling import Telling, TellingTerms
from syncd.service.terms import CycleRequest, Ports
from tests.property.simulate.people import Errand, People
from tests.property.simulate.process import Process

_BESIDE: Final = frozenset({Job.AUDIT, Job.ROLLING, Job.PRUNE})


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
        self.news = News()
        self._begun = begun
        self._ended = ended

    def begun(self, request: CycleRequest) -> CycleRequest:
        return self._begun(self.process, request)

    def wrong(self, kind: Trouble, words: str) -> None:
        self.news.wrong(kind, words)
        if kind is Trouble.UNKNOWN and self.bug is None:
            self.bug = words
        if kind is Trouble.STATE:  # what was begun may not have been recorded
            self.process.was_cut_off = True

    def well(self, kind: Trouble) -> None:
        self.news.well(kind)

    def ended(self, result: CycleResult, *, is_whole: bool) -> None:
        self.news.ended(result, is_whole=is_whole)
        self._ended(result)


async def serve(watcher: Watcher, rounds: Rounds, people: People, ports: Ports) -> None:
    """Run a daemon's worker, its herald and its probe in the process that is watched."""
    process = watcher.process
    pulse = Pulse(ports.clock.now, asyncio.get_running_loop().time)
    pulse.listener = watcher
    listing = cast("Inventory", ports.remote)  # which only an audit asks
    account = Account(ports, listing, process.terms, process.name)
    ends = Ends(process.stop, asyncio.Event())
    herald = _herald(watcher, people, ports)
    tasks = [
        asyncio.create_task(_heed(ends)),
        asyncio.create_task(_wish(wishes := Wishes(), rounds, ends)),
        asyncio.create_task(_probe(ports, pulse, rounds.pause)),
    ]
    herald.begin()
    try:
        await _WatchedWorker(account, pulse, wishes, ends, _in_vain).work()
        await herald.end()
    finally:
        herald.abandon()
        for task in tasks:
            task.cancel()


class _Mortal(Herald):
    def abandon(self) -> None:
        """Be no more, where the process died."""
        if self._task is not None:
            self._task.cancel()


def _herald(watcher: Watcher, people: People, ports: Ports) -> _Mortal:
    courier = Errand(people, watcher.process)
    terms = TellingTerms(f"{watcher.process.name}, telling", PATIENCE, TURN)
    telling = Telling(ports.state, courier, ports.clock.now, terms)
    return _Mortal(watcher.news, telling, courier)


async def _probe(ports: Ports, pulse: Pulse, pause: float) -> None:
    """Ask between two wishes, as an idle daemon does."""
    while True:
        await asyncio.sleep(pause / 2)
        if pulse.doing.is_idle:
            item = await asyncio.to_thread(item_to_ask_for, ports.state)
            unanswered = await probe(ports.remote, item)
            if unanswered is not None:
                pulse.trouble(TROUBLES[unanswered.fault], unanswered.reason)


class _WatchedWorker(Worker):
    def _request(self, wish: Wish) -> CycleRequest:
        """Make cycles known; what goes on beside them has no name of its own."""
        request = super()._request(wish)
        if wish.job in _BESIDE:
            return request
        watcher = self.pulse.listener
        assert isinstance(watcher, Watcher)
        return watcher.begun(request)


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


def _in_vain(_job: Job, _moment: datetime) -> None:
    """The next poll sees to what is due again."""
