"""What processes deliver together, in memory: offers, who has taken them, and for how long."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from syncd.domain.attributes import ItemId
from syncd.domain.change import Action, Change, Plan
from syncd.domain.cycle import CycleId
from syncd.domain.delivery import Outcome
from syncd.engine.breaker import was_kept_back
from syncd.errors import LeaseLostError
from syncd.ports import Claim, Helped, Offered, State, Transaction
from syncd.state.holding import TERM
from tests.property.simulate.process import Process

LEAVE: Final = 5.0
"""Seconds that a helper may send for after a sign of life."""


@dataclass(slots=True)
class Offer:
    """A change that any process may send; it `is_told` once anybody has said what came of it."""

    change: Change
    approved: bool
    claimant: str | None = None
    outcome: Outcome | None = None
    is_told: bool = False


@dataclass(slots=True)
class Delivery:
    """One that a cycle leads; `helpers` are known until a moment of the loop's time.

    `leaderless_since` is when its leader died.
    """

    cycle: CycleId
    meaning: str
    leader: Process
    offers: dict[ItemId, Offer] = field(default_factory=dict)
    helpers: dict[str, float] = field(default_factory=dict)
    members: list[Process] = field(default_factory=list)
    is_open: bool = True
    leaderless_since: float | None = None

    def may_still_be_sent(self) -> bool:
        """Whether a helper has changes in hand, and leave to send them."""
        return any(until > _now() and self.has_in_hand(one) for one, until in self.helpers.items())

    def has_in_hand(self, helper: str) -> bool:
        """Whether it has taken anything of which it has told nothing yet."""
        return any(one.claimant == helper and not one.is_told for one in self.offers.values())

    def cut_off(self, helper: str | None) -> None:
        """Note that what this helper has sent is another's to find out."""
        for one in self.members:
            one.was_cut_off |= one.name == helper

    def free(self, action: Action) -> list[ItemId]:
        """What of this kind nobody has taken, in the order in which it was offered."""
        return [
            id_
            for id_, one in self.offers.items()
            if one.claimant is None and one.change.action is action
        ]

    def silence(self) -> float:
        """Seconds since its leader gave a sign of life."""
        since = self.leaderless_since
        if since is None and self.leader.frozen_until > _now():
            since = self.leader.frozen_since
        return 0.0 if since is None else _now() - since


@dataclass(slots=True)
class Common:
    """What all processes on a state share beside it, once they deliver together at all."""

    is_wanted: bool = False
    delivery: Delivery | None = None

    def keeps_the_lease(self) -> bool:
        return self.delivery is not None and self.delivery.may_still_be_sent()


@dataclass(frozen=True, slots=True)
class SimulatedShelf:
    """The port's `Shelf`, as one process has it."""

    common: Common
    state: State
    process: Process

    @contextmanager
    def laid_out(self, cycle: CycleId, meaning: str) -> Iterator[SimulatedSharing]:
        delivery = Delivery(cycle, meaning, self.process)
        self.common.delivery = delivery
        try:
            yield SimulatedSharing(delivery, self.process)
        finally:
            if self.process.dead:
                delivery.leaderless_since = _now()
            else:
                delivery.is_open = False

    @contextmanager
    def joined(self, meaning: str) -> Iterator[SimulatedHelp | None]:
        delivery = self.common.delivery
        if delivery is None or not delivery.is_open or delivery.meaning != meaning:
            yield None
            return
        help_ = SimulatedHelp(delivery, self.state, self.process)
        self.process.helps(delivery.leader)
        delivery.members.append(self.process)
        delivery.helpers[self.process.name] = _now() + LEAVE
        try:
            yield help_
        finally:
            self.process.was_cut_off |= delivery.has_in_hand(self.process.name)
            if not self.process.dead:
                delivery.helpers.pop(self.process.name, None)


