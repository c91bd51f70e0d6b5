"""A change on its way: intent, request, outcome, and what is tried again when."""

from __future__ import annotations

import asyncio
import gc
import time
from datetime import timedelta

import pytest

from syncd.domain.attributes import Attribute, ItemId
from syncd.domain.change import Action, Change
from syncd.domain.cycle import Guard
from syncd.domain.delivery import (
    DIFFERENT_VALUES,
    Failure,
    Gone,
    KeyRefused,
    Kind,
    Refused,
    Transient,
)
from syncd.domain.journal import Deed
from syncd.domain.tracking import Delivery, Ownership, SkuState
from syncd.engine.standing import exit_code
from syncd.errors import ExitCode
from syncd.service.doubt import doubt
from tests.integration.service.shop import (
    Shop,
    guards,
    in_turn,
    numbered,
    outcomes,
    second_look,
    values,
)

NO_WAIT = timedelta(0)
BUSY = Transient(Failure(503, "unavailable", "try later", request_id="request-7"), in_doubt=False)
LOST = Transient(Failure(None, "timed_out", "no answer"), in_doubt=True)
REFUSED = Refused(
    Failure(409, "invalid_parameter", "no such product", "manufacturerId", "request-8")
)


async def test_the_intent_is_recorded_before_the_call_and_the_outcome_after_it(shop: Shop) -> None:
    shop.stock(*numbered(3))
    seen = []

    async def look(change: Change) -> None:
        other = second_look(shop)
        (intent,) = other.journal_of(change.id)
        seen.append((intent.deed, intent.kind, other.tracked([change.id])[change.id].state))
        other.close()

    shop.remote.on_the_way = look
    await shop.run()

    assert seen == [(Deed.CREATE, None, SkuState.IN_FLIGHT)] * 3
    for item in numbered(3):
        (entry,) = shop.journal(item)
        assert (entry.kind, entry.before, entry.ended is not None) == (Kind.ACCEPTED, None, True)
        assert entry.after[Attribute.PART_NUMBER] == f"P-{item}"
        assert entry.request_id is not None


async def test_no_search_for_rings_goes_through_what_was_there_before_the_delivery(
    shop: Shop,
) -> None:
    shop.stock(*numbered(3))
    seen = []

    async def look(_: Change) -> None:
        seen.append(gc.get_freeze_count())

    shop.remote.on_the_way = look
    await shop.run()

    assert min(seen) > 10_000, "all modules, for a start"
    assert gc.get_freeze_count() == 0, "and afterwards nothing is left out for good"


async def test_the_values_before_an_update_stand_beside_it(shop: Shop) -> None:
    shop.stock("a")
    await shop.settled()
    shop.stock("a", country_of_origin="SE")

    await shop.run()

    update = shop.journal("a")[-1]
    assert (update.before or {})[Attribute.COUNTRY_OF_ORIGIN] == "DK"
    assert update.after == values(country_of_origin="SE")


async def test_an_outcome_is_recorded_while_slower_requests_are_still_under_way(
    shop: Shop,
) -> None:
    shop.stock("fast", "slow")
    recorded: list[SkuState] = []

    async def wait_for_the_other(change: Change) -> None:
        end = time.monotonic() + 20
        while change.id == "slow" and SkuState.IN_SYNC not in recorded:
            assert time.monotonic() < end
            await asyncio.sleep(0.01)
            recorded.append(shop.state_of("fast"))

    shop.remote.on_the_way = wait_for_the_other
    await shop.run()

    assert recorded[-1] is SkuState.IN_SYNC


