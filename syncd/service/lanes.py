"""Sending many changes at once: what one answer says about the others is heeded at once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime

from syncd.domain.attributes import ItemId
from syncd.domain.change import Action, Change, Resource
from syncd.domain.delivery import Accepted, Exists, Forbidden, Gone, KeyRefused, Outcome, Refused
from syncd.engine.breaker import Breaker
from syncd.ports import UNSENT
from syncd.service.terms import Ports, Terms


@dataclass(frozen=True, slots=True)
class Delivered:
    """A change and its outcome, as the remote gave it."""

    change: Change
    outcome: Outcome


@dataclass(slots=True)
class Lane:
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


class Lanes:
    """All kinds of change of one delivery, until `stop` is set.

    `halted` holds the refusal of the key or the resource that ended the delivery early, and `shut`
    that of the SKUs, which ends theirs and all deletes. `sku_delete_sent` says that the delete of
    one has left, and `sku_delete_answered` is set once the key was seen to be allowed to.
    """

    def __init__(self, ports: Ports, terms: Terms, stop: asyncio.Event, seed: str) -> None:
        """Take what decides the jitter of pauses."""
        self._ports = ports
        self._terms = terms
        self._stop = stop
        self._lanes = {action: Lane(Breaker(f"{seed} {action}")) for action in Action}
        self._under_way: dict[ItemId, Change] = {}
        self.halted: KeyRefused | Forbidden | None = None
        self.shut: Forbidden | None = None
        self.sku_delete_answered = asyncio.Event()
        self.sku_delete_sent = False

    @property
    def unanswered(self) -> list[Change]:
        """What a stop has left in flight."""
        return list(self._under_way.values())

    @property
    def resting(self) -> dict[Action, datetime]:
        """The kinds of change that keep failing, and when each is tried again."""
        probes = ((action, lane.breaker.probe_at) for action, lane in self._lanes.items())
        return {action: moment for action, moment in probes if moment is not None}

    def begun(self, action: Action) -> Lane:
        """The lane of this kind, at the beginning of a delivery."""
        lane = self._lanes[action]
        lane.begin(self._ports.clock.now())
        return lane

    def should_stop(self, lane: Lane) -> bool:
        """Whether nothing more of this kind is sent."""
        if self._stop.is_set() or self.halted is not None or lane.out:
            return True
        return not self._terms.windows.are_open(self._ports.clock.now())

    def is_barred(self, change: Change) -> bool:
        """Whether the key may not write SKUs, and this is about one or would delete something."""
        is_about_it = change.resource is Resource.SKU or change.action is Action.DELETE
        return self.shut is not None and is_about_it

    async def sent(self, lane: Lane, change: Change) -> Outcome:
        """Send a change once, unless something has come up against it."""
        if self.should_stop(lane) or self.is_barred(change):
            return UNSENT
        self.sku_delete_sent |= _is_sku_delete(change)
        self._under_way[change.id] = change
        outcome = await self._ports.remote.carry_out(change)
        del self._under_way[change.id]
        if self._is_another_answer(outcome):
            return UNSENT
        self.learn(change, outcome)
        return outcome

    def learn(self, change: Change, outcome: Outcome) -> None:
        """Take notice of what one outcome says about the others, whoever has met it."""
        if isinstance(outcome, Forbidden) and change.resource is Resource.SKU:
            self.shut = outcome
        elif isinstance(outcome, KeyRefused | Forbidden) and not isinstance(
            self.halted, KeyRefused
        ):
            self.halted = outcome
        if _is_sku_delete(change) and isinstance(outcome, Accepted | Gone | Exists | Refused):
            self.sku_delete_answered.set()
        self._lanes[change.action].learn(outcome, self._ports.clock.now())

    def _is_another_answer(self, outcome: Outcome) -> bool:
        """Whether this only repeats the refusal that another request met: then nothing was sent."""
        if not isinstance(outcome, KeyRefused | Forbidden):
            return False
        return any(
            refusal is not None and refusal.failure == outcome.failure
            for refusal in (self.halted, self.shut)
        )


def _is_sku_delete(change: Change) -> bool:
    return change.resource is Resource.SKU and change.action is Action.DELETE