@dataclass(frozen=True, slots=True)
class SimulatedSharing:
    """The port's `Sharing`."""

    delivery: Delivery
    leader: Process

    def offer(self, plan: Plan) -> None:
        self.leader.cross("before an offer")
        for change in plan.changes:
            self.delivery.offers[change.id] = Offer(change, change.id in plan.approved)

    def take_back(self, action: Action, most: int) -> frozenset[ItemId]:
        self.leader.cross("before it takes offers back")
        back = frozenset(self.delivery.free(action)[-most:])
        for id_ in back:
            del self.delivery.offers[id_]
        return back

    def look(self) -> Helped:
        self.leader.cross("before a look at what helpers do")
        delivery, offers = self.delivery, self.delivery.offers
        delivery.helpers = {
            one: until for one, until in delivery.helpers.items() if until >= _now()
        }
        answered = {id_: one.outcome for id_, one in offers.items() if one.is_told}
        given_up = frozenset(
            id_
            for id_, one in offers.items()
            if one.claimant is not None and not one.is_told and one.claimant not in delivery.helpers
        )
        for id_ in given_up:
            delivery.cut_off(offers[id_].claimant)
        for id_ in (*answered, *given_up):
            del offers[id_]
        waiting = Counter(one.change.action for one in offers.values() if one.claimant is None)
        return Helped(len(delivery.helpers), answered, given_up, waiting)


@dataclass(slots=True)
class SimulatedHelp:
    """The port's `Help`: it sends by the leader's lease, and no longer."""

    delivery: Delivery
    state: State
    helper: Process
    leave_until: float = 0.0

    @property
    def cycle(self) -> CycleId:
        return self.delivery.cycle

    def check(self) -> None:
        if _now() >= self.leave_until:
            raise self._lost("this process stood still")

    def show(self) -> bool:
        self.helper.cross("before a sign of life")
        self._is_under_its_leader()
        if self.delivery.silence() >= TERM:
            raise self._lost("its leader shows no sign of life")
        if not self.delivery.is_open or self.helper.name not in self.delivery.helpers:
            return False
        span = min(LEAVE, TERM - self.delivery.silence())
        self.leave_until = self.delivery.helpers[self.helper.name] = _now() + span
        return True

    @contextmanager
    def claiming(self, action: Action, most: int) -> Iterator[Claim]:
        with self._writing() as transaction:
            is_known = self.delivery.is_open and self.helper.name in self.delivery.helpers
            ids = self.delivery.free(action)[:most] if is_known else []
            taken = [self.delivery.offers[id_] for id_ in ids]
            claim = Claim(transaction, [Offered(one.change, one.approved) for one in taken])
            yield claim
        for one in taken:
            one.claimant, one.is_told = self.helper.name, one.change.id in claim.left_out

    @contextmanager
    def settling(
        self, outcomes: Mapping[ItemId, Outcome]
    ) -> Iterator[tuple[Transaction, frozenset[ItemId]]]:
        with self._writing() as transaction:
            own = {
                id_: one
                for id_, one in self.delivery.offers.items()
                if id_ in outcomes and one.claimant == self.helper.name and not one.is_told
            }
            self.helper.was_cut_off |= len(own) < len(outcomes)
            yield transaction, frozenset(own)
        for id_, one in own.items():
            if was_kept_back(outcomes[id_]):
                one.claimant = None
            else:
                one.outcome, one.is_told = outcomes[id_], True
                self.helper.note("a helper tells what came of its request")

    @contextmanager
    def _writing(self) -> Iterator[Transaction]:
        self._is_under_its_leader()
        with self.state.transaction() as transaction:
            yield transaction

    def _is_under_its_leader(self) -> None:
        if self.helper.is_shut_out:
            raise self._lost("another has taken the lease")

    def _lost(self, reason: str) -> LeaseLostError:
        self.leave_until = 0.0
        self.helper.was_cut_off = True
        return LeaseLostError(
            "state in memory", f"{reason}, so it helps no more", "Nothing is lost"
        )


def _now() -> float:
    return asyncio.get_running_loop().time()