class TestATransientFailure:
    async def test_is_tried_again_within_the_wait(self, shop: Shop) -> None:
        shop.stock("a", "b")
        shop.remote.script("a", BUSY, BUSY, BUSY)

        result = await shop.run()

        assert outcomes(result) == {"a": ("create", "done"), "b": ("create", "done")}
        assert shop.wrote().count("a") == 4
        assert shop.wrote().count("b") == 1
        assert exit_code(result) is ExitCode.OK

    async def test_backs_off_longer_each_time(self, shop: Shop) -> None:
        shop.stock("a")
        await shop.settled()
        shop.stock("a", country_of_origin="SE")
        shop.remote.script("a", *[BUSY] * 6)

        await shop.run()

        first, *_, last = shop.clock.sleeps
        assert len(shop.clock.sleeps) == 6
        assert 0.5 <= first <= 1
        assert 16 <= last <= 32

    async def test_leaves_the_write_due_when_the_wait_is_over(self, shop: Shop) -> None:
        shop.stock("a", "b")
        shop.remote.script("a", *[BUSY] * 100)
        began = shop.clock.now()

        result = await shop.run(wait=timedelta(seconds=20))

        assert outcomes(result) == {"a": ("create", "failed"), "b": ("create", "done")}
        (failed, _) = result.changes
        assert failed.failure == BUSY.failure
        assert (result.writes_due, result.error) == (1, None)
        assert exit_code(result) is ExitCode.FAILED
        assert shop.clock.now() - began <= timedelta(seconds=20)
        assert shop.sku("a").last_error == BUSY.failure

    async def test_is_waited_out_by_a_later_cycle_too(self, shop: Shop) -> None:
        shop.stock("a")
        shop.remote.script("a", *[BUSY] * 4)
        await shop.run(wait=timedelta(seconds=5))
        assert shop.state_of("a") is SkuState.PENDING

        result = await shop.run()

        assert outcomes(result) == {"a": ("create", "done")}
        assert exit_code(result) is ExitCode.OK

    async def test_with_no_wait_is_tried_once(self, shop: Shop) -> None:
        shop.stock("a")
        shop.remote.script("a", BUSY)

        result = await shop.run(wait=NO_WAIT)

        assert (shop.wrote(), shop.clock.sleeps) == (["a"], [])
        assert exit_code(result) is ExitCode.FAILED

    async def test_waits_as_long_as_retry_after_says(self, shop: Shop) -> None:
        shop.stock("a")
        shop.remote.script("a", Transient(BUSY.failure, in_doubt=False, retry_after=42.0))
        began = shop.clock.now()

        await shop.run()

        assert shop.item("a")
        assert timedelta(seconds=42) <= shop.clock.now() - began < timedelta(seconds=44)

    async def test_of_one_never_holds_up_the_others(self, shop: Shop) -> None:
        shop.stock(*numbered(200))
        shop.remote.script("sku-0000", *[BUSY] * 100)

        result = await shop.run(wait=timedelta(seconds=30))

        assert result.states == {SkuState.IN_SYNC: 199, SkuState.PENDING: 1}
        assert shop.wrote().count("sku-0001") == 1


class TestALostAnswer:
    async def test_of_a_create_that_was_carried_out_is_found_and_not_repeated(
        self, shop: Shop
    ) -> None:
        shop.stock("a")
        shop.remote.script("a", LOST, carried_out=True)

        result = await shop.run()

        assert shop.wrote() == ["a"]
        assert shop.asked_for("items") == [("a",), ("a",)]
        assert outcomes(result) == {"a": ("create", "done")}
        assert result.adopted == 0
        assert shop.sku("a").ownership is Ownership.OWNED

    async def test_of_a_create_that_was_not_carried_out_is_repeated_after_a_look(
        self, shop: Shop
    ) -> None:
        shop.stock("a")
        shop.remote.script("a", LOST)

        await shop.run()

        names = [call.name for call in shop.remote.calls if call.name != "managed"]
        assert names == ["items", "carry_out", "items", "carry_out"]
        assert shop.state_of("a") is SkuState.IN_SYNC

    @pytest.mark.parametrize(("carried_out", "writes"), [(True, 1), (False, 2)])
    async def test_of_an_update_is_looked_up_first(
        self, shop: Shop, *, carried_out: bool, writes: int
    ) -> None:
        shop.stock("a")
        await shop.settled()
        shop.stock("a", country_of_origin="SE")
        shop.remote.script("a", LOST, carried_out=carried_out)

        result = await shop.run()

        assert len(shop.wrote()) == writes
        assert outcomes(result) == {"a": ("update", "done")}
        assert shop.item("a")[Attribute.COUNTRY_OF_ORIGIN] == "SE"

    @pytest.mark.parametrize(("carried_out", "writes"), [(True, 1), (False, 2)])
    async def test_of_a_delete_is_looked_up_first(
        self, shop: Shop, *, carried_out: bool, writes: int
    ) -> None:
        await _with_a_delete_due(shop)
        shop.remote.script("gone", LOST, carried_out=carried_out)

        result = await shop.run()

        assert shop.wrote(Action.DELETE) == ["gone"] * writes
        assert outcomes(result) == {"gone": ("delete", "done")}
        assert not shop.knows("gone")
        assert exit_code(result) is ExitCode.OK

    async def test_is_in_doubt_until_somebody_looks(self, shop: Shop) -> None:
        shop.stock("a")
        shop.remote.script("a", LOST, carried_out=True)

        result = await shop.run(wait=NO_WAIT)

        assert shop.sku("a").delivery is Delivery.IN_DOUBT
        assert outcomes(result) == {"a": ("create", "failed")}
        assert exit_code(result) is ExitCode.FAILED
        shop.later(minutes=1)
        assert (await shop.run()).changes == ()
        assert shop.wrote() == ["a"]


