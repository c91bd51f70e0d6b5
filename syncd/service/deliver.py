"""Carries out what the guard has passed: intent, request, outcome; many at once, one per item."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog

from syncd.domain.attributes import ItemId
from syncd.domain.change import Change, Plan
from syncd.domain.delivery import (
    Forbidden,
    KeyRefused,
    Outcome,
    Transient,
    failure_of,
    request_id_of,
)
from syncd.domain.journal import Intent, Settlement, WriteId
from syncd.domain.tracking import Tracked
from syncd.engine.settle import claim, settle, unclaim
from syncd.errors import KeyRefusedError
from syncd.ports import UNSENT
from syncd.service.batcher import Batcher
from syncd.service.side_by_side import side_by_side
from syncd.service.spare import Passed
from syncd.service.terms import CycleRequest, Ports, Terms
from syncd.service.write_back import write_back

CLAIMED_AT_ONCE: Final = 64
"""Intents written in one transaction; few, for after a crash each of them must be looked up."""
FAILURES_TO_DOUBT: Final = 25
"""So many transient failures without one success in between may mean an outage: from then on the
changes go one by one, until one of them succeeds. Where no answer comes at all, it is an outage."""
FAILURES_TO_GIVE_UP: Final = 50
"""So many mean an outage, and not some items that always fail."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Delivered:
    """A change and its outcome, as the remote gave it."""

    change: Change
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class _Claimed:
    write: WriteId
    change: Change


@dataclass(frozen=True, slots=True)
class _Answered:
    write: WriteId
    delivered: Delivered


