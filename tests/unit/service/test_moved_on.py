"""Between the plan and its delivery a row may move on: then the older wish is not sent any more."""

from __future__ import annotations

import pytest

from syncd.data import load_rule_book
from syncd.domain.attributes import Attribute, AttributeChange, ItemId
from syncd.domain.change import Action, Change, Plan
from syncd.domain.cycle import CycleId, Mode
from syncd.domain.policy import Limits, Policy
from syncd.domain.tracking import Ownership, Tracked
from syncd.service.deliver import Dispatcher
from syncd.service.look_up import LookingUp
from syncd.service.spare import Sparing
from syncd.service.terms import CycleRequest, Ports, Terms
from tests.fakes.catalog import FakeCatalog
from tests.fakes.clocks import LeapingClock
from tests.fakes.remote import FakeRemote
from tests.fakes.state import FakeState

ITEM = ItemId("shoe-1")
PART, ORIGIN = Attribute.PART_NUMBER, Attribute.COUNTRY_OF_ORIGIN
ROW = Tracked(
    ITEM,
    desired={PART: "A", ORIGIN: "CA"},
    known={PART: "A", ORIGIN: "DK"},
    ownership=Ownership.OWNED,
    revision=4,
)


def planned(revision: int) -> Plan:
    changed = {ORIGIN: AttributeChange("DK", "CA")}
    return Plan((Change(ITEM, Action.UPDATE, revision, changed),))


@pytest.mark.parametrize(("revision", "sent"), [(4, 1), (3, 0)])
async def test_only_the_wish_that_still_stands_is_sent(revision: int, sent: int) -> None:
    state, remote = FakeState(), FakeRemote()
    remote.put(ITEM, {PART: "A", ORIGIN: "DK"})
    with state.transaction() as transaction:
        transaction.put([ROW])
    ports = Ports(FakeCatalog(), remote, state, LeapingClock())
    terms = Terms(Policy(), Limits(), load_rule_book(), "account")
    request = CycleRequest(CycleId("cycle-1"), Mode.ONCE, "the test")
    sparing = Sparing(ports, terms, LookingUp(ports, terms, request))

    delivered = await Dispatcher(ports, terms, request).deliver(
        await sparing.spare(planned(revision))
    )

    assert len(delivered) == len(remote.written()) == len(state.journal_of(ITEM)) == sent
