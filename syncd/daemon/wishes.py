"""What is wanted next: wishes gather while something goes on, and the same one twice is one."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Coroutine, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, Protocol

from syncd.domain.attributes import ItemId
from syncd.service.pulse import Job

MOST_IDS: Final = 1_000
"""How many SKUs one cycle is pointed at; more wait for the next ones."""
MOST_WAITING: Final = 100_000
"""How many wait at most, for a process has no memory without end."""
_CYCLES: Final = frozenset({Job.POLL, Job.FULL})
_POINTED_AT: Final = "pointed at"


@dataclass(frozen=True, slots=True)
class Wish:
    """One cycle, or something beside them; `only` names the SKUs it is about, empty for all.

    `besides` are SKUs that somebody pointed at although all are looked at.
    """

    job: Job
    only: frozenset[ItemId] = frozenset()
    besides: frozenset[ItemId] = frozenset()

    @property
    def pointed_at(self) -> frozenset[ItemId]:
        """The SKUs that are worth a look at both sides: whoever pointed knew of a change."""
        return self.only | self.besides


class Queue(Protocol):
    """Wishes of one kind, the oldest first; each covers what it would do anyway."""

    def come(self) -> Coroutine[Any, Any, None]:
        """Wait until there is a wish."""

    def take(self) -> Wish:
        """Take a wish, of which there must be one, with all that it covers."""


async def next_wish(queue: Queue, over: asyncio.Event) -> Wish | None:
    """Wait for a wish; None where the end came first, and the wish stays for who comes next."""
    taking = asyncio.create_task(queue.come())
    ending = asyncio.create_task(over.wait())
    try:
        await asyncio.wait({taking, ending}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (taking, ending):
            task.cancel()
    return None if over.is_set() else queue.take()


class Wishes:
    """Those for cycles, and those for what goes on beside them; to be used in one loop."""

    def __init__(self) -> None:
        self.cycles = Cycles()
        self.beside = Beside()

    def add(self, job: Job) -> None:
        """Wish for a job."""
        if job in _CYCLES:
            self.cycles.add(job)
        else:
            self.beside.add(job)

    def point_at(self, ids: Iterable[ItemId]) -> None:
        """Wish that these SKUs be looked at soon, and all of them where too many wait."""
        self.cycles.point_at(ids)


class Cycles:
    """Cycles over all SKUs, and over those that somebody has pointed at."""

    def __init__(self) -> None:
        self._waiting = _Waiting()
        self._ids: dict[ItemId, None] = {}
        self._owed: dict[ItemId, None] = {}

    def add(self, job: Job) -> None:
        self._waiting.add(job)

    def point_at(self, ids: Iterable[ItemId]) -> None:
        if not _kept(ids, self._ids):
            self.add(Job.POLL)
        self._point_at_the_rest()

    def owe(self, ids: Iterable[ItemId]) -> None:
        """Have the next cycle over all SKUs see to these, whose own one could not be."""
        _kept(ids, self._owed)

    async def come(self) -> None:
        await self._waiting.come()

    def take(self) -> Wish:
        if self._waiting.first() == _POINTED_AT:
            self._waiting.drop({_POINTED_AT})
            only = _first(MOST_IDS, self._ids)
            self._point_at_the_rest()
            return Wish(Job.POLL, only=only)
        job = Job.FULL if Job.FULL in self._waiting else Job.POLL
        self._waiting.drop({*_CYCLES, _POINTED_AT})
        owed = _first(MOST_IDS, self._owed)
        besides = owed | _first(MOST_IDS - len(owed), self._ids)
        self._point_at_the_rest()
        return Wish(job, besides=besides)

    def _point_at_the_rest(self) -> None:
        if self._ids:
            self._waiting.add(_POINTED_AT)


def _kept(ids: Iterable[ItemId], among: dict[ItemId, None]) -> bool:
    """Keep these, as far as there is room; whether there was for all of them."""
    for id_ in ids:
        if id_ not in among and len(among) == MOST_WAITING:
            return False
        among[id_] = None
    return True


def _first(most: int, ids: dict[ItemId, None]) -> frozenset[ItemId]:
    """Take so many at most, those that have waited for longest."""
    taken = list(islice(ids, most))
    for id_ in taken:
        del ids[id_]
    return frozenset(taken)


class Beside:
    """Audits, snapshots, pruning; a whole audit does all that a step of the rolling one would."""

    def __init__(self) -> None:
        self._waiting = _Waiting()

    def add(self, job: Job) -> None:
        self._waiting.add(job)

    async def come(self) -> None:
        await self._waiting.come()

    def take(self) -> Wish:
        job = Job(self._waiting.first())
        if job is Job.ROLLING and Job.AUDIT in self._waiting:
            job = Job.AUDIT
        self._waiting.drop({job, Job.ROLLING} if job is Job.AUDIT else {job})
        return Wish(job)


class _Waiting:
    """Names in the order in which they came, each once."""

    def __init__(self) -> None:
        self._names: dict[str, None] = {}
        self._some = asyncio.Event()

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def add(self, name: str) -> None:
        self._names.setdefault(name)
        self._some.set()

    def first(self) -> str:
        return next(iter(self._names))

    def drop(self, names: Collection[str]) -> None:
        for name in names:
            self._names.pop(name, None)
        if not self._names:
            self._some.clear()

    async def come(self) -> None:
        await self._some.wait()
