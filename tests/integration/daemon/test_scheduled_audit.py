"""An audit by schedule: it mends where it may, and nothing that fails in it ends the service."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from syncd.domain.attributes import Attribute, ItemId
from syncd.domain.change import Resource
from syncd.domain.cycle import Mode
from syncd.domain.event import Event
from syncd.errors import RemoteUnavailableError
from syncd.service.past_audits import last_audit
from syncd.service.pulse import Job, Pulse, Trouble
from tests.integration.daemon.at_work import at_work, until
from tests.integration.daemon.on_tour import on_tour
from tests.integration.service.shop import Shop, numbered, opened

COUNTRY = Attribute.COUNTRY_OF_ORIGIN
OUTAGE = RemoteUnavailableError("Digital River", "it is out", "Run again later")


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with opened(tmp_path) as shop:
        yield shop


@pytest.fixture
async def drifted(shop: Shop) -> Shop:
    """A shop in sync, one of whose items another hand has edited since."""
    shop.stock(*numbered(10))
    await shop.settled()
    shop.remote.contents[ItemId("sku-0001")][COUNTRY] = "CA"
    return shop


async def audit(shop: Shop) -> Pulse:
    """Let a worker carry one audit out."""
    async with at_work(shop) as work:
        work.wishes.add(Job.AUDIT)
        await work.rests()
    return work.pulse


async def test_it_mends_what_another_hand_has_edited(drifted: Shop) -> None:
    pulse = await audit(drifted)

    assert drifted.item("sku-0001")[COUNTRY] == "DK"
    assert pulse.last is not None
    assert pulse.last.mode is Mode.REPAIR
    past = last_audit(drifted.state)
    assert past is not None
    assert past.to_mend == 1


async def test_without_policy_repair_it_only_looks(drifted: Shop) -> None:
    drifted.terms = replace(drifted.terms, repair=False)

    pulse = await audit(drifted)

    assert drifted.item("sku-0001")[COUNTRY] == "CA"
    assert drifted.wrote() == []
    assert pulse.last is None
    assert last_audit(drifted.state) is not None


async def test_a_remote_that_is_out_is_told_and_asked_again_later_and_later(drifted: Shop) -> None:
    drifted.remote.fail_read(Resource.INVENTORY_ITEM, OUTAGE, OUTAGE, OUTAGE)
    waits = []
    async with at_work(drifted) as work:
        for _ in range(4):
            work.wishes.add(Job.AUDIT)
            await work.rests()
            waits.append([(job, at - drifted.clock.now()) for job, at in work.again])
            work.again.clear()
        assert set(work.pulse.troubles) == set()

    (first,), (second,), (third,), last = waits
    assert {first[0], second[0], third[0]} == {Job.AUDIT}
    assert first[1] < second[1] < third[1]
    assert last == []
    assert drifted.item("sku-0001")[COUNTRY] == "DK"


async def test_one_that_finds_nothing_relieves_the_remote_as_well(shop: Shop) -> None:
    shop.stock("a")
    await shop.settled()
    shop.remote.fail_read(Resource.INVENTORY_ITEM, OUTAGE)
    async with at_work(shop) as work:
        work.wishes.add(Job.AUDIT)
        await work.rests()
        before = set(work.pulse.troubles)
        work.wishes.add(Job.AUDIT)
        await work.rests()

    assert (before, set(work.pulse.troubles)) == ({Trouble.REMOTE}, set())


async def test_a_sku_that_is_pointed_at_is_looked_at_on_both_sides(drifted: Shop) -> None:
    async with at_work(drifted) as work:
        work.wishes.point_at([ItemId("sku-0001")])
        await work.rests()

    assert drifted.item("sku-0001")[COUNTRY] == "DK"


def told(shop: Shop, id_: str) -> None:
    """Digital River tells that an item has changed, and this is kept."""
    with shop.state.transaction() as transaction:
        event = Event(id_, "sku.updated", ItemId("sku-0001"), shop.clock.now())
        assert transaction.receive(event)


async def test_what_was_told_before_a_process_was_killed_is_looked_at_by_the_next(
    drifted: Shop,
) -> None:
    told(drifted, "evt_1")
    told(drifted, "evt_2")

    async with on_tour(drifted) as pulse:
        await until(lambda: not drifted.state.waiting_events())
        assert pulse.last is not None

    assert drifted.item("sku-0001")[COUNTRY] == "DK"


async def test_what_is_told_of_waits_for_a_cycle_that_comes_through(drifted: Shop) -> None:
    told(drifted, "evt_1")
    drifted.remote.fail_read(Resource.INVENTORY_ITEM, OUTAGE)
    async with at_work(drifted) as work:
        work.wishes.point_at([ItemId("sku-0001")])
        await work.rests()
        waited = [event.id for event in drifted.state.waiting_events()]
        drifted.later(hours=1)
        work.wishes.add(Job.POLL)
        await work.rests()

    assert waited == ["evt_1"]
    assert list(drifted.state.waiting_events()) == []
    assert drifted.item("sku-0001")[COUNTRY] == "DK"


async def test_what_is_told_of_waits_while_the_key_may_be_that_of_another_account(
    drifted: Shop,
) -> None:
    """Such a cycle ends well, by its guard, and has looked at nothing."""
    told(drifted, "evt_1")
    there, drifted.remote.contents = drifted.remote.contents, {}
    drifted.terms = replace(drifted.terms, account="account-2")
    async with at_work(drifted) as work:
        work.wishes.point_at([ItemId("sku-0001")])
        await work.rests()
        waited = [event.id for event in drifted.state.waiting_events()]
        drifted.remote.contents = there
        work.wishes.add(Job.POLL)
        await work.rests()

    assert waited == ["evt_1"]
    assert list(drifted.state.waiting_events()) == []
    assert drifted.item("sku-0001")[COUNTRY] == "DK"


async def test_so_is_one_for_which_a_poll_came_first(drifted: Shop) -> None:
    async with at_work(drifted) as work:
        work.wishes.add(Job.POLL)
        work.wishes.point_at([ItemId("sku-0001")])
        await work.rests()

    assert drifted.item("sku-0001")[COUNTRY] == "DK"
    assert len(drifted.state.cycles(9)) == 2
