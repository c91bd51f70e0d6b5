"""An audit by schedule: it mends where it may, and nothing that fails in it ends the service."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from syncd.daemon.wishes import Wishes
from syncd.daemon.worker import Account, Ends, Worker
from syncd.domain.attributes import Attribute, ItemId
from syncd.domain.change import Resource
from syncd.domain.cycle import Mode
from syncd.errors import RemoteUnavailableError
from syncd.service.past_audits import last_audit
from syncd.service.pulse import Job, Pulse, Trouble
from tests.integration.service.shop import Shop, numbered, opened

COUNTRY = Attribute.COUNTRY_OF_ORIGIN


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


class OnePulse(Pulse):
    """Ends the work once the first job is done."""

    over: asyncio.Event

    def rest(self) -> None:
        super().rest()
        self.over.set()


async def audit(shop: Shop, pulse: OnePulse | None = None) -> Pulse:
    """Let a worker carry one audit out."""
    pulse, wishes = pulse or OnePulse(shop.clock.now), Wishes()
    pulse.over = asyncio.Event()
    account = Account(shop.ports, shop.remote, shop.terms, "the test")
    ends = Ends(asyncio.Event(), pulse.over)
    wishes.add(Job.AUDIT)
    await Worker(account, pulse, wishes, ends, lambda _: None).work()
    return pulse


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


async def test_a_remote_that_is_out_is_told_and_the_next_poll_relieves_it(drifted: Shop) -> None:
    outage = RemoteUnavailableError("Digital River", "it is out", "Run again later")
    drifted.remote.fail_read(Resource.INVENTORY_ITEM, outage)

    pulse = await audit(drifted)
    assert set(pulse.troubles) == {Trouble.REMOTE}

    await audit(drifted)
    assert drifted.item("sku-0001")[COUNTRY] == "DK"


async def test_one_that_finds_nothing_relieves_the_remote_as_well(shop: Shop) -> None:
    shop.stock("a")
    await shop.settled()
    outage = RemoteUnavailableError("Digital River", "it is out", "Run again later")
    shop.remote.fail_read(Resource.INVENTORY_ITEM, outage)
    pulse = OnePulse(shop.clock.now)

    await audit(shop, pulse)
    before = set(pulse.troubles)
    await audit(shop, pulse)

    assert (before, set(pulse.troubles)) == ({Trouble.REMOTE}, set())


async def test_a_sku_that_is_pointed_at_is_looked_at_on_both_sides(drifted: Shop) -> None:
    pulse, wishes = OnePulse(drifted.clock.now), Wishes()
    pulse.over = asyncio.Event()
    wishes.point_at([ItemId("sku-0001")])
    account = Account(drifted.ports, drifted.remote, drifted.terms, "the test")
    ends = Ends(asyncio.Event(), pulse.over)

    await Worker(account, pulse, wishes, ends, lambda _: None).work()

    assert drifted.item("sku-0001")[COUNTRY] == "DK"
