"""Storms: one kind of change fails, or some of every kind, and the others get through."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import timedelta

import pytest

from syncd.domain.attributes import Attribute
from syncd.domain.change import Action, Change
from syncd.domain.cycle import CycleResult
from syncd.domain.delivery import Failure, Outcome, Refused, Transient
from syncd.domain.tracking import Delivery, SkuState
from syncd.engine.breaker import FAILURES_TO_OPEN
from syncd.engine.standing import exit_code
from syncd.errors import ExitCode
from syncd.service.cycle import INTERRUPTED
from syncd.service.results import UNANSWERED
from tests.fakes.remote import Call
from tests.integration.service.shop import Shop, numbered, outcomes

NO_WAIT = timedelta(0)
OUT = Transient(Failure(503, "unavailable", "try later"), in_doubt=False)
LOST = Transient(Failure(500, "internal_server_error", "oh no"), in_doubt=True)
REFUSED = Refused(Failure(400, "invalid_parameter", "no"))
MOST_SLOWER = 1.1


@pytest.fixture
async def busy(shop: Shop) -> Shop:
    """Forty items to be deleted, forty to be updated, and four hundred to be created."""
    shop.policy(delete_after=timedelta(0), delete_reads=1)
    shop.limits(max_delete=1.0, max_update=1.0, max_same_change=1.0, max_shrink=1.0)
    shop.stock(*numbered(80))
    await shop.settled()
    shop.drop(*numbered(40))
    shop.stock(*numbered(40, 40), country_of_origin="SE")
    shop.stock(*numbered(400, 1000))
    return shop


class TestAPartialOutage:
    async def test_of_creates_keeps_neither_deletes_nor_updates(self, busy: Shop) -> None:
        for item in numbered(400, 1000):
            busy.remote.script(item, *[OUT] * 50)

        result = await busy.run(wait=NO_WAIT)

        assert sorted(busy.wrote(Action.DELETE)) == numbered(40)
        assert sorted(busy.wrote(Action.UPDATE)) == numbered(40, 40)
        creates = len(busy.wrote(Action.CREATE))
        assert FAILURES_TO_OPEN <= creates < FAILURES_TO_OPEN + busy.terms.in_flight
        assert result.writes_due == 400

    async def test_of_creates_is_probed_by_one_create_at_a_time(self, busy: Shop) -> None:
        for item in numbered(400, 1000):
            busy.remote.script(item, *[OUT] * 50)

        await busy.run(wait=timedelta(minutes=5))

        assert len(busy.wrote(Action.CREATE)) <= FAILURES_TO_OPEN + busy.terms.in_flight + 15
        assert len(busy.wrote(Action.DELETE)) == len(busy.wrote(Action.UPDATE)) == 40

    async def test_does_not_delay_the_second_try_of_another_kind(self, busy: Shop) -> None:
        for item in numbered(400, 1000):
            busy.remote.script(item, *[OUT] * 50)
        for item in numbered(3):
            busy.remote.script(item, OUT, OUT, OUT)
        began = busy.clock.now()
        done: list[float] = []

        async def note(change: Change) -> None:
            await asyncio.sleep(0)
            if change.action is Action.DELETE:
                done.append((busy.clock.now() - began).total_seconds())

        busy.remote.on_the_way = note
        await busy.run(wait=timedelta(minutes=5))

        assert len(busy.wrote(Action.DELETE)) == 40 + 3 * 3
        assert max(done) <= 10

    async def test_whose_requests_hang_leaves_room_for_the_others(self, busy: Shop) -> None:
        others = asyncio.Event()

        async def hang(change: Change) -> None:
            if change.action is Action.CREATE:
                await others.wait()
            elif len(busy.wrote(Action.DELETE)) == 40 and len(busy.wrote(Action.UPDATE)) == 40:
                others.set()

        busy.remote.on_the_way = hang
        async with asyncio.timeout(60):
            result = await busy.run()

        assert exit_code(result) is ExitCode.OK

    async def test_that_ends_lets_everything_through(self, busy: Shop) -> None:
        end = busy.clock.now() + timedelta(seconds=20)
        for item in numbered(400, 1000):
            busy.remote.script(item, *[OUT] * 50)

        async def back_up(_: Change) -> None:
            await asyncio.sleep(0)
            if busy.clock.now() >= end:
                busy.remote._scripts.clear()  # noqa: SLF001 - the outage ends here

        busy.remote.on_the_way = back_up
        result = await busy.run()

        assert exit_code(result) is ExitCode.OK
        assert busy.clock.now() <= end + timedelta(seconds=40)


class TestSomeThatFail:
    async def test_however_many_in_a_row_by_id_are_no_outage(self, shop: Shop) -> None:
        shop.stock(*numbered(400))
        for item in numbered(120):
            shop.remote.script(item, *[OUT] * 9)

        result = await shop.run(wait=NO_WAIT)

        assert len(shop.remote.contents) == 280
        assert len(shop.wrote()) == 400
        assert result.writes_due == 120

    async def test_for_good_do_not_count_at_all(self, shop: Shop) -> None:
        shop.stock(*numbered(200))
        for item in numbered(190):
            shop.remote.script(item, REFUSED)

        result = await shop.run()

        assert len(shop.wrote()) == 200
        assert result.states == {SkuState.QUARANTINED: 190, SkuState.IN_SYNC: 10}

    async def test_again_and_again_come_after_what_was_never_tried(self, shop: Shop) -> None:
        shop.stock(*numbered(30))
        for item in numbered(30):
            shop.remote.script(item, OUT) if item < "sku-0010" else None
        await shop.run(wait=NO_WAIT)
        shop.remote.calls.clear()
        shop.stock(*numbered(100, 100))
        shop.later(minutes=1)

        await shop.run()

        sent = shop.wrote()
        assert set(sent[100:]) == set(numbered(10))

    async def test_of_three_in_ten_all_is_done_in_the_end(self, shop: Shop) -> None:
        shop.stock(*numbered(300))
        for number, item in enumerate(numbered(300)):
            shop.remote.script(item, *[OUT] * (number % 10 // 7) * 3)

        result = await shop.run()

        assert exit_code(result) is ExitCode.OK
        assert len(shop.remote.contents) == 300


class TestOneInAHundredThatAlwaysFails:
    @pytest.mark.parametrize("failure", [REFUSED, OUT, LOST])
    async def test_slows_the_others_by_no_more_than_a_tenth(
        self, shop: Shop, failure: Outcome
    ) -> None:
        """Counted in departures, for it is those that the rate lets through one by one."""
        healthy, poison = numbered(495), [f"poison-{number}" for number in range(5)]
        shop.limits(max_update=1.0, max_same_change=1.0)
        shop.stock(*poison, *healthy)
        await shop.settled()
        shop.stock(*poison, *healthy, country_of_origin="SE")
        for item in poison:
            shop.remote.script(item, *[failure] * 99)
        began, last = shop.clock.now(), shop.clock.now()

        async def note(change: Change) -> None:
            nonlocal last
            await asyncio.sleep(0)
            last = last if change.id in poison else shop.clock.now()

        shop.remote.on_the_way = note
        await shop.run(wait=timedelta(minutes=5))

        assert {shop.item(item)[Attribute.COUNTRY_OF_ORIGIN] for item in healthy} == {"SE"}
        sent = (place for place, call in enumerate(shop.remote.calls) if call.change is not None)
        places = [place for place in sent if _is_about(shop.remote.calls[place], healthy)]
        assert len(places) == len(healthy)
        assert places[-1] < MOST_SLOWER * len(healthy)
        assert last == began, "the healthy ones have waited for something"


def _is_about(call: Call, items: Collection[str]) -> bool:
    return not set(call.ids).isdisjoint(items)


class TestAStopWhileAnswersAreOutstanding:
    async def _stopped(self, shop: Shop) -> CycleResult:
        stop, never = asyncio.Event(), asyncio.Event()

        async def stay_silent(change: Change) -> None:
            if change.id == "sku-0003":
                stop.set()
                await never.wait()

        shop.remote.on_the_way = stay_silent
        async with asyncio.timeout(60):
            return await shop.run(stop=stop, settle_wait=timedelta(seconds=0.2))

    async def test_is_over_soon_and_leaves_them_in_flight(self, shop: Shop) -> None:
        shop.stock(*numbered(6))

        result = await self._stopped(shop)

        assert result.error == INTERRUPTED
        assert shop.state_of("sku-0003") is SkuState.IN_FLIGHT
        assert outcomes(result)["sku-0003"] == ("create", "failed")
        (told,) = [one for one in result.changes if one.failure == UNANSWERED]
        assert told.change.id == "sku-0003"
        (entry,) = shop.journal("sku-0003")
        assert (entry.kind, entry.ended) == (None, None)

    async def test_records_what_was_answered_before(self, shop: Shop) -> None:
        shop.stock(*numbered(6))

        await self._stopped(shop)

        for item in shop.remote.contents:
            assert shop.sku(item).delivery is Delivery.SETTLED

    async def test_lets_the_next_cycle_look_them_up_when_nothing_can_land_any_more(
        self, shop: Shop
    ) -> None:
        shop.stock(*numbered(6))
        await self._stopped(shop)
        shop.remote.on_the_way = _at_once
        shop.remote.release()
        shop.remote.calls.clear()
        began = shop.clock.now()

        result = await shop.run()

        assert exit_code(result) is ExitCode.OK
        assert shop.clock.now() - began >= shop.terms.request_timeout
        assert shop.wrote().count("sku-0003") == 1


async def _at_once(_: Change) -> None:
    await asyncio.sleep(0)
