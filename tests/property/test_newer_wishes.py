"""Never an older answer over a newer wish: deliveries in any order, with the table moving on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.data import load_rule_book
from syncd.domain.attributes import Attribute, Attributes, ItemId, differences
from syncd.domain.change import Change, Plan
from syncd.domain.cycle import CycleId, Mode
from syncd.domain.delivery import Outcome, Transient
from syncd.domain.policy import Limits, Policy
from syncd.domain.tracking import Delivery, Ownership, SkuState, Tracked
from syncd.engine.absorb import absorb, gone
from syncd.engine.plan import change_for
from syncd.service.deliver import Dispatcher
from syncd.service.look_up import LookingUp
from syncd.service.spare import Passed, Sparing
from syncd.service.terms import CycleRequest, Ports, Terms
from tests.fakes.catalog import FakeCatalog
from tests.fakes.clocks import LeapingClock
from tests.fakes.remote import FakeRemote
from tests.fakes.state import FakeState
from tests.property.engine_lives import key_refusals, setbacks

FIRST: Attributes = {Attribute.PART_NUMBER: "P", Attribute.COUNTRY_OF_ORIGIN: "DK"}
WISHES = [{**FIRST, Attribute.COUNTRY_OF_ORIGIN: origin} for origin in ("DK", "SE", "IT")]
RULES = load_rule_book()


@dataclass(frozen=True)
class Fate:
    """One SKU: what the remote has, what is wished first and later, and how its write fares.

    `begins` and `lasts` are turns of the event loop: when the newer wish comes and how long the
    answer takes; the answer is `outcome`, or the true one. One that says nothing may have been
    `carried_out`.
    """

    there: bool
    wish: int
    newer: int | None
    begins: int
    lasts: int
    outcome: Outcome | None
    carried_out: bool


fates = st.builds(
    Fate,
    there=st.booleans(),
    wish=st.integers(1, 2),
    newer=st.sampled_from([0, 1, 2, None]),
    begins=st.integers(0, 12),
    lasts=st.integers(0, 12),
    outcome=st.none() | setbacks | key_refusals,
    carried_out=st.booleans(),
)


@settings(max_examples=60)
@given(st.lists(fates, min_size=1, max_size=5))
def test_the_newest_wish_stands_whatever_comes_back_and_when(fates: list[Fate]) -> None:
    with patch.object(asyncio, "to_thread", _at_once):  # for the same order each time
        asyncio.run(_lived(fates))


async def _at_once(work: Callable[..., Any], *arguments: object) -> object:
    return work(*arguments)


async def _lived(fates: list[Fate]) -> None:
    town = Town(fates)
    async with asyncio.timeout(60):
        movers = [asyncio.create_task(town.move_on(number)) for number in range(len(fates))]
        await town.deliver()
        await asyncio.gather(*movers)
    for number, fate in enumerate(fates):
        town.check(number, fate)


class Town:
    """The table, the remote and the deliveries between them."""

    def __init__(self, fates: list[Fate]) -> None:
        self.fates = fates
        self.remote, self.state, self.clock = FakeRemote(), FakeState(), LeapingClock()
        self.remote.on_the_way = self._on_the_way
        self.terms = Terms(Policy(), Limits(), RULES, "account", in_flight=3)
        self.ports = Ports(FakeCatalog(), self.remote, self.state, self.clock)
        rows = [self._row(number, fate) for number, fate in enumerate(fates)]
        with self.state.transaction() as transaction:
            transaction.put(rows)
        self.plan = Plan(tuple(self._changes(rows)))

    def _row(self, number: int, fate: Fate) -> Tracked:
        item = ItemId(f"sku-{number}")
        if fate.outcome is not None:
            doubtful = isinstance(fate.outcome, Transient) and fate.outcome.in_doubt
            self.remote.script(item, fate.outcome, carried_out=fate.carried_out and doubtful)
        if not fate.there:
            return absorb(Tracked(item), 1, WISHES[fate.wish])
        self.remote.put(item, FIRST)
        known = dict(self.remote.contents[item])
        ours = replace(absorb(Tracked(item), 1, FIRST), known=known, ownership=Ownership.OWNED)
        return absorb(ours, 2, WISHES[fate.wish])

    def _changes(self, rows: list[Tracked]) -> Iterator[Change]:
        for row in rows:
            change = change_for(row, self.terms.policy, self.clock.now(), 1)
            assert change is not None
            yield change

    async def deliver(self) -> None:
        request = CycleRequest(CycleId("cycle-1"), Mode.ONCE, "the test", wait=timedelta())
        looking_up = LookingUp(self.ports, self.terms, request)
        passed = Passed(self.plan, Sparing(self.ports, self.terms, looking_up))
        await Dispatcher(self.ports, self.terms, request).deliver(passed)

    async def move_on(self, number: int) -> None:
        """Let the catalog change its mind, perhaps before the claim, in flight, or after it."""
        fate, item = self.fates[number], ItemId(f"sku-{number}")
        for _ in range(fate.begins):
            await asyncio.sleep(0)
        with self.state.transaction() as transaction:
            row = transaction.tracked([item]).get(item) or Tracked(item)
            after = self._after(row, fate)
            if after is None:
                transaction.forget([item])
            else:
                transaction.put([after])

    def _after(self, row: Tracked, fate: Fate) -> Tracked | None:
        if fate.newer is None:
            return gone(row, self.clock.now(), 1)
        return absorb(row, 3, WISHES[fate.newer])

    async def _on_the_way(self, change: Change) -> None:
        number = int(change.id.removeprefix("sku-"))
        for _ in range(self.fates[number].lasts):
            await asyncio.sleep(0)

    def check(self, number: int, fate: Fate) -> None:
        """The last wish stands, and is not called done where the remote has something else."""
        item = ItemId(f"sku-{number}")
        row, observed = self.state.contents.skus.get(item), self.remote.contents.get(item)
        if fate.newer is None:
            assert row is None or row.missing is not None
            return
        assert row is not None
        assert row.desired == WISHES[fate.newer]
        assert row.delivery is not Delivery.IN_FLIGHT
        if row.state is SkuState.IN_SYNC:
            assert observed is not None
            assert differences(row.desired or {}, observed, frozenset()) == {}
        if fate.newer != fate.wish:
            assert row.quarantine is None
            assert row.attempts == 0
