"""The middle of a cycle: look up, plan, guard, deliver, and again until nothing more is due."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from syncd.domain.approval import NEVER_APPROVED
from syncd.domain.attributes import ItemId
from syncd.domain.change import Action, ChangeOutcome, Plan, Resource
from syncd.domain.cycle import Guard, GuardStop
from syncd.domain.tracking import Delivery, SkuState, Tracked
from syncd.engine.forget import is_left_behind
from syncd.engine.guard import guard
from syncd.engine.plan import DUE_STATES, needs_look_up, next_try
from syncd.engine.read_guard import partial_read_stop
from syncd.engine.retry import back_off
from syncd.engine.times import in_time
from syncd.engine.turns import in_turn
from syncd.service.canary import Canary
from syncd.service.delivery import Delivery as Deliverer
from syncd.service.draft import Draft
from syncd.service.look_up import LookingUp
from syncd.service.orphans import orphaned_until
from syncd.service.read import CatalogRead
from syncd.service.results import Results
from syncd.service.saved import fitting
from syncd.service.set_right import set_right
from syncd.service.side_by_side import first_of
from syncd.service.situation import Surroundings
from syncd.service.spare import Sparing
from syncd.service.terms import CycleRequest, Ports, Terms

_log = structlog.get_logger()


@dataclass(slots=True)
class Passes:
    """Goes over the table as often as back-offs come due within the time that may be waited."""

    ports: Ports
    terms: Terms
    request: CycleRequest
    looking_up: LookingUp
    delivery: Deliverer
    canary: Canary
    results: Results = field(default_factory=Results)
    stops: tuple[GuardStop, ...] = ()
    orphaned_until: datetime | None = None
    due_again: datetime | None = None
    wishless: frozenset[ItemId] | None = None

    async def find_out(self, ids: Sequence[ItemId]) -> None:
        """Ask what became of the writes of these ids whose outcome is not recorded."""
        self.orphaned_until = await asyncio.to_thread(self._orphaned_until)
        now = self.ports.clock.now()
        rows = await asyncio.to_thread(self.ports.state.tracked, ids)
        open_ones = [row for row in rows.values() if row.delivery is not Delivery.SETTLED]
        landed = max((self._landed(row, now) for row in open_ones), default=now)
        if await self._wait(landed - now):
            await self.looking_up.look_up([row.id for row in open_ones])

    async def run(self, read: CatalogRead) -> None:
        """Make what is wanted and what is known equal, as far as guards, policy and time allow."""
        self.orphaned_until = await asyncio.to_thread(self._orphaned_until)
        left, outages, halfway = self.request.wait, 0, frozenset[ItemId]()
        while await self._pass(read):
            before, halfway = halfway, self.results.halfway()
            if halfway - before:  # what is left of these pairs has only waited for its first half
                continue
            outages = outages + 1 if self.looking_up.found.is_out else 0
            moment = await asyncio.to_thread(self._next_try, outages)
            if moment is None:
                return
            pause = moment - self.ports.clock.now()
            left -= max(pause, timedelta())
            if left < timedelta() and not self._lets_land(moment):
                self.due_again = moment
                return
            if not await self._wait(pause):
                return

    def _lets_land(self, moment: datetime) -> bool:
        """Whether it is waited because of what another process has left in flight."""
        until = self.orphaned_until
        return self.request.sees_to_orphans and until is not None and moment <= until

    def _orphaned_until(self) -> datetime | None:
        """A run waits for what may still land; a rehearsal foretells what that run comes to."""
        sent = [one for one in (self.request.sent_until, self.delivery.left_behind) if one]
        until = orphaned_until(self.ports, self.terms, max(sent, default=None))
        if until is None or not self.request.rehearses:
            return until
        return None if until <= self.ports.clock.now() + self.request.wait else until

    async def _pass(self, read: CatalogRead) -> bool:
        """Go over the table once; True where a later pass may do more.

        All of it at one moment, for what comes due in between has not been looked up.
        """
        now = self.ports.clock.now()
        await asyncio.to_thread(set_right, self.ports, self.terms, now)
        if self.delivery.left_behind is not None:
            self.orphaned_until = await asyncio.to_thread(self._orphaned_until)
        draft, ids = await asyncio.to_thread(self._survey, read, now)
        await self.looking_up.look_up(ids)
        if self.request.stop.is_set():
            return False
        if ids:
            draft = await asyncio.to_thread(self._draft, read, now)
        passed = await asyncio.to_thread(self._judge, read, draft)
        sparing = Sparing(self.ports, self.terms, self.looking_up)
        plan = await sparing.spare(passed)
        return await self.delivery.carry_out(plan, self.results)

    def _survey(self, read: CatalogRead, now: datetime) -> tuple[Draft, list[ItemId]]:
        """List what must be looked up; where that is nothing, the draft is whole as well."""
        draft, ids, wishless = self._empty_draft(read, now), list[ItemId](), set[ItemId]()
        for row in self._due_rows(now):
            if row.desired is None:
                wishless.add(row.id)
            if self._is_to_be_looked_up(row, now):
                ids.append(row.id)
            elif not ids:
                draft.add(row)
        if not self.request.only:
            self.wishless = frozenset(wishless)
        return draft, ids

    def _is_to_be_looked_up(self, row: Tracked, now: datetime) -> bool:
        if not (needs_look_up(row, now) or is_left_behind(row, self.terms.policy)):
            return False
        return self._landed(row, now) <= now

    def _landed(self, row: Tracked, now: datetime) -> datetime:
        """When a write that a process left in flight has landed or never will."""
        if row.delivery is not Delivery.IN_FLIGHT or self.orphaned_until is None:
            return now
        return self.orphaned_until

    def _judge(self, read: CatalogRead, draft: Draft) -> Plan:
        """The part of the plan that the guards let pass, in the order in which it is sent.

        What an earlier pass has stopped stays so, though there be more owned items by now.
        """
        plan = self._selected(draft.plan).without(self.results.ids(ChangeOutcome.STOPPED))
        situation = Surroundings(self.ports, self.terms, self.canary).of(
            plan, frozenset(draft.recreated), self.results
        )
        verdict = guard(plan, situation, self.terms.limits, _earlier(read, plan))
        self.stops = _of_all_passes(self.stops, verdict.stops)
        if self._is_whole(read) and all(stop.guard is not Guard.CANARY for stop in self.stops):
            self.canary.passed()
        passed = {change.id for change in verdict.passed.changes}
        self.results.stopped(change for change in plan.changes if change.id not in passed)
        _log.debug("plan.made", **{action.value: plan.count(action) for action in Action})
        for stop in verdict.stops:
            _log.debug("guard.stopped", guard=stop.guard.value, reason=stop.message)
        return in_turn(verdict.passed, frozenset(draft.retried))

    def _is_whole(self, read: CatalogRead) -> bool:
        """Whether the plan is all that the catalog leads to, so that it can stand for what does."""
        asked_for_all = not self.request.only and self.request.saved is None
        return asked_for_all and read.counts and not self.looking_up.found.unseen

    def _draft(self, read: CatalogRead, now: datetime) -> Draft:
        draft = self._empty_draft(read, now)
        for row in self._due_rows(now):
            if row.id not in self.looking_up.found.unseen:
                draft.add(row)
        return draft

    def _empty_draft(self, read: CatalogRead, now: datetime) -> Draft:
        return Draft(self.terms.policy, now, read.reading.complete_reads if read.reading else 0)

    def _due_rows(self, now: datetime) -> Iterator[Tracked]:
        only = self.request.only
        for rows in self.ports.state.in_states(DUE_STATES):
            for row in rows:
                if not only or row.id in only:
                    yield in_time(row, self.terms.policy, now)

    def _selected(self, plan: Plan) -> Plan:
        """The whole plan, or of a saved one the changes that still fit."""
        saved = self.request.saved
        if saved is None:
            return plan
        return fitting(saved, plan, self.looking_up.found.unseen, self.results)

    def _next_try(self, outages: int) -> datetime | None:
        """When the next write that may still succeed is due: never at once, and later in an outage.

        A remote that was never reached is not waited for: the address may be wrong.
        """
        found, now = self.looking_up.found, self.ports.clock.now()
        if found.failure is not None and not (found.answered or self.results.reached()):
            return None
        first = min(self._tries(now), default=None)
        if first is None:
            return None
        return max(first, now + back_off(ItemId(self.request.id), outages))

    def _tries(self, now: datetime) -> Iterator[datetime]:
        hopeless = self.results.hopeless() | self.looking_up.found.forbidden
        retryable = self.results.retryable()
        scope = self.request.scope()
        for row in self._due_rows(now):
            if row.id in hopeless or (scope is not None and row.id not in scope):
                continue
            moment = next_try(row, self.terms.policy, now)
            if moment is not None:
                probe = self.delivery.resting.get(_action_of(row), now)
                yield max(moment, probe, self._landed(row, now))
            elif row.state is SkuState.MISSING and row.id in retryable:
                yield max(
                    row.next_attempt or now, self.delivery.resting.get(Action.DELETE, now), now
                )

    async def _wait(self, pause: timedelta) -> bool:
        """Sleep; False where a stop came first."""
        self.request.progress.phase("waiting out back-offs", None)
        await first_of(self.request.stop.wait(), _sleep(self.ports, pause.total_seconds()))
        return not self.request.stop.is_set()


def _action_of(row: Tracked) -> Action:
    """The kind of change that a row waits for, as far as anybody knows before it is looked up."""
    if row.is_to_go:
        return Action.DELETE
    if row.wants_sku and not row.has_equal(Resource.SKU):
        return Action.CREATE if row.known_sku is None else Action.UPDATE
    return Action.CREATE if row.known is None else Action.UPDATE


def _of_all_passes(
    earlier: tuple[GuardStop, ...], later: tuple[GuardStop, ...]
) -> tuple[GuardStop, ...]:
    """The stops of all passes; of one guard the first for each kind, which stops all of it."""
    told = {(stop.guard, stop.stopped) for stop in earlier}
    return (*earlier, *(stop for stop in later if (stop.guard, stop.stopped) not in told))


async def _sleep(ports: Ports, seconds: float) -> None:
    await ports.clock.sleep(seconds)


def _earlier(read: CatalogRead, plan: Plan) -> tuple[GuardStop, ...]:
    """What the read has stopped; after a partial one, the deletes that were due before it too.

    However the read was stopped, a stop that can be approved does not stand for one that cannot.
    """
    waiting = plan.count(Action.DELETE)
    if not waiting or read.reading is None or read.reading.certificate.complete:
        return read.stops
    if read.certificate is None:  # nothing was read: it is not the read that these deletes go by
        return read.stops
    if any(stop.guard in NEVER_APPROVED for stop in read.stops):
        return read.stops
    return (*read.stops, partial_read_stop(read.reading.certificate, waiting))
