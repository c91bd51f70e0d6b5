"""Deletes: only what is ours, only after the time and the reads it takes, never what has stock."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from syncd.domain.attributes import Attribute, ItemId
from syncd.domain.change import Action, Change, Resource
from syncd.domain.cycle import Counts, Guard
from syncd.domain.delivery import Failure, Transient
from syncd.domain.journal import Deed
from syncd.domain.tracking import SkuState
from syncd.engine.standing import exit_code
from syncd.errors import ExitCode, KeyRefusedError, RemoteUnavailableError
from syncd.service.ask import FAILURES_TO_DOUBT
from syncd.service.spare import ASKED_AHEAD
from tests.integration.service.shop import Shop, guards, numbered, outcomes

UNREACHABLE = RemoteUnavailableError("Digital River", "nobody answers", "Run again later")
OUT = Transient(Failure(503, "http_503", "out"), in_doubt=False)
NO_WAIT = timedelta(0)
MANY = numbered(600)


@pytest.fixture
async def kept(shop: Shop) -> Shop:
    """A shop of 30 items that are all in sync."""
    shop.stock(*numbered(30))
    await shop.settled()
    return shop


@pytest.fixture
async def due(kept: Shop) -> Shop:
    """Two of them are gone long enough, over enough reads."""
    kept.drop("sku-0000", "sku-0001")
    await kept.run()
    kept.catalog.rewrite()
    await kept.run()
    kept.later(hours=25)
    kept.remote.calls.clear()
    return kept


@pytest.fixture
async def many_due(shop: Shop) -> Shop:
    """Some hundreds of items are due to be deleted, and all of them may be."""
    shop.policy(delete_reads=1)
    shop.limits(max_shrink=1.0, max_delete=1.0)
    shop.stock("stays", *MANY)
    await shop.settled()
    shop.drop(*MANY)
    await shop.run()
    shop.later(hours=25)
    shop.remote.calls.clear()
    return shop


@pytest.mark.parametrize(
    ("hours", "reads", "deleted"),
    [
        (25, 2, True),
        (24, 2, True),
        (23, 2, False),
        (25, 1, False),
        (1000, 1, False),
        (23, 9, False),
    ],
)
async def test_an_item_is_deleted_after_the_time_and_the_reads(
    kept: Shop, hours: int, reads: int, *, deleted: bool
) -> None:
    kept.drop("sku-0000")
    await kept.run()
    for _ in range(reads - 1):
        kept.catalog.rewrite()
        await kept.run()
    kept.later(hours=hours)

    result = await kept.run()

    assert kept.wrote(Action.DELETE) == (["sku-0000"] if deleted else [])
    assert kept.knows("sku-0000") is not deleted
    assert exit_code(result) is ExitCode.OK


async def test_a_missing_sku_waits_without_a_request(kept: Shop) -> None:
    kept.drop("sku-0000")

    result = await kept.run()

    assert kept.remote.calls == []
    assert result.states[SkuState.MISSING] == 1
    assert exit_code(result) is ExitCode.OK


async def test_one_that_comes_back_stays_and_starts_anew_when_it_goes_again(kept: Shop) -> None:
    kept.drop("sku-0000")
    await kept.run()
    kept.later(hours=23)
    kept.stock("sku-0000")
    await kept.run()
    assert kept.state_of("sku-0000") is SkuState.IN_SYNC
    kept.drop("sku-0000")
    await kept.run()
    kept.later(hours=2)
    kept.catalog.rewrite()

    await kept.run()

    assert kept.remote.calls == []
    assert kept.state_of("sku-0000") is SkuState.MISSING


async def test_one_that_comes_back_changed_is_updated(kept: Shop) -> None:
    kept.drop("sku-0000")
    await kept.run()
    kept.stock("sku-0000", country_of_origin="SE")

    result = await kept.run()

    assert outcomes(result) == {"sku-0000": ("update", "done")}
    assert kept.item("sku-0000")[Attribute.COUNTRY_OF_ORIGIN] == "SE"


async def test_sku_and_stock_are_asked_for_just_before(due: Shop) -> None:
    result = await due.run()

    names = [call.name for call in due.remote.calls]
    assert names == ["managed", "stocked", "carry_out", "carry_out"]
    assert due.asked_for("stocked") == [("sku-0000", "sku-0001")]
    assert outcomes(result) == {
        "sku-0000": ("delete", "done"),
        "sku-0001": ("delete", "done"),
    }
    (_, deleted) = due.journal("sku-0000")
    assert deleted.deed is Deed.DELETE
    assert (deleted.before or {})[Attribute.PART_NUMBER] == "P-sku-0000"


async def test_a_deleted_item_that_comes_back_is_created_again(due: Shop) -> None:
    await due.run()
    due.stock("sku-0000")

    assert outcomes(await due.run()) == {"sku-0000": ("create", "done")}


class TestStock:
    async def test_keeps_an_item_and_is_asked_for_again_an_hour_later(self, due: Shop) -> None:
        due.remote.stocked_ids.add(ItemId("sku-0000"))

        result = await due.run()
        assert outcomes(result) == {"sku-0001": ("delete", "done")}
        assert "has stock left" in result.notes[0]
        assert "sku-0000" in result.notes[0]
        assert exit_code(result) is ExitCode.OK

        due.remote.calls.clear()
        for _ in range(3):
            due.later(minutes=15)
            assert (await due.run()).requests == 0
        due.remote.stocked_ids.clear()
        due.later(minutes=16)
        assert outcomes(await due.run()) == {"sku-0000": ("delete", "done")}

    async def test_that_may_not_be_read_keeps_every_item(self, due: Shop) -> None:
        due.remote.forbidden.add(Resource.INVENTORY_LEVEL)

        result = await due.run()

        assert due.wrote() == []
        assert "cannot be read" in result.notes[0]
        assert exit_code(result) is ExitCode.OK
        due.remote.calls.clear()
        assert (await due.run()).requests == 0

    async def test_that_cannot_be_read_now_keeps_every_item(self, due: Shop) -> None:
        due.remote.fail_read(Resource.INVENTORY_LEVEL, *[UNREACHABLE] * 3)

        await due.run()
        assert due.wrote() == []
        due.remote.read_errors.clear()
        due.later(hours=1)

        assert len((await due.run()).changes) == 2

    async def test_does_not_matter_where_the_merchant_says_so(self, due: Shop) -> None:
        due.policy(keep_stocked=False)
        due.remote.stocked_ids.add(ItemId("sku-0000"))

        await due.run()

        assert due.asked_for("stocked") == []
        assert due.wrote() == ["sku-0000", "sku-0001"]

    async def test_that_can_never_be_read_keeps_that_item_alone(self, many_due: Shop) -> None:
        many_due.remote.poison.add(ItemId("sku-0042"))

        await many_due.run()

        assert sorted(many_due.wrote(Action.DELETE)) == [
            item for item in MANY if item != "sku-0042"
        ]

    async def test_is_asked_for_in_parts_close_to_the_deletes(self, many_due: Shop) -> None:
        await many_due.run()

        names = [call.name for call in many_due.remote.calls]
        asked_at = [place for place, name in enumerate(names) if name == "stocked"]
        assert len(asked_at) == len(MANY) / 100
        for number, place in enumerate(asked_at):
            deleted_by_then = names[:place].count("carry_out")
            assert 100 * number - deleted_by_then <= 2 * ASKED_AHEAD
        assert sorted(many_due.wrote(Action.DELETE)) == MANY

    async def test_is_not_asked_for_on_and_on_in_an_outage(self, many_due: Shop) -> None:
        many_due.remote.fail_read(Resource.INVENTORY_LEVEL, *[UNREACHABLE] * 1000)

        await many_due.run()

        assert len(many_due.asked_for("stocked")) <= 2 + 2 * FAILURES_TO_DOUBT
        assert many_due.wrote() == []

    async def test_is_not_asked_for_after_a_stop(self, many_due: Shop) -> None:
        stop = asyncio.Event()

        async def stop_now(_: Change) -> None:
            stop.set()

        many_due.remote.on_the_way = stop_now
        await many_due.run(stop=stop)

        assert len(many_due.asked_for("stocked")) <= 2 * ASKED_AHEAD / 100
        untouched = [item for item in MANY if item not in many_due.wrote()]
        assert len(untouched) >= len(MANY) - many_due.terms.in_flight
        assert all(many_due.sku(item).last_error is None for item in untouched)
        assert all(many_due.sku(item).next_attempt is None for item in untouched)

    async def test_whose_question_meets_a_refused_key_ends_after_what_is_in_flight(
        self, many_due: Shop
    ) -> None:
        refused = KeyRefusedError("The API key", "it was refused", "Check it")
        reached = asyncio.Event()

        async def refuse_the_next_question(_: Change) -> None:
            if not reached.is_set():
                reached.set()
                many_due.remote.fail_read(Resource.SKU, refused)

        many_due.remote.on_the_way = refuse_the_next_question
        result = await many_due.run()

        assert result.error == str(refused)
        assert SkuState.IN_FLIGHT not in result.states
        assert 0 < len(many_due.wrote()) < len(MANY)


async def test_an_item_that_is_managed_by_now_is_forgotten_and_kept(due: Shop) -> None:
    due.remote.managed_ids.add(ItemId("sku-0000"))

    result = await due.run()

    assert outcomes(result) == {"sku-0001": ("delete", "done")}
    assert not due.knows("sku-0000")
    assert ItemId("sku-0000") in due.remote.contents
    assert exit_code(result) is ExitCode.OK


async def test_a_delete_that_failed_before_its_item_was_found_managed_is_not_told_as_done(
    due: Shop,
) -> None:
    kept = ItemId("sku-0000")
    due.remote.script(kept, OUT)

    async def managed_meanwhile(_: Change) -> None:
        due.remote.managed_ids.add(kept)

    due.remote.on_the_way = managed_meanwhile

    result = await due.run()

    assert kept in due.remote.contents
    assert not due.knows(kept)
    assert outcomes(result) == {"sku-0000": ("delete", "failed"), "sku-0001": ("delete", "done")}
    assert [one.failure.code for one in result.changes if one.failure] == ["managed"]
    assert (result.counts, exit_code(result)) == (Counts(delete=1, failed=1), ExitCode.OK)


async def test_of_those_that_were_asked_for_what_was_deleted_is_not_told_as_left_alone(
    due: Shop,
) -> None:
    result = await due.run(only=frozenset({ItemId("sku-0000"), ItemId("typo")}))

    assert outcomes(result) == {"sku-0000": ("delete", "done")}
    assert result.notes == ("Not in the catalog, so nothing was done for them: typo.",)


async def test_an_item_of_an_unreadable_sku_is_kept(due: Shop) -> None:
    due.remote.fail_read(Resource.SKU, *[UNREACHABLE] * 3)

    await due.run()

    assert due.wrote() == []
    assert due.asked_for("stocked") == []


async def test_too_many_deletes_are_stopped_before_anything_is_asked(kept: Shop) -> None:
    kept.policy(delete_reads=1)
    kept.drop(*numbered(4))
    await kept.run()
    kept.later(hours=25)

    for _ in range(2):
        result = await kept.run()

        assert guards(result) == [Guard.MAX_DELETE]
        assert set(outcomes(result).values()) == {("delete", "stopped")}
        assert kept.remote.calls == []
        assert exit_code(result) is ExitCode.GUARD_STOPPED

    kept.limits(max_delete=0.2)
    assert set(outcomes(await kept.run()).values()) == {("delete", "done")}


async def test_a_failed_delete_is_a_write_that_is_due(due: Shop) -> None:
    busy = Transient(Failure(503, "unavailable", "try later"), in_doubt=False)
    due.remote.script("sku-0000", *[busy] * 100)

    result = await due.run(wait=timedelta(seconds=10))

    assert outcomes(result)["sku-0000"] == ("delete", "failed")
    assert result.writes_due == 1
    assert exit_code(result) is ExitCode.FAILED


async def test_what_was_never_ours_is_not_deleted(shop: Shop) -> None:
    shop.policy(adopt=False, delete_reads=1)
    shop.limits(max_shrink=1.0, max_delete=1.0)
    shop.stock("theirs", "held", *numbered(20))
    shop.stock("held", country_of_origin="UK")
    shop.remote.put("theirs")
    shop.remote.put("held")
    shop.remote.put("unheard-of")
    await shop.run()
    shop.drop("theirs", "held")
    await shop.run()
    shop.later(hours=25)
    shop.catalog.rewrite()

    await shop.run()

    assert shop.wrote(Action.DELETE) == []
    assert not shop.knows("theirs")
    assert not shop.knows("held")


async def test_a_held_row_keeps_its_item(kept: Shop) -> None:
    kept.policy(delete_reads=1)
    kept.stock("sku-0000", country_of_origin="UK")
    for _ in range(3):
        await kept.run()
        kept.later(hours=25)
        kept.catalog.rewrite()

    assert kept.wrote() == []
    assert kept.state_of("sku-0000") is SkuState.HELD
