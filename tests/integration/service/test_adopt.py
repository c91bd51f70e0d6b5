"""Adoption: what a first run would take over, and a lost state rebuilt without a write."""

from __future__ import annotations

import asyncio
from contextlib import closing
from dataclasses import replace

import pytest

from syncd.domain.attributes import Attribute, AttributeChange, ItemId
from syncd.domain.change import Resource
from syncd.domain.cycle import Guard, Mode
from syncd.domain.journal import Deed
from syncd.domain.tracking import SkuState, Tracked
from syncd.engine.observe import ITEM_WAS_THERE
from syncd.engine.standing import exit_code
from syncd.errors import ExitCode, RemoteUnavailableError, UsageError
from syncd.service.adopt import Prospects, foresee, rebuild
from syncd.service.terms import StoppedError
from syncd.state import open_existing_read_only
from tests.integration.service.shop import Shop, values

COUNTRY = Attribute.COUNTRY_OF_ORIGIN


def sound(item: str) -> dict[str, str]:
    return {
        "part_number": f"P-{item}",
        "manufacturer_id": "acme",
        "country_of_origin": "DK",
        "eccn": "EAR99",
        "hs_code": "6404.20",
    }


@pytest.fixture
def met(shop: Shop) -> Shop:
    """An account that was filled before: alike, different, managed, unwanted, unusable."""
    shop.stock("alike", "differs", "managed", "new")
    shop.stock("unusable", hs_code="rubbish")
    for item in ("alike", "differs", "managed", "unwanted", "unusable"):
        shop.remote.put(item, values(**sound(item)))
    shop.remote.contents[ItemId("differs")][COUNTRY] = "CA"
    shop.remote.managed_ids.add(ItemId("managed"))
    return shop


async def foreseen(shop: Shop, stop: asyncio.Event | None = None) -> Prospects:
    request = shop.asked(Mode.DRY_RUN, stop=stop or asyncio.Event())
    with closing(open_existing_read_only(shop.url)) as state:
        ports = replace(shop.ports, state=state)
        return await foresee(ports, shop.remote, shop.terms, request)


async def test_it_tells_what_would_be_taken_over_what_differs_and_what_is_left(met: Shop) -> None:
    found = await foreseen(met)

    assert {one.id: dict(one.attributes) for one in found.taken} == {
        "alike": {},
        "differs": {COUNTRY: AttributeChange("CA", "DK")},
    }
    assert {one.id: one.reason for one in found.left} == {
        "managed": "Digital River fulfils its SKU (managedFulfillment)",
        "unwanted": "the catalog has no row for it",
        "unusable": "its catalog row is unusable",
    }
    assert (found.listed, found.to_create, found.owned) == (5, 1, 0)


async def test_it_foretells_exactly_what_a_first_run_does(met: Shop) -> None:
    found = await foreseen(met)
    met.remote.calls.clear()
    result = await met.run()

    assert result.adopted == len(found.taken)
    updated = {change.id for change in met.remote.written() if change.id != "new"}
    assert updated == {one.id for one in found.differing}
    assert met.state_of("managed") is SkuState.FOREIGN


async def test_it_writes_nothing_anywhere(met: Shop) -> None:
    before = met.tables()

    await foreseen(met)

    assert met.tables() == before
    assert met.wrote() == []


async def test_without_adoption_everything_that_is_there_is_left(met: Shop) -> None:
    met.policy(adopt=False)

    found = await foreseen(met)

    assert found.taken == ()
    assert len(found.left) == 5


async def test_another_ones_item_beside_a_sku_of_ours_is_left(shop: Shop) -> None:
    shop.stock("a")
    await shop.run()
    sku = {Attribute.NAME: "Shoe"}
    shop.remote.put_sku("a", sku)
    with shop.state.transaction() as transaction:
        transaction.put([Tracked(ItemId("a"), desired=shop.sku("a").desired, known_sku=sku)])
    shop.policy(adopt=False, skus=True)

    found = await foreseen(shop)

    assert found.taken == ()
    assert [(one.id, one.reason) for one in found.left] == [("a", ITEM_WAS_THERE)]


async def test_what_was_usable_once_is_left_while_its_row_is_broken(shop: Shop) -> None:
    shop.remote.put("a", values(**sound("a")))
    shop.stock("a")
    shop.policy(adopt=False)
    await shop.run()
    assert shop.state_of("a") is SkuState.FOREIGN
    shop.policy(adopt=True)
    shop.stock("a", hs_code="rubbish")

    found = await foreseen(shop)

    assert found.taken == ()
    assert [(one.id, one.reason) for one in found.left] == [("a", "its catalog row is unusable")]
    assert (await shop.run()).states[SkuState.HELD] == 1


