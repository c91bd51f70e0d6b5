"""A write whose sender is gone may still land: nobody looks before it cannot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import pytest

from syncd.domain.attributes import Attribute, AttributeChange, ItemId
from syncd.domain.change import Action, Change
from syncd.domain.cycle import CycleId
from syncd.domain.item import RemoteItem
from syncd.domain.journal import Intent
from syncd.domain.tracking import SkuState
from syncd.engine.settle import claim
from syncd.engine.standing import exit_code
from syncd.errors import ExitCode
from tests.integration.service.shop import Shop

A = ItemId("a")


@pytest.fixture
def asked_at(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> dict[ItemId, datetime]:
    """When each id was first looked up."""
    moments: dict[ItemId, datetime] = {}
    look_up = shop.remote.items

    async def items(ids: Sequence[ItemId]) -> Mapping[ItemId, RemoteItem]:
        for item in ids:
            moments.setdefault(item, shop.clock.now())
        return await look_up(ids)

    monkeypatch.setattr(type(shop.remote), "items", lambda _, ids: items(ids))
    return moments


async def _leave_an_update_in_flight(shop: Shop) -> datetime:
    shop.stock("a")
    await shop.settled()
    row, now = shop.sku("a"), shop.clock.now()
    moved = {Attribute.COUNTRY_OF_ORIGIN: AttributeChange("DK", "CA")}
    change = Change(A, Action.UPDATE, row.revision, moved)
    with shop.state.transaction() as transaction:
        transaction.begin_writes([Intent(CycleId("killed"), change, row.known, now)])
        transaction.put([claim(row, change)])
    return now


async def test_what_was_in_flight_is_looked_up_when_it_can_no_longer_land(
    shop: Shop, asked_at: dict[ItemId, datetime]
) -> None:
    begun = await _leave_an_update_in_flight(shop)
    asked_at.clear()
    shop.stock("a", country_of_origin="SE")
    shop.stock("b")

    result = await shop.run()

    assert asked_at[A] >= begun + shop.terms.request_timeout
    assert asked_at[ItemId("b")] == begun
    assert exit_code(result) is ExitCode.OK
    assert shop.item("a")[Attribute.COUNTRY_OF_ORIGIN] == "SE"


async def test_a_write_may_have_left_long_after_it_was_begun(
    shop: Shop, asked_at: dict[ItemId, datetime]
) -> None:
    await _leave_an_update_in_flight(shop)
    asked_at.clear()
    shop.later(seconds=50)
    with shop.state.lease("the one that died", timedelta()):
        left = shop.lock.read_bytes()
    shop.lock.write_bytes(left)
    died = shop.clock.now()
    shop.later(seconds=1)

    await shop.run()

    assert asked_at[A] >= died + shop.terms.request_timeout


async def test_it_stays_in_flight_where_there_is_no_time_to_wait(shop: Shop) -> None:
    await _leave_an_update_in_flight(shop)

    result = await shop.run(wait=timedelta(seconds=1))

    assert shop.remote.calls == []
    assert shop.state_of("a") is SkuState.IN_FLIGHT
    assert exit_code(result) is ExitCode.FAILED


async def test_a_clock_that_was_put_back_does_not_make_the_wait_longer(
    shop: Shop, asked_at: dict[ItemId, datetime]
) -> None:
    await _leave_an_update_in_flight(shop)
    asked_at.clear()
    shop.later(days=-2)
    now = shop.clock.now()

    await shop.run()

    assert asked_at[A] == now + shop.terms.request_timeout


async def test_a_dry_run_does_not_wait(shop: Shop, asked_at: dict[ItemId, datetime]) -> None:
    begun = await _leave_an_update_in_flight(shop)
    asked_at.clear()

    await shop.dry_run()

    assert asked_at[A] == begun


async def test_a_dry_run_foretells_no_more_than_the_run_will_wait_for(shop: Shop) -> None:
    await _leave_an_update_in_flight(shop)

    result = await shop.dry_run(wait=timedelta(seconds=1))

    assert shop.remote.calls == []
    assert result.changes == ()


async def test_a_dry_run_foretells_what_a_run_waits_for_after_a_clock_was_set_back(
    shop: Shop,
) -> None:
    await _leave_an_update_in_flight(shop)
    shop.later(hours=-2)

    foretold = await shop.dry_run(wait=timedelta())
    result = await shop.run(wait=timedelta())

    assert foretold.changes == result.changes == ()
    assert shop.state_of("a") is SkuState.IN_FLIGHT


async def test_a_cycle_of_a_schedule_waits_for_it_however_soon_the_next_one_comes(
    shop: Shop,
) -> None:
    """Each cycle begins right after the one before, which may have sent until its end."""
    await _leave_an_update_in_flight(shop)
    await shop.run(wait=timedelta())
    await shop.run(wait=timedelta())
    assert shop.state_of("a") is SkuState.IN_FLIGHT
    await shop.run(wait=timedelta(), sees_to_orphans=True)
    assert shop.state_of("a") is SkuState.IN_SYNC


async def test_the_clock_of_whoever_began_it_may_be_hours_ahead(shop: Shop) -> None:
    await _leave_an_update_in_flight(shop)
    shop.later(hours=-2)
    await shop.run(wait=timedelta(), sees_to_orphans=True)
    assert shop.state_of("a") is SkuState.IN_SYNC
