"""Carries out what the guard has passed: intent, request, outcome; many at once, one per item."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog

from syncd.domain.attributes import Attributes, ItemId
from syncd.domain.change import Action, Change, Plan, Resource
from syncd.domain.delivery import (
    Accepted,
    Forbidden,
    KeyRefused,
    Outcome,
    Transient,
    failure_of,
    request_id_of,
)
from syncd.domain.journal import Intent, Settlement, WriteId
from syncd.domain.tracking import Tracked
from syncd.engine.breaker import Breaker, was_kept_back
from syncd.engine.observe import Observation, observe
from syncd.engine.plan import recreates
from syncd.engine.settle import claim, settle, unclaim
from syncd.engine.turns import places
from syncd.errors import KeyRefusedError
from syncd.ports import UNSENT
from syncd.service.batcher import Batcher
from syncd.service.side_by_side import given_up_after, side_by_side
from syncd.service.spare import Passed
from syncd.service.terms import CycleRequest, Ports, Terms
from syncd.service.write_back import write_back

CLAIMED_AT_ONCE: Final = 64
"""Intents written in one transaction; few, for after a crash each of them must be looked up."""

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


@dataclass(slots=True)
class _Lane:
    """The changes of one kind: one that keeps failing holds up no other.

    `out` says that nothing more of this kind is sent in this delivery.
    """

    breaker: Breaker
    out: bool = False

    def begin(self, now: datetime) -> None:
        self.out = bool(self.breaker.rest(now))

    def learn(self, outcome: Outcome, now: datetime) -> None:
        self.breaker = self.breaker.after(outcome, now)
        self.out = self.out or self.breaker.is_open


class Dispatcher:
    """Delivers a plan; at most one request is in flight for an id, since a plan has one an id.

    Of what is due for both halves of a pair it sends the first; the other is the next pass's. After
    it, `halted` holds the refusal of the key or the resource that ended the delivery early, `shut`
    that of the SKUs, which ends theirs and all deletes, `refused` the one that met a question
    before a delete, and `unanswered` the changes that a stop has left in flight.
    """

    def __init__(self, ports: Ports, terms: Terms, request: CycleRequest) -> None:
        self._ports = ports
        self._terms = terms
        self._request = request
        self._lanes = {action: _Lane(Breaker(f"{request.id} {action}")) for action in Action}
        self._under_way: dict[ItemId, Change] = {}
        self.halted: KeyRefused | Forbidden | None = None
        self.shut: Forbidden | None = None
        self.refused: KeyRefusedError | None = None

    @property
    def unanswered(self) -> list[Change]:
        return list(self._under_way.values())

    @property
    def resting(self) -> dict[Action, datetime]:
        """The kinds of change that keep failing, and when each is tried again."""
        probes = ((action, lane.breaker.probe_at) for action, lane in self._lanes.items())
        return {action: moment for action, moment in probes if moment is not None}

    async def deliver(self, passed: Passed) -> list[Delivered]:
        """Send every change once and record what became of it; nothing is sent before its intent.

        Changes that were never begun, after a stop or an outage, are left out of the answer.
        """
        plan, stop = passed.plan, self._request.stop
        self._request.progress.phase("delivering", len(plan.changes))
        delivered: list[Delivered] = []
        shares = places({action: plan.count(action) for action in Action}, self._terms.in_flight)
        async with Batcher[_Answered](self._settle) as recorder:
            taken = _Taken(recorder, delivered)
            async with given_up_after(stop, self._request.settle_wait), side_by_side() as tasks:
                for action, count in shares.items():
                    tasks.create_task(self._deliver_kind(action, count, passed.of(action), taken))
        return delivered

    async def _deliver_kind(
        self, action: Action, workers: int, passed: Passed, taken: _Taken
    ) -> None:
        lane, queue = self._lanes[action], asyncio.Queue[_Claimed | None](CLAIMED_AT_ONCE)
        lane.begin(self._ports.clock.now())
        async with side_by_side() as tasks:
            for _ in range(workers):
                tasks.create_task(self._work(lane, queue, taken))
            await self._claim_all(lane, passed, queue)
            for _ in range(workers):
                await queue.put(None)

    async def _claim_all(
        self, lane: _Lane, passed: Passed, queue: asyncio.Queue[_Claimed | None]
    ) -> None:
        if self._should_stop(lane):  # before anything is asked about it
            return
        try:
            async with aclosing(passed.parts()) as parts:
                async for asked in parts:
                    if not await self._claim_in_turn(lane, asked, queue):
                        return
        except KeyRefusedError as refused:  # what is in flight must be settled before it is raised
            self.refused = refused

    async def _claim_in_turn(
        self, lane: _Lane, asked: Plan, queue: asyncio.Queue[_Claimed | None]
    ) -> bool:
        """Claim as fast as the workers take; False where nothing more should be sent."""
        start = 0
        while start < len(asked.changes) and not self._should_stop(lane):
            probing = lane.breaker.is_open
            part = asked.changes[start : start + (1 if probing else CLAIMED_AT_ONCE)]
            start += len(part)
            for claimed in await asyncio.to_thread(self._claim, Plan(part, asked.approved)):
                await queue.put(claimed)
            if probing:
                await queue.join()
        return not self._should_stop(lane)

    async def _work(
        self, lane: _Lane, queue: asyncio.Queue[_Claimed | None], taken: _Taken
    ) -> None:
        while (claimed := await queue.get()) is not None:
            outcome = await self._sent(lane, claimed.change)
            answered = Delivered(claimed.change, outcome)
            taken.recorder.add(_Answered(claimed.write, answered))
            taken.delivered.append(answered)
            self._request.progress.advance()
            queue.task_done()

    async def _sent(self, lane: _Lane, change: Change) -> Outcome:
        if self._should_stop(lane) or self._is_barred(change):
            return UNSENT
        self._under_way[change.id] = change
        outcome = await self._ports.remote.carry_out(change)
        del self._under_way[change.id]
        if self._is_another_answer(outcome):
            return UNSENT
        self._learn(lane, change, outcome)
        return outcome

    def _is_another_answer(self, outcome: Outcome) -> bool:
        """Whether this only repeats the refusal that another request met: then nothing was sent."""
        if not isinstance(outcome, KeyRefused | Forbidden):
            return False
        return any(
            refusal is not None and refusal.failure == outcome.failure
            for refusal in (self.halted, self.shut)
        )

    def _is_barred(self, change: Change) -> bool:
        """Whether the key may not write SKUs, and this is about one or would delete something."""
        is_about_it = change.resource is Resource.SKU or change.action is Action.DELETE
        return self.shut is not None and is_about_it

    def _should_stop(self, lane: _Lane) -> bool:
        if self._request.stop.is_set() or self.halted is not None or lane.out:
            return True
        return not self._terms.windows.are_open(self._ports.clock.now())

    def _learn(self, lane: _Lane, change: Change, outcome: Outcome) -> None:
        """Take notice of what one outcome says about the others."""
        if isinstance(outcome, Forbidden) and change.resource is Resource.SKU:
            self.shut = outcome
        elif isinstance(outcome, KeyRefused | Forbidden) and not isinstance(
            self.halted, KeyRefused
        ):
            self.halted = outcome
        lane.learn(outcome, self._ports.clock.now())

    def _claim(self, part: Plan) -> list[_Claimed]:
        """Write the intents; a change whose row has moved on since it was planned is left out."""
        cycle, now = self._request.id, self._ports.clock.now()
        with self._ports.state.transaction() as transaction:
            rows = transaction.tracked([change.id for change in part.changes])
            current = [
                change
                for change in part.changes
                if _is_current(change, rows) and not self._is_barred(change)
            ]
            intents = [
                Intent(
                    cycle,
                    one,
                    before=_known(one, rows),
                    begun=now,
                    approved=one.id in part.approved,
                    recreates=recreates(rows[one.id], one),
                )
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
        if _was_kept_back(delivered.outcome):
            return unclaim(row)
        if _shows_managed(delivered.outcome):
            return observe(row, Observation(None, managed=True), self._terms.policy, now)
        return settle(row, delivered.change, delivered.outcome, self._terms.policy, now)


def _is_current(change: Change, rows: dict[ItemId, Tracked]) -> bool:
    row = rows.get(change.id)
    return row is not None and row.revision == change.revision


def _known(change: Change, rows: dict[ItemId, Tracked]) -> Attributes | None:
    return rows[change.id].half(change.resource).known


def _settlement(answer: _Answered, ports: Ports) -> Settlement:
    outcome = answer.delivered.outcome
    return Settlement(
        write=answer.write,
        kind=outcome.kind,
        ended=ports.clock.now(),
        failure=failure_of(outcome),
        request_id=request_id_of(outcome),
    )


def _shows_managed(outcome: Outcome) -> bool:
    """Whether a SKU of ours turned out to be Digital River's own, which is written no more."""
    return isinstance(outcome, Accepted) and outcome.managed


def _was_kept_back(outcome: Outcome) -> bool:
    return isinstance(outcome, Transient) and was_kept_back(outcome)


@dataclass(frozen=True, slots=True)
class _Taken:
    """Where the answers of all kinds go."""

    recorder: Batcher[_Answered]
    delivered: list[Delivered]