class TestAnItemThatExistsAlready:
    """Somebody creates it between the look-up and the create."""

    async def test_and_is_equal_is_adopted_and_no_create_is_told_of(self, shop: Shop) -> None:
        shop.stock("a")
        _created_meanwhile(shop, "a", "DK")

        result = await shop.run()

        assert (result.changes, result.adopted) == ((), 1)
        assert shop.wrote() == ["a"]
        assert [entry.deed for entry in shop.journal("a")] == [Deed.CREATE, Deed.ADOPT]
        assert shop.journal("a")[0].kind is Kind.EXISTS
        assert exit_code(result) is ExitCode.OK

    async def test_and_differs_is_adopted_and_updated(self, shop: Shop) -> None:
        shop.stock("a")
        _created_meanwhile(shop, "a", "SE")

        result = await shop.run()

        assert outcomes(result) == {"a": ("update", "done")}
        assert shop.item("a")[Attribute.COUNTRY_OF_ORIGIN] == "DK"

    async def test_stays_foreign_where_the_policy_does_not_adopt(self, shop: Shop) -> None:
        shop.policy(adopt=False)
        shop.stock("a")
        _created_meanwhile(shop, "a", "SE")

        result = await shop.run()

        assert outcomes(result) == {"a": ("create", "failed")}
        assert shop.state_of("a") is SkuState.FOREIGN
        assert shop.item("a")[Attribute.COUNTRY_OF_ORIGIN] == "SE"


class TestAnItemThatIsGone:
    async def test_is_created_again_when_an_update_finds_out(self, shop: Shop) -> None:
        shop.stock(*numbered(20))
        await shop.settled()
        del shop.remote.contents[ItemId("sku-0000")]
        shop.stock("sku-0000", country_of_origin="SE")

        result = await shop.run()

        assert [change.action for change in shop.remote.written()] == [
            Action.UPDATE,
            Action.CREATE,
        ]
        assert outcomes(result) == {"sku-0000": ("create", "done")}
        assert shop.item("sku-0000")[Attribute.COUNTRY_OF_ORIGIN] == "SE"

    async def test_in_great_number_is_not_created_again_unseen(self, shop: Shop) -> None:
        shop.stock(*numbered(20))
        await shop.settled()
        for item in numbered(3):
            del shop.remote.contents[ItemId(item)]
        shop.stock(*numbered(3), country_of_origin="SE")
        await shop.run(wait=NO_WAIT)
        shop.limits(max_update=2)
        shop.later(minutes=1)
        shop.remote.calls.clear()

        result = await shop.run()

        assert set(outcomes(result).values()) == {("create", "stopped")}
        assert (guards(result), shop.wrote()) == ([Guard.MAX_UPDATE], [])
        assert exit_code(result) is ExitCode.GUARD_STOPPED

    async def test_is_a_delete_that_is_done(self, shop: Shop) -> None:
        await _with_a_delete_due(shop)
        shop.remote.script("gone", Gone(Failure(404, "not_found", "no such item")))

        result = await shop.run()

        assert outcomes(result) == {"gone": ("delete", "done")}
        assert not shop.knows("gone")