async def test_what_is_ours_already_is_only_counted(met: Shop) -> None:
    await met.run()

    found = await foreseen(met)

    assert (found.owned, found.taken, found.to_create) == (3, (), 0)


async def test_another_account_stops_it(met: Shop) -> None:
    await met.run()
    met.terms = met.account("account-2")
    met.remote.contents.clear()

    found = await foreseen(met)

    assert [stop.guard for stop in found.stops] == [Guard.ACCOUNT]
    assert found.is_nothing


async def test_hidden_skus_are_told(met: Shop) -> None:
    met.remote.forbidden.add(Resource.SKU)

    found = await foreseen(met)

    assert found.skus_hidden
    assert "managed" in {one.id for one in found.taken}


async def test_a_stop_ends_it(met: Shop) -> None:
    stop = asyncio.Event()

    async def ask_to_stop() -> None:
        stop.set()
        await asyncio.sleep(0)

    met.remote.meanwhile = ask_to_stop
    with pytest.raises(StoppedError):
        await foreseen(met, stop)


# -------------------------------------------------------------------------------- rebuilding


async def test_a_lost_state_is_rebuilt_without_a_write(met: Shop) -> None:
    await met.run()
    lost = {item: met.sku(item) for item in ("alike", "differs", "new")}
    met.file.unlink()
    met.restart()
    met.remote.calls.clear()

    result = await rebuild(met.ports, met.terms, met.asked(Mode.ADOPT))

    assert met.wrote() == []
    assert result.adopted == 3
    for item, before in lost.items():
        assert (met.sku(item).known, met.sku(item).ownership) == (before.known, before.ownership)
        assert [entry.deed for entry in met.journal(item)] == [Deed.ADOPT]
    assert met.state_of("managed") is SkuState.FOREIGN
    met.remote.calls.clear()
    assert exit_code(await met.run()) is ExitCode.NEEDS_ATTENTION  # one row is unusable
    assert met.wrote() == []


async def test_what_differs_is_known_and_written_by_the_next_run_alone(met: Shop) -> None:
    result = await rebuild(met.ports, met.terms, met.asked(Mode.ADOPT))

    assert met.wrote() == []
    assert result.states[SkuState.PENDING] == 2
    assert (met.sku("differs").known or {})[COUNTRY] == "CA"
    await met.run()
    assert met.item("differs")[COUNTRY] == "DK"


async def test_it_takes_over_even_where_runs_may_not(met: Shop) -> None:
    met.policy(adopt=False)

    result = await rebuild(met.ports, met.terms, met.asked(Mode.ADOPT))

    assert result.adopted == 2


async def test_a_state_that_owns_something_is_not_lost(met: Shop) -> None:
    await met.run()

    with pytest.raises(UsageError, match="it owns 3 items"):
        await rebuild(met.ports, met.terms, met.asked(Mode.ADOPT))


async def test_a_rebuild_that_an_outage_ends_goes_on_with_the_next(met: Shop) -> None:
    outage = RemoteUnavailableError("Digital River", "it is out", "Run again later")
    met.remote.fail_read(Resource.INVENTORY_ITEM, *[outage] * 20)

    first = await rebuild(met.ports, met.terms, met.asked(Mode.ADOPT))
    met.remote.read_errors.clear()
    second = await rebuild(met.ports, met.terms, met.asked(Mode.ADOPT))

    assert (first.adopted, second.adopted) == (0, 2)
    assert met.wrote() == []


async def test_a_rebuild_that_was_broken_off_half_way_goes_on_with_the_next(met: Shop) -> None:
    """Or else the runs after it would call what it had not reached another's."""
    met.policy(adopt=False)
    met.remote.poison.add(ItemId("differs"))

    first = await rebuild(met.ports, met.terms, met.asked(Mode.ADOPT))
    met.remote.poison.clear()
    met.later(hours=2)
    second = await rebuild(met.ports, met.terms, met.asked(Mode.ADOPT))

    assert first.error is not None
    assert (first.adopted, second.adopted) == (1, 1)
    with pytest.raises(UsageError, match="it owns 2 items"):
        await rebuild(met.ports, met.terms, met.asked(Mode.ADOPT))
