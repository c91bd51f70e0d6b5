"""A key or base URL that has changed: is it still the same account?"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Literal

import pytest

from syncd.domain.attributes import ItemId
from syncd.domain.change import Action, Resource
from syncd.domain.cycle import Guard
from syncd.domain.tracking import SkuState
from syncd.engine.standing import exit_code
from syncd.errors import ExitCode, KeyRefusedError, RemoteUnavailableError
from syncd.service.account import refuse_other_kind
from tests.integration.service.shop import Shop, guards, numbered

UNREACHABLE = RemoteUnavailableError("Digital River", "nobody answers", "Run again later")


@pytest.fixture
async def moved(shop: Shop) -> Shop:
    """A shop of 250 items whose key has changed, with a write due."""
    shop.stock(*numbered(250))
    await shop.settled()
    shop.stock("sku-0007", country_of_origin="SE")
    shop.stock("new")
    shop.terms = replace(shop.terms, account="account-2")
    return shop


async def test_the_same_items_are_found_and_the_cycle_goes_on(moved: Shop) -> None:
    result = await moved.run()

    first = moved.remote.calls[0]
    assert (first.name, len(first.ids)) == ("items", 100)
    assert sorted(moved.wrote()) == ["new", "sku-0007"]
    assert exit_code(result) is ExitCode.OK


async def test_they_are_looked_for_once(moved: Shop) -> None:
    await moved.run()
    moved.remote.calls.clear()

    assert (await moved.run()).requests == 0


async def test_one_that_is_absent_stops_everything(moved: Shop) -> None:
    before = moved.state.reading()
    moved.remote.contents.clear()

    for _ in range(2):
        result = await moved.run()

        assert guards(result) == [Guard.ACCOUNT]
        assert set(result.guards[0].stopped) == set(Action)
        assert [call.name for call in moved.remote.calls] == ["items"]
        assert exit_code(result) is ExitCode.GUARD_STOPPED
        moved.remote.calls.clear()

    assert moved.state.reading() == before
    assert not moved.knows("new")


async def test_the_old_key_put_back_costs_nothing(moved: Shop) -> None:
    contents = dict(moved.remote.contents)
    moved.remote.contents.clear()
    await moved.run()
    moved.remote.contents.update(contents)
    moved.terms = replace(moved.terms, account="account-1")
    moved.remote.calls.clear()

    result = await moved.run()

    assert len(moved.asked_for("items")) == 1
    assert moved.asked_for("items") == [("new",)]
    assert exit_code(result) is ExitCode.OK


async def test_an_item_that_is_known_to_be_gone_does_not_count(shop: Shop) -> None:
    shop.stock(*numbered(20))
    await shop.settled()
    del shop.remote.contents[ItemId("sku-0000")]
    shop.stock("sku-0000", country_of_origin="SE")
    await shop.run(wait=timedelta(0))
    shop.terms = replace(shop.terms, account="account-2")

    result = await shop.run()

    assert guards(result) == []
    assert shop.wrote(Action.CREATE)[-1] == "sku-0000"


async def test_a_dry_run_notices_and_forgets_it_again(moved: Shop) -> None:
    moved.remote.contents.clear()

    assert guards(await moved.dry_run()) == [Guard.ACCOUNT]
    assert moved.state.remembered("account") == "account-1"


async def test_an_account_that_cannot_be_asked_ends_the_cycle(moved: Shop) -> None:
    moved.remote.fail_read(Resource.INVENTORY_ITEM, UNREACHABLE)

    result = await moved.run()

    assert (result.error, moved.wrote()) == (str(UNREACHABLE), [])
    assert exit_code(result) is ExitCode.FAILED
    assert moved.state.remembered("account") == "account-1"


async def test_nothing_owned_is_nothing_to_look_for(shop: Shop) -> None:
    await shop.run()
    shop.terms = replace(shop.terms, account="account-2")

    assert (await shop.run()).requests == 0
    assert shop.state.remembered("account") == "account-2"
    assert shop.state.census().states.get(SkuState.IN_SYNC, 0) == 0


def made_with(shop: Shop, kind: Literal["live", "test"]) -> None:
    shop.terms = replace(shop.terms, key_kind=kind)


@pytest.mark.parametrize(("first", "then"), [("test", "live"), ("live", "test")])
async def test_a_key_of_the_other_kind_stops_everything_before_it_has_travelled(
    shop: Shop, first: Literal["live", "test"], then: Literal["live", "test"]
) -> None:
    made_with(shop, first)
    shop.stock(*numbered(3))
    await shop.settled()
    shop.stock("new")
    made_with(shop, then)

    for result in (await shop.run(), await shop.dry_run()):
        assert guards(result) == [Guard.ACCOUNT]
        assert set(result.guards[0].stopped) == set(Action)
        assert f"it is a {then} key, and this state was made with a {first} key" in str(
            result.guards[0].message
        )
        assert exit_code(result) is ExitCode.GUARD_STOPPED
    assert shop.remote.calls == []
    assert not shop.knows("new")


async def test_even_a_state_that_owns_nothing_keeps_the_kind_of_its_key(shop: Shop) -> None:
    await shop.run()
    made_with(shop, "live")
    shop.terms = shop.account("account-2")

    assert guards(await shop.run()) == [Guard.ACCOUNT]
    assert shop.state.remembered("account") == "account-1"


async def test_the_right_kind_put_back_goes_on(shop: Shop) -> None:
    await shop.run()
    made_with(shop, "live")
    await shop.run()
    made_with(shop, "test")
    shop.stock("new")

    assert exit_code(await shop.run()) is ExitCode.OK
    assert shop.wrote() == ["new"]


async def test_a_state_that_an_older_version_made_learns_the_kind_of_its_key(shop: Shop) -> None:
    shop.stock("a")
    with shop.state.transaction() as transaction:
        transaction.remember("account", shop.terms.account)
    made_with(shop, "live")

    assert guards(await shop.run()) == []
    made_with(shop, "test")
    assert guards(await shop.run()) == [Guard.ACCOUNT]


def test_no_other_command_sends_a_key_of_the_other_kind(shop: Shop) -> None:
    refuse_other_kind(shop.state, shop.terms)
    with shop.state.transaction() as transaction:
        transaction.remember("account.key_kind", "live")

    with pytest.raises(KeyRefusedError, match=r"digital_river\.api_key: it is a test key"):
        refuse_other_kind(shop.state, shop.terms)
