"""Snapshots keep what changes of the stock, and tell what deserves a look."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest

from syncd.domain.attributes import ItemId
from syncd.domain.change import Resource
from syncd.domain.cycle import Mode
from syncd.domain.level import Level
from syncd.domain.stock import Concern, StockShot
from syncd.errors import RemoteUnavailableError
from syncd.service.stock import courses, last_shot, note_levels
from syncd.service.terms import StoppedError
from tests.integration.service.audits import take_a_turn
from tests.integration.service.shop import Shop

A, B, C = (ItemId(item) for item in "abc")


@pytest.fixture
async def kept(shop: Shop) -> Shop:
    """A shop with three items in sync, of which Digital River stocks two."""
    shop.stock("a", "c", allow_oversell="false")
    shop.stock("b", allow_oversell="true")
    await shop.settled()
    return shop


async def noted(shop: Shop, stop: asyncio.Event | None = None, **quantities: float) -> StockShot:
    """Take a snapshot of these quantities."""
    shop.remote.shelves = [
        Level(ItemId(item), "berlin", quantity > 0, quantity)
        for item, quantity in quantities.items()
    ]
    request = shop.asked(Mode.REPAIR, stop=stop or asyncio.Event())
    return await note_levels(shop.ports, shop.remote, request)


def kept_of(shop: Shop, item: ItemId) -> list[tuple[datetime, float | None]]:
    return [(one.at, one.quantity) for one in shop.state.stock_of([item]).get(item, ())]


async def test_only_what_has_changed_is_kept(kept: Shop) -> None:
    first = kept.clock.moment
    await noted(kept, a=5, b=3)
    kept.later(days=1)
    second = kept.clock.moment
    await noted(kept, a=5, b=2)

    assert kept_of(kept, A) == [(first, 5)]
    assert kept_of(kept, B) == [(first, 3), (second, 2)]
    assert kept_of(kept, C) == []


async def test_it_reads_and_never_writes_to_the_remote(kept: Shop) -> None:
    before = kept.tables()["sku"]
    await noted(kept, a=0)

    assert {call.name for call in kept.remote.calls} == {"levels"}
    assert kept.tables()["sku"] == before


async def test_a_snapshot_tells_what_deserves_a_look(kept: Shop) -> None:
    await noted(kept, a=9, b=0)
    kept.later(days=1)
    await noted(kept, a=6, b=4)
    kept.later(days=2)
    await noted(kept, a=3, b=4)
    kept.later(days=1)

    sinking = last_shot(kept.state)
    shot = await noted(kept, a=0, b=4)

    assert sinking is not None
    ((item, days),) = sinking.sinking
    assert item == A
    assert days == pytest.approx(1.5)
    assert shot.counts == {Concern.BARRED: 1, Concern.NEEDLESS: 1}
    assert shot.examples == {Concern.BARRED: (A,), Concern.NEEDLESS: (B,)}
    assert (shot.items, shot.unplaced, shot.sinking) == (3, 1, ())
    assert last_shot(kept.state) == shot


async def test_the_history_tells_of_each_item_that_has_one(kept: Shop) -> None:
    await noted(kept, a=0, b=4)

    now = kept.clock.moment
    found = {one.item: one for one in courses(kept.state, [], now)}
    assert {item: (one.now.quantity, one.oversell) for item, one in found.items()} == {
        A: (0, False),
        B: (4, True),
    }
    assert [one.concern for one in courses(kept.state, [A], now)] == [Concern.BARRED]


async def test_of_a_day_the_last_look_counts(kept: Shop) -> None:
    await noted(kept, a=5)
    kept.later(hours=1)
    shot = await noted(kept, a=0)

    assert kept_of(kept, A) == [(kept.clock.moment, 0)]
    assert shot.counts == {Concern.BARRED: 1}


async def test_a_key_that_may_not_see_levels_is_told_and_costs_no_history(kept: Shop) -> None:
    await noted(kept, a=5)
    kept.remote.forbidden.add(Resource.INVENTORY_LEVEL)
    kept.later(days=1)

    shot = await noted(kept, a=0)

    assert shot.hidden
    assert kept_of(kept, A)[-1][1] == 5


async def test_an_outage_leaves_the_last_snapshot_as_it_was(kept: Shop) -> None:
    shot = await noted(kept, a=5)
    out = RemoteUnavailableError("It", "is out", "Wait")
    kept.remote.fail_read(Resource.INVENTORY_LEVEL, out)

    with pytest.raises(RemoteUnavailableError):
        await noted(kept, a=0)
    assert last_shot(kept.state) == shot


async def test_a_stop_ends_it(kept: Shop) -> None:
    stop = asyncio.Event()
    stop.set()
    with pytest.raises(StoppedError):
        await noted(kept, stop, a=5)
    assert last_shot(kept.state) is None


async def test_it_keeps_what_it_saw_though_another_process_has_had_its_turn(kept: Shop) -> None:
    take_a_turn(kept)
    await noted(kept, a=5)
    assert kept_of(kept, A) == [(kept.clock.moment, 5)]


async def test_the_history_goes_when_it_is_older_than_it_is_kept(kept: Shop) -> None:
    for quantity in (5, 4, 3):
        await noted(kept, a=quantity)
        kept.later(days=1)

    for _ in kept.state.prune(kept.clock.moment - timedelta(days=1)):
        pass

    assert [quantity for _, quantity in kept_of(kept, A)] == [3]
