"""The part of a delivery that other processes send: offered, heard of, taken back, given up."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import structlog

from syncd.domain.attributes import ItemId
from syncd.domain.change import Action, Change, Plan
from syncd.domain.cycle import CycleId
from syncd.domain.delivery import Outcome
from syncd.ports import Sharing
from syncd.service.terms import Ports, Terms

SHARED: Final = (Action.CREATE, Action.UPDATE)
"""A delete goes by what its item has in stock now, so whoever asked for that sends it."""
AHEAD: Final = 64
"""Offers that wait for each helper, so that none has to wait for the next look."""
WORTH_IT: Final = 128
"""A smaller delivery is over before anybody could come."""
LOOK: Final = 0.1
"""Seconds between two looks while somebody helps."""
SELDOM: Final = 0.5
"""The same while nobody does."""

Hear: TypeAlias = Callable[[Change, Outcome], None]

_log = structlog.get_logger()


def meaning_of(terms: Terms) -> str:
    """A digest of all that decides how a change is sent and what its outcome leads to."""
    decides = (
        terms.account,
        terms.policy,
        terms.windows,
        terms.orchestrated,
        terms.request_timeout,
        sorted(terms.meaning.items()),
    )
    return hashlib.blake2b(repr(decides).encode(), digest_size=16).hexdigest()


@dataclass(slots=True)
class Shared:
    """What others help with; `hear` is told of each change that one of them has sent.

    `given_up` are those whose helper is gone: nobody knows whether it has sent them.
    """

    sharing: Sharing | None
    hear: Hear
    given_up: list[Change] = field(default_factory=list)
    _out: dict[ItemId, Change] = field(default_factory=dict)
    _approved: set[ItemId] = field(default_factory=set)
    _helpers: int = 0
    _waiting: Counter[Action] = field(default_factory=Counter)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _looked: asyncio.Event = field(default_factory=asyncio.Event)

    def wants(self, action: Action) -> bool:
        """Whether helpers may soon have nothing more of this kind to take."""
        return self._waiting[action] < self._helpers * AHEAD

    def has(self, action: Action) -> bool:
        """Whether any of this kind is offered, or in somebody's hands."""
        return any(change.action is action for change in self._out.values())

    @property
    def unanswered(self) -> list[Change]:
        """What others may have sent, as far as anybody knows."""
        return [*self.given_up, *self._out.values()]

    async def looked(self) -> None:
        """Wait for the next look."""
        await self._looked.wait()

    def wake(self) -> None:
        """Have whoever waits for a look go on."""
        self._looked.set()
        self._looked = asyncio.Event()

    async def offer(self, plan: Plan) -> None:
        """Leave these changes, all of one kind, to whoever takes them."""
        if self.sharing is None or not plan.changes:
            return
        async with self._turn:
            self._out |= {change.id: change for change in plan.changes}
            self._approved |= plan.approved
            self._waiting[plan.changes[0].action] += len(plan.changes)
            await asyncio.to_thread(self.sharing.offer, plan)

    async def take_back(self, action: Action, most: int) -> Plan:
        """Have some of this kind oneself that nobody has taken; none where all are taken."""
        if self.sharing is None:
            return Plan()
        async with self._turn:
            ids = await asyncio.to_thread(self.sharing.take_back, action, most)
            changes = tuple(self._out.pop(id_) for id_ in sorted(ids))
        return Plan(changes, frozenset(ids & self._approved))

    async def watch(self) -> None:
        """Look at what helpers do, until it is cancelled."""
        while self.sharing is not None:
            await self._look(self.sharing)
            self.wake()
            await asyncio.sleep(LOOK if self._helpers or self._out else SELDOM)

    async def _look(self, sharing: Sharing) -> None:
        async with self._turn:
            seen = await asyncio.to_thread(sharing.look)
            if seen.helpers != self._helpers:
                _log.info("delivery.helpers", helpers=seen.helpers)
            self._helpers, self._waiting = seen.helpers, Counter(seen.waiting)
            for id_, outcome in seen.answered.items():
                change = self._out.pop(id_)
                if outcome is not None:
                    self.hear(change, outcome)
            lost = [self._out.pop(id_) for id_ in sorted(seen.given_up)]
        if lost:
            self.given_up += lost
            _log.warning("delivery.helper_gone", changes=len(lost))


@asynccontextmanager
async def shared(
    ports: Ports, terms: Terms, cycle: CycleId, plan: Plan, hear: Hear
) -> AsyncIterator[Shared]:
    """Ask for help with a plan that is worth it, where the state has processes share."""
    shelf = await asyncio.to_thread(ports.state.shelf)
    if shelf is None or sum(map(plan.count, SHARED)) < WORTH_IT:
        yield Shared(None, hear)
        return
    stack = ExitStack()
    laid_out = shelf.laid_out(cycle, meaning_of(terms))
    try:
        yield Shared(await asyncio.to_thread(stack.enter_context, laid_out), hear)
    finally:
        await asyncio.to_thread(stack.close)
