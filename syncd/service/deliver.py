"""Carries out what the guard has passed: intent, request, outcome; many at once, one per item."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog

from syncd.domain.change import Action, Change, Plan
from syncd.domain.delivery import Forbidden, KeyRefused, Outcome
from syncd.engine.turns import places
from syncd.errors import KeyRefusedError
from syncd.service.batcher import Batcher
from syncd.service.lanes import Delivered, Lane, Lanes
from syncd.service.shared import SHARED, Shared, shared
from syncd.service.side_by_side import first_of, given_up_after, side_by_side
from syncd.service.spare import Passed
from syncd.service.supply import Supply
from syncd.service.terms import CycleRequest, Ports, Terms
from syncd.service.writes import Answered, Claimed, Writes

CLAIMED_AT_ONCE: Final = 64
"""Intents written in one transaction; few, for after a crash each of them must be looked up."""

_log = structlog.get_logger()


class Dispatcher:
    """Delivers a plan; at most one request is in flight for an id, since a plan has one an id.

    Of what is due for both halves of a pair it sends the first; the other is the next pass's. After
    it, `halted` holds the refusal of the key or the resource that ended the delivery early, `shut`
    that of the SKUs, which ends theirs and all deletes, `refused` the one that met a question
    before a delete, and `unanswered` the changes that a stop, or another process, has left in
    flight. `left_behind` is when another did so last, `helped` how many it has sent.
    """

    def __init__(self, ports: Ports, terms: Terms, request: CycleRequest) -> None:
        self._ports = ports
        self._terms = terms
        self._request = request
        self._lanes = Lanes(ports, terms, request.stop, request.id)
        self._writes = Writes(ports, terms, request.id, self._lanes.is_barred)
        self._others: list[Change] = []
        self.refused: KeyRefusedError | None = None
        self.left_behind: datetime | None = None
        self.helped = 0

    @property
    def halted(self) -> KeyRefused | Forbidden | None:
        return self._lanes.halted

    @property
    def shut(self) -> Forbidden | None:
        return self._lanes.shut

    @property
    def unanswered(self) -> list[Change]:
        return [*self._lanes.unanswered, *self._others]

    @property
    def resting(self) -> dict[Action, datetime]:
        """The kinds of change that keep failing, and when each is tried again."""
        return self._lanes.resting

    async def deliver(self, passed: Passed) -> list[Delivered]:
        """Send every change once and record what became of it; nothing is sent before its intent.

        Changes that were never begun, after a stop or an outage, are left out of the answer. Other
        processes send some of them, where there are any that can.
        """
        plan, cycle = passed.plan, self._request.id
        self._request.progress.phase("delivering", len(plan.changes))
        delivered: list[Delivered] = []

        def hear(change: Change, outcome: Outcome) -> None:
            self._lanes.learn(change, outcome)
            self.helped += 1
            self._taken(delivered, Delivered(change, outcome))

        async with shared(self._ports, self._terms, cycle, plan, hear) as others:
            try:
                await self._deliver_beside(others, passed, delivered)
            finally:
                self._others = others.unanswered
                if self._others:
                    self.left_behind = self._ports.clock.now()
        return delivered

    async def _deliver_beside(
        self, others: Shared, passed: Passed, delivered: list[Delivered]
    ) -> None:
        plan, request = passed.plan, self._request
        shares = places({action: plan.count(action) for action in Action}, self._terms.in_flight)
        async with Batcher[Answered](self._settle) as recorder:
            room = _Room(recorder, delivered, others)
            async with given_up_after(request.stop, request.settle_wait), side_by_side() as tasks:
                watching = tasks.create_task(others.watch())
                async with side_by_side() as kinds:
                    for action, count in shares.items():
                        kinds.create_task(self._deliver_kind(action, count, passed, room))
                watching.cancel()

    async def _deliver_kind(
        self, action: Action, workers: int, passed: Passed, room: _Room
    ) -> None:
        lane, queue = self._lanes.begun(action), asyncio.Queue[Claimed | None](CLAIMED_AT_ONCE)
        passed, pairs = passed.of(action).pairs_apart()
        async with aclosing(Supply(passed)) as supply, side_by_side() as tasks:
            for _ in range(workers):
                tasks.create_task(self._work(lane, queue, room))
            offering = tasks.create_task(self._offer_all(lane, action, supply, room.others))
            await self._claim_all(lane, supply, queue)
            room.others.wake()
            await offering
            await self._take_back_all(lane, action, queue, room.others)
            if pairs.plan.changes:
                await self._delete_pairs(lane, pairs, queue)
            for _ in range(workers):
                await queue.put(None)

    async def _delete_pairs(
        self, lane: Lane, pairs: Passed, queue: asyncio.Queue[Claimed | None]
    ) -> None:
        """Delete the items of pairs as soon as the key is seen to be allowed to delete SKUs.

        Otherwise a key that may delete items alone would leave all the SKUs without theirs. Until
        then one pair goes ahead of all others, or what is left of one that has: unless that was
        kept back, as where somebody has made its item again.
        """
        is_allowed = self._lanes.sku_delete_answered
        await first_of(is_allowed.wait(), queue.join())
        if self._lanes.sku_delete_sent and not is_allowed.is_set():
            return
        async with aclosing(Supply(pairs, None if is_allowed.is_set() else 1)) as supply:
            await self._claim_all(lane, supply, queue)

    async def _claim_all(
        self, lane: Lane, supply: Supply, queue: asyncio.Queue[Claimed | None]
    ) -> None:
        """Claim as fast as the workers take."""
        while not self._lanes.should_stop(lane):  # before anything is asked about it
            probing = lane.breaker.is_open
            part = await self._next(supply, 1 if probing else CLAIMED_AT_ONCE)
            if not part.changes or self._lanes.should_stop(lane):
                return
            await self._claim_into(queue, part)
            if probing:
                await queue.join()

    async def _next(self, supply: Supply, most: int) -> Plan:
        """The next changes; none once the key was refused to a question about them.

        That is not raised here, for what is in flight must be settled before.
        """
        try:
            return await supply.take(most)
        except KeyRefusedError as refused:
            self.refused = refused
            return Plan()

    async def _offer_all(self, lane: Lane, action: Action, supply: Supply, others: Shared) -> None:
        """Leave to others as much as they can take."""
        may_be_sent = others.sharing is not None and action in SHARED
        while may_be_sent and not self._lanes.should_stop(lane):
            if lane.breaker.is_open or not others.wants(action):
                if supply.is_empty:
                    return
                await others.looked()
                continue
            part = await self._next(supply, CLAIMED_AT_ONCE)
            if not part.changes:
                return
            await others.offer(part)

    async def _take_back_all(
        self, lane: Lane, action: Action, queue: asyncio.Queue[Claimed | None], others: Shared
    ) -> None:
        """Send what others have left, and wait for what they have in hand."""
        while others.has(action):
            back = await others.take_back(action, CLAIMED_AT_ONCE)
            if back.changes and not self._lanes.should_stop(lane):
                await self._claim_into(queue, back)
            elif not back.changes:
                await others.looked()

    async def _claim_into(self, queue: asyncio.Queue[Claimed | None], part: Plan) -> None:
        for claimed in await asyncio.to_thread(self._claim, part):
            await queue.put(claimed)

    async def _work(self, lane: Lane, queue: asyncio.Queue[Claimed | None], room: _Room) -> None:
        while (claimed := await queue.get()) is not None:
            outcome = await self._lanes.sent(lane, claimed.change)
            answered = Delivered(claimed.change, outcome)
            room.recorder.add(Answered(claimed.write, answered))
            self._taken(room.delivered, answered)
            queue.task_done()

    def _taken(self, delivered: list[Delivered], one: Delivered) -> None:
        delivered.append(one)
        self._request.progress.advance()

    def _claim(self, part: Plan) -> list[Claimed]:
        with self._ports.state.transaction() as transaction:
            return self._writes.begin(transaction, part)

    def _settle(self, answers: Sequence[Answered]) -> None:
        with self._ports.state.transaction() as transaction:
            self._writes.end(transaction, answers)
        _log.debug("delivery.settled", outcomes=len(answers))


@dataclass(frozen=True, slots=True)
class _Room:
    """Where the answers of all kinds go, and who else has a hand in the delivery."""

    recorder: Batcher[Answered]
    delivered: list[Delivered]
    others: Shared