class TestARefusal:
    async def test_is_quarantined_with_all_that_support_asks_for(self, shop: Shop) -> None:
        shop.stock("a", "b")
        shop.remote.script("a", REFUSED)

        result = await shop.run()

        assert outcomes(result) == {"a": ("create", "quarantined"), "b": ("create", "done")}
        (quarantined,) = result.quarantined
        assert (quarantined.id, quarantined.failure) == ("a", REFUSED.failure)
        assert quarantined.since == shop.clock.now()
        assert exit_code(result) is ExitCode.NEEDS_ATTENTION

    async def test_is_not_repeated_before_its_time(self, shop: Shop) -> None:
        shop.stock("a")
        shop.remote.script("a", REFUSED)
        await shop.run()
        shop.remote.calls.clear()
        shop.later(hours=23)

        result = await shop.run()

        assert shop.remote.calls == []
        assert len(result.quarantined) == 1
        assert exit_code(result) is ExitCode.NEEDS_ATTENTION

    async def test_is_tried_again_after_a_day(self, shop: Shop) -> None:
        shop.stock("a")
        shop.remote.script("a", REFUSED, REFUSED)
        since = (await shop.run()).quarantined[0].since
        shop.later(hours=25)
        again = await shop.run()
        assert outcomes(again) == {"a": ("create", "quarantined")}
        assert again.quarantined[0].since == since
        shop.later(hours=25)

        result = await shop.run()

        assert outcomes(result) == {"a": ("create", "done")}
        assert exit_code(result) is ExitCode.OK

    async def test_is_over_when_its_row_changes(self, shop: Shop) -> None:
        shop.stock("a")
        shop.remote.script("a", REFUSED)
        await shop.run()
        shop.stock("a", manufacturer_id="another")

        result = await shop.run()

        assert outcomes(result) == {"a": ("create", "done")}
        assert exit_code(result) is ExitCode.OK

    async def test_of_a_delete_is_told_and_asked_again_after_a_day(self, shop: Shop) -> None:
        await _with_a_delete_due(shop)
        shop.remote.script("gone", REFUSED)

        result = await shop.run()
        assert outcomes(result) == {"gone": ("delete", "quarantined")}
        assert result.notes == ("A delete waits: no such product (1 SKU: gone).",)

        shop.remote.calls.clear()
        assert (await shop.run()).requests == 0
        shop.later(hours=25)
        assert outcomes(await shop.run()) == {"gone": ("delete", "done")}


class TestAnAnswerWithOtherValues:
    async def test_is_quarantined_with_both_and_not_repeated(self, shop: Shop) -> None:
        shop.stock("a")
        shop.remote.store_otherwise("a", values(hs_code="1111.11"))

        result = await shop.run()

        assert outcomes(result) == {"a": ("create", "quarantined")}
        (quarantined,) = result.quarantined
        assert quarantined.failure.code == DIFFERENT_VALUES
        assert "6404.20" in quarantined.failure.message
        assert "1111.11" in quarantined.failure.message
        assert exit_code(result) is ExitCode.NEEDS_ATTENTION
        shop.later(days=3)
        shop.remote.calls.clear()
        assert exit_code(await shop.run()) is ExitCode.NEEDS_ATTENTION
        assert shop.remote.calls == []

    async def test_is_not_repeated_once_it_was_doubted_and_could_not_be_looked_up(
        self, shop: Shop
    ) -> None:
        shop.stock("a", *numbered(2))
        shop.remote.store_otherwise("a", values(hs_code="1111.11"))
        await shop.run()
        doubt(shop.state, [ItemId("a"), ItemId("sku-0000")])
        shop.remote.poison = {ItemId("a")}
        await shop.run()
        shop.remote.calls.clear()
        shop.remote.poison.clear()
        shop.later(hours=1)

        result = await shop.run()

        assert shop.asked_for("items") == [("a",)]
        assert (shop.wrote(), exit_code(result)) == ([], ExitCode.NEEDS_ATTENTION)
        assert [sku.failure.code for sku in result.quarantined] == [DIFFERENT_VALUES]
        assert shop.sku("a").next_attempt is None

    async def test_is_over_when_its_row_changes(self, shop: Shop) -> None:
        shop.stock("a")
        shop.remote.store_otherwise("a", values(hs_code="1111.11"))
        await shop.run()
        shop.stock("a", hs_code="6404.30")

        assert exit_code(await shop.run()) is ExitCode.OK
        assert shop.item("a")[Attribute.HS_CODE] == "6404.30"


