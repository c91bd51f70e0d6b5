"""A clock that jumps ahead and back neither deletes early nor lets anything wait for ever."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from syncd.domain.attributes import ItemId
from syncd.domain.change import Action
from syncd.domain.cycle import Guard
from syncd.domain.delivery import Failure, Transient
from syncd.domain.tracking import SkuState
from syncd.errors import CatalogError
from syncd.service.explanation import why
from tests.fakes.clocks import LeapingClock
from tests.integration.service.shop import Shop, guards, numbered

DECADE = timedelta(days=3650)
BUSY = Transient(Failure(503, "service_unavailable", "Busy."), in_doubt=False, retry_after=3600.0)


class TickingClock(LeapingClock):
    """Time passes between any two looks at it."""

    def now(self) -> datetime:
        self.moment += timedelta(milliseconds=1)
        return self.moment


async def test_a_write_that_was_put_off_while_the_clock_was_ahead_is_made_now(shop: Shop) -> None:
    shop.stock("a")
    shop.clock.moment += DECADE
    shop.remote.script("a", BUSY)
    await shop.run(wait=timedelta())
    assert shop.state_of("a") is SkuState.PENDING
    shop.clock.moment -= DECADE

    await shop.run(wait=timedelta())

    assert shop.state_of("a") is SkuState.IN_SYNC


async def test_what_went_missing_while_the_clock_was_ahead_is_deleted_in_time_and_not_before(
    shop: Shop,
) -> None:
    shop.limits(max_delete=1.0)
    ids = numbered(20)
    shop.stock(*ids)
    await shop.settled()
    shop.clock.moment += DECADE
    shop.drop(ids[0])
    await shop.run()
    shop.clock.moment -= DECADE
    shop.catalog.rewrite()

    await shop.run()
    assert shop.wrote(Action.DELETE) == []
    shop.later(hours=23)
    shop.catalog.rewrite()
    await shop.run()
    assert shop.wrote(Action.DELETE) == []
    shop.later(hours=2)
    shop.catalog.rewrite()
    await shop.run()
    assert shop.wrote(Action.DELETE) == [ids[0]]


@pytest.mark.parametrize("gone", ["while it was behind", "right before", "long before"])
async def test_what_is_missing_while_the_clock_is_behind_is_deleted_in_time_and_not_before(
    shop: Shop, gone: str
) -> None:
    shop.limits(max_delete=1.0)
    ids = numbered(20)
    shop.stock(*ids)
    await shop.settled()
    if gone != "while it was behind":
        shop.drop(ids[0])
        await shop.run()
        shop.later(hours=1 if gone == "right before" else 3 * 24)
        await shop.run()
    right = shop.clock.moment
    shop.later(days=-2)
    if gone == "while it was behind":
        shop.drop(ids[0])
    await shop.run()
    await shop.run()
    shop.clock.moment = right + timedelta(minutes=5)

    shop.catalog.rewrite()
    await shop.run()
    assert (shop.wrote(Action.DELETE) == []) is (gone != "long before")
    shop.later(hours=23)
    await shop.run()
    assert (shop.wrote(Action.DELETE) == []) is (gone != "long before")
    shop.later(hours=2)
    await shop.run()
    assert shop.wrote(Action.DELETE) == [ids[0]]


@pytest.mark.parametrize("before", ["nothing", "a read that failed", "a decade ahead"])
async def test_what_is_lost_while_a_clock_that_ticks_is_behind_is_not_deleted_early(
    shop: Shop, before: str
) -> None:
    shop.clock = TickingClock()
    shop.limits(max_delete=1.0)
    ids = numbered(20)
    shop.stock(*ids)
    await shop.settled()
    if before == "a decade ahead":
        shop.clock.moment += DECADE
        await shop.run()
        shop.clock.moment -= DECADE
        await shop.run()
    right = shop.clock.moment
    shop.later(days=-2)
    if before == "a read that failed":
        shop.catalog.error = CatalogError("catalog.csv", "it is not there yet", "Wait")
        shop.catalog.rewrite()
        assert "not there yet" in ((await shop.run()).error or "")
        shop.catalog.error = None
    shop.drop(ids[0])
    await shop.run()
    shop.clock.moment = right + timedelta(minutes=5)

    shop.catalog.rewrite()
    await shop.run()
    assert shop.wrote(Action.DELETE) == []
    shop.later(hours=25)
    await shop.run()
    assert shop.wrote(Action.DELETE) == [ids[0]]


async def test_two_hosts_whose_clocks_differ_a_little_let_nothing_wait_for_ever(shop: Shop) -> None:
    shop.policy(delete_after=timedelta(minutes=20))
    shop.limits(max_delete=1.0)
    ids = numbered(20)
    shop.stock(*ids)
    await shop.settled()
    shop.drop(ids[0])
    await shop.run()
    shop.catalog.rewrite()
    for _ in range(11):
        shop.later(seconds=140)
        await shop.run()
        shop.later(seconds=-50)
        await shop.run()
        shop.later(seconds=50)

    assert shop.wrote(Action.DELETE) == [ids[0]]


async def test_a_clock_that_is_set_right_while_back_offs_are_waited_out_deletes_nothing_early(
    shop: Shop,
) -> None:
    shop.policy(delete_reads=1)
    shop.limits(max_delete=1.0)
    ids = numbered(20)
    shop.stock(*ids)
    await shop.settled()
    shop.later(days=-2)
    shop.drop(ids[0])
    shop.stock("new")
    shop.remote.script("new", BUSY)

    uneventful = shop.remote.on_the_way

    async def set_right(_: object) -> None:
        shop.remote.on_the_way = uneventful
        shop.later(days=2, minutes=5)

    shop.remote.on_the_way = set_right
    await shop.run(wait=timedelta(hours=2))

    assert shop.wrote(Action.CREATE) == ["new", "new"], "there was no later pass"
    assert shop.wrote(Action.DELETE) == []


async def test_deletes_made_while_the_clock_was_ahead_count_in_todays_budget(shop: Shop) -> None:
    shop.policy(delete_after=timedelta(), delete_reads=1)
    ids = numbered(40)
    shop.stock(*ids)
    await shop.settled()
    shop.clock.moment += DECADE
    shop.drop(*ids[:4])
    await shop.run()
    assert len(shop.wrote(Action.DELETE)) == 4
    shop.clock.moment -= DECADE

    shop.drop(ids[4])
    result = await shop.run()

    assert len(shop.wrote(Action.DELETE)) == 4
    assert [stop.stopped for stop in result.guards] == [(Action.DELETE,)], guards(result)


async def test_losses_after_a_change_of_meaning_count_though_the_clock_was_ahead_then(
    shop: Shop,
) -> None:
    shop.policy(delete_after=timedelta(hours=1), delete_reads=1)
    shop.limits(max_delete=1.0, max_shrink=1.0)
    shop.terms = replace(shop.terms, meaning={"mapping": "one"})
    ids = numbered(40)
    shop.stock(*ids)
    await shop.settled()
    shop.clock.moment += DECADE
    shop.terms = replace(shop.terms, meaning={"mapping": "two"})
    shop.stock(*ids, country_of_origin="CA")
    assert Guard.CANARY in guards(await shop.run())
    shop.clock.moment -= DECADE

    shop.drop(*ids[:5])
    result = await shop.run()

    (canary,) = (stop for stop in result.guards if stop.guard is Guard.CANARY)
    assert canary.actual == 1.0  # 35 updates, and 5 deletes that will come due, of 40 items
    assert Action.DELETE in canary.stopped


async def test_losses_whose_time_was_set_right_can_be_approved(shop: Shop) -> None:
    shop.clock = TickingClock()
    shop.terms = replace(shop.terms, meaning={"mapping": "m1"})
    shop.limits(canary=0, max_delete=1.0)
    ids = numbered(20)
    shop.stock(*ids)
    await shop.settled()
    shop.clock.moment += DECADE
    shop.terms = replace(shop.terms, meaning={"mapping": "m2"})
    shop.catalog.meaning = "meaning-2"
    shop.drop(ids[0])
    assert guards(await shop.run()) == [Guard.CANARY]
    shop.clock.moment -= DECADE
    shop.catalog.rewrite()
    stopped = await shop.run()
    assert guards(stopped) == [Guard.CANARY]

    assert shop.approve(stopped.id).gone == 1

    assert guards(await shop.run()) == []


async def test_a_dry_run_sees_the_same_times_and_writes_none_of_them(shop: Shop) -> None:
    shop.limits(max_delete=1.0)
    ids = numbered(20)
    shop.stock(*ids)
    await shop.settled()
    shop.clock.moment += DECADE
    shop.drop(ids[0])
    await shop.run()
    shop.clock.moment -= DECADE
    before = shop.tables()

    await shop.dry_run()

    assert shop.tables() == before
    await shop.run()
    missing = shop.sku(ids[0]).missing
    assert missing is not None
    assert missing.since <= shop.clock.now()


async def test_why_tells_when_a_put_off_write_is_really_tried(shop: Shop) -> None:
    shop.stock("a")
    shop.clock.moment += DECADE
    shop.remote.script("a", BUSY)
    await shop.run(wait=timedelta())
    shop.clock.moment -= DECADE

    told = await why(shop.ports, shop.terms, ItemId("a"))

    assert told.next.at is None
