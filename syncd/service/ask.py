"""Asks about many ids: by the hundred and side by side, and what fails by the ten and singly."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeAlias

from syncd.domain.attributes import ItemId
from syncd.errors import (
    KeyRefusedError,
    RemoteError,
    RemoteUnreachableError,
    ResourceForbiddenError,
)
from syncd.service.side_by_side import given_up_after, side_by_side
from syncd.service.terms import CycleRequest

IDS_A_REQUEST: Final = 100
SMALLER: Final = (10, 1)
"""How a batch is cut that failed, so that an id which always fails is unanswered alone."""
BATCHES_UNDER_WAY: Final = 64
FAILURES_TO_DOUBT: Final = 3
"""So many batches failing one after the other, each after its own tries, may be an outage."""
REFUSALS: Final = (KeyRefusedError, ResourceForbiddenError)

Ids: TypeAlias = Sequence[ItemId]
Question: TypeAlias = Callable[[Ids], Awaitable[None]]


class Asking:
    """Puts questions on behalf of one cycle; a stop, a refusal and an outage end the asking.

    An outage is told from ids that always fail by asking about one that was answered before, and
    needs no telling where no connection comes about.
    After `ask`, `failure` is the last reason why an id was left unanswered, `out` whether it was
    an outage, and `answered` an id that was not. An id that has failed alone is asked about apart
    from then on, so that it does not fail others again.
    """

    def __init__(self, request: CycleRequest, in_flight: int) -> None:
        self._stop = request.stop
        self._patience = request.settle_wait
        self._apart: set[ItemId] = set()
        self._many = asyncio.Semaphore(min(BATCHES_UNDER_WAY, in_flight))
        self._few = asyncio.Semaphore(FAILURES_TO_DOUBT)
        self._one_at_a_time = asyncio.Lock()
        self._failures_in_a_row = 0
        self.answered: ItemId | None = None
        self.failure: RemoteError | None = None
        self.out = False

    @property
    def stopped(self) -> bool:
        return self._stop.is_set()

    async def ask(self, ids: Ids, question: Question) -> list[ItemId]:
        """Put the question about each of these ids, and return those that were left unanswered."""
        self._failures_in_a_row, self.answered, self.failure, self.out = 0, None, None, False
        batches = in_slices([item for item in ids if item not in self._apart], IDS_A_REQUEST)
        apart = [[item] for item in ids if item in self._apart]
        left = await self._failing([*batches, *apart], question, self._many)
        for size in SMALLER:
            smallest = [batch for batch in left if len(batch) <= size]
            others = [
                part for batch in left if len(batch) > size for part in in_slices(batch, size)
            ]
            left = smallest + await self._failing(others, question, self._few)
        if not left:
            self.failure = None
        unanswered = [item for batch in left for item in batch]
        if not self._is_pointless():
            self._apart.update(unanswered)
        return unanswered

    async def _failing(
        self, batches: Sequence[Ids], question: Question, places: asyncio.Semaphore
    ) -> list[Ids]:
        """Put the question about each batch, and return those that failed or were not asked."""
        answered: set[int] = set()

        async def put(number: int) -> None:
            try:
                if await self._put_if_sensible(batches[number], question):
                    answered.add(number)
            finally:
                places.release()

        async with given_up_after(self._stop, self._patience), side_by_side() as tasks:
            for number in range(len(batches)):
                await places.acquire()
                tasks.create_task(put(number))
        return [batch for number, batch in enumerate(batches) if number not in answered]

    async def _put_if_sensible(self, batch: Ids, question: Question) -> bool:
        if self._in_doubt():
            async with self._one_at_a_time:
                await self._find_out(batch, question)
        return not self._is_pointless() and await self._put(batch, question)

    async def _find_out(self, batch: Ids, question: Question) -> None:
        """Tell an outage from bad luck by one more question, unless somebody just has."""
        if self._in_doubt() and not self._is_pointless():
            probe = self.answered or batch[len(batch) // 2]
            self.out = not await self._put([probe], question) or self.out

    async def _put(self, batch: Ids, question: Question) -> bool:
        try:
            await question(batch)
        except RemoteError as failure:
            self._failures_in_a_row += 1
            self.out = self.out or isinstance(failure, RemoteUnreachableError)
            if not isinstance(self.failure, REFUSALS):
                self.failure = failure
            return False
        self._failures_in_a_row = 0
        self.answered = batch[0]
        return True

    def _in_doubt(self) -> bool:
        return self._failures_in_a_row >= FAILURES_TO_DOUBT

    def _is_pointless(self) -> bool:
        return self.stopped or self.out or isinstance(self.failure, REFUSALS)


def in_slices(ids: Ids, size: int) -> list[Ids]:
    """The ids in their order, at most so many in a slice."""
    return [ids[start : start + size] for start in range(0, len(ids), size)]