class Dispatcher:
    """Delivers a plan; at most one request is in flight for an id, since a plan has one an id.

    After it, `halted` holds the refusal of the key or the resource that ended the delivery early,
    `refused` the one that met a question before a delete.
    """

    def __init__(self, ports: Ports, terms: Terms, request: CycleRequest) -> None:
        self._ports = ports
        self._terms = terms
        self._request = request
        self._failures_in_a_row = 0
        self._patience = FAILURES_TO_GIVE_UP
        self._one_at_a_time = asyncio.Lock()
        self.halted: KeyRefused | Forbidden | None = None
        self.refused: KeyRefusedError | None = None

    @property
    def gave_up(self) -> bool:
        """Whether the last delivery ended early because the remote seems to be out."""
        return self._failures_in_a_row >= self._patience

    async def deliver(self, passed: Passed) -> list[Delivered]:
        """Send every change once and record what became of it; nothing is sent before its intent.

        Changes that were never begun, after a stop or an outage, are left out of the answer.
        """
        changes = len(passed.plan.changes)
        self._request.progress.phase("delivering", changes)
        self._failures_in_a_row = 0
        delivered: list[Delivered] = []
        queue: asyncio.Queue[_Claimed | None] = asyncio.Queue(maxsize=CLAIMED_AT_ONCE)
        workers = min(self._terms.in_flight, changes)
        async with Batcher[_Answered](self._settle) as recorder, side_by_side() as tasks:
            for _ in range(workers):
                tasks.create_task(self._work(queue, recorder, delivered))
            await self._claim_all(passed, queue)
            for _ in range(workers):
                await queue.put(None)
        return delivered

    async def _claim_all(self, passed: Passed, queue: asyncio.Queue[_Claimed | None]) -> None:
        try:
            async with aclosing(passed.parts()) as parts:
                async for asked in parts:
                    if not await self._claim_in_turn(asked, queue):
                        return
        except KeyRefusedError as refused:  # what is in flight must be settled before it is raised
            self.refused = refused

    async def _claim_in_turn(self, asked: Plan, queue: asyncio.Queue[_Claimed | None]) -> bool:
        """Claim as fast as the workers take; False where nothing more should be sent."""
        for part in _parts(asked):
            if self._should_stop():
                return False
            for claimed in await asyncio.to_thread(self._claim, part):
                await queue.put(claimed)
        return not self._should_stop()

    async def _work(
        self,
        queue: asyncio.Queue[_Claimed | None],
        recorder: Batcher[_Answered],
        delivered: list[Delivered],
    ) -> None:
        while (claimed := await queue.get()) is not None:
            outcome = await self._carry_out(claimed.change)
            answered = Delivered(claimed.change, outcome)
            recorder.add(_Answered(claimed.write, answered))
            delivered.append(answered)
            self._request.progress.advance()

    async def _carry_out(self, change: Change) -> Outcome:
        if self._is_in_doubt():
            async with self._one_at_a_time:
                if self._is_in_doubt():
                    return await self._sent(change)
        return await self._sent(change)

    async def _sent(self, change: Change) -> Outcome:
        if self._should_stop():
            return UNSENT
        outcome = await self._ports.remote.carry_out(change)
        if self._is_another_answer(outcome):
            return UNSENT
        self._learn(outcome)
        return outcome

    def _is_another_answer(self, outcome: Outcome) -> bool:
        """Whether this only repeats the refusal that another request met: then nothing was sent."""
        if self.halted is None or not isinstance(outcome, KeyRefused | Forbidden):
            return False
        return outcome.failure == self.halted.failure

    def _should_stop(self) -> bool:
        return self._request.stop.is_set() or self.halted is not None or self.gave_up

    def _is_in_doubt(self) -> bool:
        return self._failures_in_a_row >= FAILURES_TO_DOUBT

    def _learn(self, outcome: Outcome) -> None:
        """Take notice of what one outcome says about all the others."""
        if isinstance(outcome, KeyRefused | Forbidden) and not isinstance(self.halted, KeyRefused):
            self.halted = outcome
        if not isinstance(outcome, Transient):
            self._failures_in_a_row = 0
        elif outcome.retry_after is None and outcome != UNSENT:
            self._failures_in_a_row += 1
            nobody_answers = outcome.failure.status is None
            self._patience = FAILURES_TO_DOUBT if nobody_answers else FAILURES_TO_GIVE_UP

    def _claim(self, part: Plan) -> list[_Claimed]:
        """Write the intents; a change whose row has moved on since it was planned is left out."""
        cycle, now = self._request.id, self._ports.clock.now()
        with self._ports.state.transaction() as transaction:
            rows = transaction.tracked([change.id for change in part.changes])
            current = [change for change in part.changes if _is_current(change, rows)]
            intents = [
                Intent(cycle, one, rows[one.id].known, now, approved=one.id in part.approved)
                for one in current
            ]
            writes = transaction.begin_writes(intents)
            transaction.put([claim(rows[change.id]) for change in current])
        return [_Claimed(write, change) for write, change in zip(writes, current, strict=True)]

    def _settle(self, answers: Sequence[_Answered]) -> None:
        now = self._ports.clock.now()
        with self._ports.state.transaction() as transaction:
            transaction.end_writes([_settlement(answer, self._ports) for answer in answers])
            rows = transaction.tracked([answer.delivered.change.id for answer in answers])
            settled = {
                answer.delivered.change.id: self._after(
                    rows[answer.delivered.change.id], answer.delivered, now
                )
                for answer in answers
                if answer.delivered.change.id in rows
            }
            write_back(transaction, settled)
        _log.debug("delivery.settled", outcomes=len(answers))

    def _after(self, row: Tracked, delivered: Delivered, now: datetime) -> Tracked | None:
        if delivered.outcome == UNSENT:
            return unclaim(row)
        return settle(row, delivered.change, delivered.outcome, self._terms.policy, now)


def _is_current(change: Change, rows: dict[ItemId, Tracked]) -> bool:
    row = rows.get(change.id)
    return row is not None and row.revision == change.revision


def _settlement(answer: _Answered, ports: Ports) -> Settlement:
    outcome = answer.delivered.outcome
    return Settlement(
        write=answer.write,
        kind=outcome.kind,
        ended=ports.clock.now(),
        failure=failure_of(outcome),
        request_id=request_id_of(outcome),
    )


def _parts(plan: Plan) -> Iterator[Plan]:
    for start in range(0, len(plan.changes), CLAIMED_AT_ONCE):
        yield Plan(plan.changes[start : start + CLAIMED_AT_ONCE], plan.approved)
