"""What the passes of one cycle owe each other: nothing waits for another, nothing slips through."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from syncd.domain.attributes import Attribute, ItemId
from syncd.domain.change import Action, Change, Resource
from syncd.domain.cycle import Guard
from syncd.domain.delivery import Failure, Forbidden, Transient
from syncd.engine.standing import exit_code
from syncd.errors import ExitCode
from syncd.service.doubt import doubt
from tests.fakes.clocks import LeapingClock
from tests.integration.service.shop import Shop, guards, numbered, opened

OUT = Transient(Failure(503, "http_503", "out"), in_doubt=False)
OF_SKUS = {"name": "Shoe", "tax_code": "5300.1"}


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with opened(tmp_path) as shop:
        yield shop


async def test_the_items_of_pairs_follow_their_skus_without_any_waiting(shop: Shop) -> None:
    shop.policy(skus=True)
    shop.stock(*numbered(30), **OF_SKUS)
    began = shop.clock.now()

    result = await shop.run(wait=timedelta())

    assert exit_code(result) is ExitCode.OK
    assert shop.clock.now() - began < timedelta(milliseconds=100)
    assert [one.resource for one in shop.remote.written()] == [
        *[Resource.SKU] * 30,
        *[Resource.INVENTORY_ITEM] * 30,
    ]


async def test_items_that_fail_behind_their_skus_are_not_tried_again_at_once(shop: Shop) -> None:
    shop.policy(skus=True)
    shop.stock("a", **OF_SKUS)

    async def fail(change: Change) -> None:
        if change.resource is Resource.INVENTORY_ITEM:
            shop.remote.script("a", OUT)

    shop.remote.on_the_way = fail

    result = await shop.run(wait=timedelta())

    assert exit_code(result) is ExitCode.FAILED
    assert [one.resource for one in shop.remote.written()] == [
        Resource.SKU,
        Resource.INVENTORY_ITEM,
    ]


@pytest.mark.parametrize("had_skus", [True, False], ids=["pairs", "items alone"])
async def test_after_a_sku_was_refused_no_more_items_are_deleted_in_that_cycle(
    shop: Shop, *, had_skus: bool
) -> None:
    shop.policy(skus=had_skus, delete_reads=1, delete_after=timedelta())
    shop.limits(max_shrink=1.0, max_delete=1.0, canary=1.0)
    gone = numbered(100, start=1)
    shop.stock("stays", *gone, **OF_SKUS)
    await shop.settled()
    skus = {*shop.remote.sku_contents}
    shop.policy(skus=True, delete_skus=True)
    shop.drop(*gone)
    shop.stock("stays", **OF_SKUS | {"name": "Boot"})
    shop.remote.script("stays", Forbidden(Failure(403, "forbidden", "may not write")))
    deleting, refused = asyncio.Event(), asyncio.Event()

    async def refused_amid_deletes(change: Change) -> None:
        if change.resource is Resource.SKU:
            await deleting.wait()  # so that it is not the look at SKUs that keeps deletes back
            refused.set()
        deleting.set()
        await refused.wait()

    shop.remote.on_the_way = refused_amid_deletes

    result = await shop.run()

    assert "no delete was begun any more" in (result.error or "")
    begun = shop.remote.written(Action.DELETE)
    assert 0 < len(begun) <= shop.terms.in_flight
    assert {one.resource for one in begun} == {Resource.INVENTORY_ITEM}
    assert shop.remote.sku_contents.keys() == skus
    shop.remote.forbidden.clear()
    assert exit_code(await shop.run()) is ExitCode.OK
    assert shop.remote.contents.keys() == shop.remote.sku_contents.keys() == {"stays"}


async def test_what_a_guard_has_stopped_stays_so_though_items_have_been_made_since(
    shop: Shop,
) -> None:
    shop.limits(max_update=0.5, max_same_change=1.0, canary=1.0)
    shop.stock(*numbered(30))
    await shop.settled()
    shop.stock(*numbered(30), country_of_origin="SE")
    new = numbered(60, start=100)
    shop.stock(*new)
    shop.remote.script(new[0], OUT)  # so that there is a second pass

    foretold = await shop.dry_run()
    result = await shop.run(wait=timedelta(minutes=5))

    assert shop.wrote(Action.UPDATE) == []
    assert len(set(shop.wrote(Action.CREATE))) == 60
    assert foretold.guards == result.guards
    assert guards(result) == [Guard.MAX_UPDATE]
    assert len(result.stopped()) == 30


async def test_what_the_same_guard_stops_of_another_kind_in_a_later_pass_is_told_and_approved(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.limits(max_update=0.1, max_same_change=1.0)
    items = [ItemId(item) for item in numbered(100)]
    shop.stock(*items)
    await shop.settled()
    lost, changed = items[:20], items[50:80]
    for item in lost:
        del shop.remote.contents[item]
    doubt(shop.state, items[:30])
    shop.stock(*changed, eccn="5A992.c")
    shop.remote.poison = {*lost}
    sleep = LeapingClock.sleep

    async def mended_meanwhile(clock: LeapingClock, seconds: float) -> None:
        shop.remote.poison.clear()
        await sleep(clock, seconds)

    monkeypatch.setattr(LeapingClock, "sleep", mended_meanwhile)

    result = await shop.run()

    of_creates, of_updates = (Action.CREATE,), (Action.UPDATE,)
    assert [(stop.guard, stop.stopped) for stop in result.guards] == [
        (Guard.MAX_UPDATE, of_updates),
        (Guard.MAX_UPDATE, of_creates),
    ]
    approvals = shop.approve(result.id).approvals
    assert [one.change for one in approvals] == list(result.stopped())
    assert {(one.change.action, one.guards) for one in approvals} == {
        (action, frozenset({Guard.MAX_UPDATE})) for action in (Action.CREATE, Action.UPDATE)
    }
    after = await shop.run()
    assert (exit_code(after), {*shop.wrote(Action.CREATE)}) == (ExitCode.OK, {*lost})


async def test_an_approved_delete_keeps_no_second_half_of_a_pair_back(shop: Shop) -> None:
    shop.policy(skus=True, delete_reads=1, delete_after=timedelta())
    shop.limits(max_delete=1, max_update=0.5, max_same_change=1.0, max_shrink=1.0)
    shop.stock(*numbered(7), **OF_SKUS)
    await shop.settled()
    shop.drop(*numbered(2))
    shop.stock(*numbered(3, start=2), **OF_SKUS, country_of_origin="SE")
    stopped = await shop.run()
    assert guards(stopped) == [Guard.MAX_DELETE]
    shop.approve(stopped.id)
    shop.stock(*numbered(3, start=2), **OF_SKUS, country_of_origin="IT")

    result = await shop.run()

    assert exit_code(result) is ExitCode.OK, guards(result)
    assert len(shop.wrote(Action.DELETE)) == 2
    assert {shop.item(one)[Attribute.COUNTRY_OF_ORIGIN] for one in numbered(3, start=2)} == {"IT"}


async def test_a_sku_whose_item_somebody_has_made_again_holds_up_no_pair(shop: Shop) -> None:
    shop.policy(skus=True, delete_skus=True, delete_reads=1, delete_after=timedelta())
    shop.limits(max_shrink=1.0, max_delete=1.0)
    shop.stock("stays", "a", "b", **OF_SKUS)
    await shop.settled()
    item, fails = shop.remote.contents[ItemId("a")], True

    async def fail(change: Change) -> None:
        if change.resource is Resource.SKU and fails:
            shop.remote.script("a", OUT)

    shop.remote.on_the_way = fail
    shop.drop("a")
    await shop.run(wait=timedelta())
    assert shop.remote.contents.keys() == {"stays", "b"}
    fails = False
    shop.remote.contents[ItemId("a")] = item
    shop.drop("b")
    shop.clock.moment += timedelta(hours=2)

    result = await shop.run(wait=timedelta())

    assert shop.remote.contents.keys() == {"stays", "a"}
    assert shop.remote.sku_contents.keys() == {"stays", "a"}
    assert any("delete that item" in note for note in result.notes)
    pauses = [await pause_of(shop, "a") for _ in range(5)]
    assert pauses == [timedelta(hours=hours) for hours in (4, 8, 16, 24, 24)]
    shop.remote.forbidden.add(Resource.INVENTORY_ITEM)
    assert await pause_of(shop, "a") == timedelta(hours=1)
    unread = shop.sku("a").last_error
    assert unread is not None
    assert "cannot be read, so its SKU is kept" in unread.message
    shop.remote.forbidden.clear()
    del shop.remote.contents[ItemId("a")]
    shop.clock.moment += timedelta(days=1)
    await shop.run(wait=timedelta())
    assert shop.remote.sku_contents.keys() == {"stays"}


async def pause_of(shop: Shop, item: str) -> timedelta:
    """Run when it is due again; how long it is left alone then."""
    due = shop.sku(item).next_attempt
    assert due is not None
    shop.clock.moment = due
    await shop.run(wait=timedelta())
    due_again = shop.sku(item).next_attempt
    assert due_again is not None
    return due_again - due