async def test_two_changes_of_one_id_are_never_under_way_together(shop: Shop) -> None:
    """The fake remote fails the test where they are."""
    shop.stock(*numbered(60))
    shop.remote.on_the_way = _a_while
    for item in numbered(9):
        shop.remote.script(item, BUSY, LOST)

    assert exit_code(await shop.run()) is ExitCode.OK


async def test_the_share_of_a_guard_counts_what_earlier_cycles_wrote(shop: Shop) -> None:
    shop.limits(max_update=0.1)
    shop.stock(*numbered(40))
    await shop.settled()
    shop.stock(*numbered(3), country_of_origin="SE")
    assert guards(await shop.run()) == []
    shop.stock(*numbered(2, start=10), country_of_origin="CA")

    result = await shop.run()

    assert guards(result) == [Guard.MAX_UPDATE]
    assert set(outcomes(result).values()) == {("update", "stopped")}
    assert exit_code(result) is ExitCode.GUARD_STOPPED
    shop.later(hours=25)
    assert guards(await shop.run()) == []


async def test_a_kind_over_its_limit_stops_whole_and_the_others_go_on(shop: Shop) -> None:
    shop.limits(max_update=2)
    shop.stock(*numbered(30))
    await shop.settled()
    shop.stock(*numbered(3), country_of_origin="SE")
    shop.stock("new")
    shop.remote.script("new", BUSY)

    result = await shop.run()

    assert shop.wrote() == ["new", "new"]
    assert {one[1] for item, one in outcomes(result).items() if item != "new"} == {"stopped"}
    assert (result.writes_due, exit_code(result)) == (0, ExitCode.GUARD_STOPPED)


async def _a_while(change: Change) -> None:
    for _ in range(len(change.id) % 5 + 1):
        await asyncio.sleep(0)


async def _with_a_delete_due(shop: Shop) -> None:
    shop.policy(delete_reads=1)
    shop.stock("gone", *numbered(20))
    await shop.settled()
    shop.drop("gone")
    await shop.run()
    shop.later(hours=25)
    shop.remote.calls.clear()


def _created_meanwhile(shop: Shop, item: str, country: str) -> None:
    async def create(change: Change) -> None:
        if shop.remote.contents.get(change.id) is None:
            sound = values(manufacturer_id="acme", part_number=f"P-{item}", eccn="EAR99")
            rest = values(hs_code="6404.20", country_of_origin=country, allow_oversell=False)
            shop.remote.put(item, {**sound, **rest})

    shop.remote.on_the_way = create


async def test_a_refused_key_is_told_of_the_write_that_met_it_and_of_no_other(shop: Shop) -> None:
    ids = numbered(60)
    shop.stock(*ids)
    early = in_turn(ids)[9]
    shop.remote.script(early, KeyRefused(Failure(401, "unauthorized", "no", request_id="r-401")))

    result = await shop.run()

    told = [one.change.id for one in result.changes if one.failure and one.failure.status == 401]
    assert told == [early]
    others = [item for item in ids if item not in shop.remote.contents and item != early]
    assert others
    assert {shop.sku(item).last_error for item in others} == {None}
    assert {entry.kind for item in others for entry in shop.journal(item)} <= {Kind.UNDONE}
