"""What is wanted next: wishes gather while something goes on, and the same one twice is one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from syncd.domain.attributes import ItemId
from syncd.service.pulse import Job

MOST_IDS: Final = 1_000
"""How many SKUs are pointed at one by one."""


@dataclass(frozen=True, slots=True)
class Wish:
    """One cycle, or one audit; `only` names the SKUs that somebody pointed at, empty for all."""

    job: Job
    only: frozenset[ItemId] = frozenset()


class Wishes:
    """Taken one at a time, the one that covers most first; to be used in one loop."""

    def __init__(self) -> None:
        self._jobs: set[Job] = set()
        self._ids: set[ItemId] = set()
        self._some = asyncio.Event()

    def add(self, job: Job) -> None:
        """Wish for a job."""
        self._jobs.add(job)
        self._some.set()

    def point_at(self, ids: Iterable[ItemId]) -> None:
        """Wish that these SKUs be looked at soon; instead of very many, all of them."""
        self._ids.update(ids)
        if len(self._ids) > MOST_IDS:
            self._ids.clear()
            self.add(Job.POLL)
        if self._ids:
            self._some.set()

    async def come(self) -> None:
        """Wait until there is a wish."""
        await self._some.wait()

    def take(self) -> Wish:
        """Take a wish, of which there must be one, with all that it covers."""
        wish = self._next()
        if not self._jobs and not self._ids:
            self._some.clear()
        return wish

    def _next(self) -> Wish:
        if Job.FULL in self._jobs or Job.POLL in self._jobs:
            job = Job.FULL if Job.FULL in self._jobs else Job.POLL
            self._jobs -= {Job.FULL, Job.POLL}
            self._ids.clear()
            return Wish(job)
        if self._ids:
            only = frozenset(self._ids)
            self._ids.clear()
            return Wish(Job.POLL, only)
        job = Job.AUDIT if Job.AUDIT in self._jobs else Job.ROLLING
        self._jobs -= {Job.AUDIT, Job.ROLLING}
        return Wish(job)
