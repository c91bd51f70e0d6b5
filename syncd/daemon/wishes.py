"""What is wanted next: wishes gather while something goes on, and the same one twice is one."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Coroutine, Iterable
from dataclasses import dataclass
from typing import Any, Final, Protocol

from syncd.domain.attributes import ItemId
from syncd.service.pulse import Job

MOST_IDS: Final = 1_000
"""How many SKUs are pointed at one by one."""
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
        """Wish that these SKUs be looked at soon; instead of very many, all of them."""
        self.cycles.point_at(ids)


class Cycles:
    """Cycles over all SKUs, and over those that somebody has pointed at."""

    def __init__(self) -> None:
        self._waiting = _Waiting()
        self._ids: set[ItemId] = set()
        self._owed: set[ItemId] = set()

    def add(self, job: Job) -> None:
        self._waiting.add(job)

    def point_at(self, ids: Iterable[ItemId]) -> None:
        self._ids.update(ids)
        if len(self._ids) > MOST_IDS:
            self._ids.clear()
            self._waiting.drop({_POINTED_AT})
            self.add(Job.POLL)
        if self._ids:
            self._waiting.add(_POINTED_AT)

    def owe(self, ids: Iterable[ItemId]) -> None:
        """Have the next cycle over all SKUs see to these, whose own one could not be."""
        self._owed.update(ids)
        if len(self._owed) > MOST_IDS:
            self._owed.clear()

    async def come(self) -> None:
        await self._waiting.come()

    def take(self) -> Wish:
        if self._waiting.first() == _POINTED_AT:
            self._waiting.drop({_POINTED_AT})
            return Wish(Job.POLL, only=self._pointed_at())
        job = Job.FULL if Job.FULL in self._waiting else Job.POLL
        self._waiting.drop({*_CYCLES, _POINTED_AT})
        owed = frozenset(self._owed)
        self._owed.clear()
        return Wish(job, besides=owed | self._pointed_at())

    def _pointed_at(self) -> frozenset[ItemId]:
        ids = frozenset(self._ids)
        self._ids.clear()
        return ids


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
