"""Undoing a cycle: what goes back, what is left alone, and how long it is held."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from syncd.domain.attributes import Attribute, ItemId
from syncd.domain.change import Action, Resource
from syncd.domain.cycle import CycleId, CycleResult, Guard, Mode
from syncd.domain.delivery import Failure, Refused, Transient
from syncd.domain.policy import PolicyMode
from syncd.domain.tracking import Delivery, Ownership, Reverted, SkuState, Tracked
from syncd.engine.revert import Kept
from syncd.engine.standing import exit_code
from syncd.errors import ExitCode, RemoteUnavailableError, UsageError
from syncd.service.cycle import rehearse, run_cycle
from syncd.service.deliver import Dispatcher
from syncd.service.revert import release, release_all
from tests.integration.service.shop import Shop, guards, numbered, outcomes, values

NO_WAIT = timedelta(0)
BUSY = Transient(Failure(503, "unavailable", "try later"), in_doubt=False)
LOST = Transient(Failure(None, "timed_out", "no answer"), in_doubt=True)
REFUSED = Refused(Failure(400, "invalid_parameter", "no", "countryOfOrigin"))
UNREACHABLE = RemoteUnavailableError("Digital River", "nobody answers", "Run again later")


async def revert(shop: Shop, cycle: CycleId, **asked: Any) -> CycleResult:  # noqa: ANN401 - CycleRequest's own
    """Undo a cycle, and forget the requests before."""
    shop.remote.calls.clear()
    request = shop.asked(Mode.REVERT, reverts=cycle, **asked)
    return await run_cycle(shop.ports, shop.terms, request)


async def rehearsed(shop: Shop, cycle: CycleId, **asked: Any) -> CycleResult:  # noqa: ANN401 - CycleRequest's own
    shop.remote.calls.clear()
    request = shop.asked(Mode.DRY_RUN, reverts=cycle, **asked)
    return await rehearse(shop.ports, shop.terms, request)


def kept(result: CycleResult) -> dict[str, str]:
    """Why what was left out was left out, by id."""
    return {
        one.change.id: one.failure.code
        for one in result.changes
        if one.failure is not None and one.failure.code in set(Kept)
    }


def reasons(result: CycleResult) -> dict[str, str]:
    return {sku.id: sku.held.rule for sku in result.held}


@pytest.fixture
async def wrong(shop: Shop) -> CycleResult:
    """A cycle that has given three of forty items a wrong origin."""
    shop.stock(*numbered(40))
    await shop.settled()
    shop.stock(*numbered(3), country_of_origin="CA")
    result = await shop.run()
    assert len(result.changes) == 3
    return result


async def test_an_update_goes_back_to_the_values_before_it(shop: Shop, wrong: CycleResult) -> None:
    result = await revert(shop, wrong.id)

    assert outcomes(result) == dict.fromkeys(numbered(3), ("update", "done"))
    assert [change.payload() for change in shop.remote.written()] == [
        values(country_of_origin="DK")
    ] * 3
    assert shop.item("sku-0000")[Attribute.COUNTRY_OF_ORIGIN] == "DK"
    assert (result.mode, result.certificate) == (Mode.REVERT, None)


async def test_a_cleared_value_goes_back_although_the_server_has_filled_its_own_in(
    shop: Shop,
) -> None:
    shop.stock(*numbered(5))
    await shop.settled()
    shop.stock("sku-0000", manufacturer_id=None, country_of_origin="CA")
    shop.remote.store_otherwise("sku-0000", values(manufacturer_id="the server's own"))
    emptied = await shop.run()
    assert emptied.states == {SkuState.IN_SYNC: 5}

    result = await revert(shop, emptied.id)

    assert outcomes(result) == {"sku-0000": ("update", "done")}
    assert shop.item("sku-0000")[Attribute.MANUFACTURER_ID] == "acme"
    assert shop.item("sku-0000")[Attribute.COUNTRY_OF_ORIGIN] == "DK"


async def test_an_update_goes_back_though_others_have_changed_what_is_not_mapped(
    shop: Shop, wrong: CycleResult
) -> None:
    shop.item("sku-0000")[Attribute.ALLOW_OVERSELL] = True

    await revert(shop, wrong.id)

    assert sorted(shop.wrote()) == numbered(3)
    assert shop.item("sku-0000")[Attribute.COUNTRY_OF_ORIGIN] == "DK"
    assert shop.item("sku-0000")[Attribute.ALLOW_OVERSELL] is True


async def test_what_was_undone_is_held_and_told_of(shop: Shop, wrong: CycleResult) -> None:
    result = await revert(shop, wrong.id)

    assert reasons(result) == dict.fromkeys(numbered(3), f"reverted from {wrong.id}")
    assert result.states == {SkuState.HELD: 3, SkuState.IN_SYNC: 37}
    assert exit_code(result) is ExitCode.NEEDS_ATTENTION


async def test_the_next_poll_does_not_undo_the_undoing(shop: Shop, wrong: CycleResult) -> None:
    await revert(shop, wrong.id)
    shop.remote.calls.clear()
    shop.stock(*numbered(3), country_of_origin="CA")

    result = await shop.run()

    assert shop.remote.calls == []
    assert result.states[SkuState.HELD] == 3
    assert exit_code(result) is ExitCode.NEEDS_ATTENTION


async def test_a_mapping_that_comes_to_the_same_lets_nothing_go(
    shop: Shop, wrong: CycleResult
) -> None:
    await revert(shop, wrong.id)
    shop.catalog.meaning = "of another version"
    shop.stock("sku-0000", country_of_origin="CA", eccn=" ear99 ")

    result = await shop.run()

    assert result.states[SkuState.HELD] == 3


@pytest.mark.parametrize("origin", ["DK", "SE"])
async def test_another_wish_of_the_catalog_ends_the_hold(
    shop: Shop, wrong: CycleResult, origin: str
) -> None:
    await revert(shop, wrong.id)
    shop.remote.calls.clear()
    shop.stock("sku-0000", country_of_origin=origin)

    result = await shop.run()

    assert shop.item("sku-0000")[Attribute.COUNTRY_OF_ORIGIN] == origin
    assert shop.wrote() == ([] if origin == "DK" else ["sku-0000"])
    assert result.states == {SkuState.HELD: 2, SkuState.IN_SYNC: 38}


class TestACreate:
    @pytest.fixture
    async def made(self, shop: Shop) -> CycleResult:
        shop.stock(*numbered(40))
        await shop.settled()
        shop.stock("new-1", "new-2")
        return await shop.run()

    async def test_is_undone_by_a_delete_at_once(self, shop: Shop, made: CycleResult) -> None:
        result = await revert(shop, made.id)

        assert outcomes(result) == dict.fromkeys(["new-1", "new-2"], ("delete", "done"))
        assert not {"new-1", "new-2"} & set(shop.remote.contents)
        assert result.states[SkuState.HELD] == 2

    async def test_is_not_made_again_until_its_row_changes(
        self, shop: Shop, made: CycleResult
    ) -> None:
        await revert(shop, made.id)
        shop.remote.calls.clear()
        shop.stock("new-2", country_of_origin="SE")

        await shop.run()

        assert shop.wrote(Action.CREATE) == ["new-2"]

    async def test_waits_while_there_is_stock_left(self, shop: Shop, made: CycleResult) -> None:
        shop.remote.stocked_ids.add(ItemId("new-1"))

        result = await revert(shop, made.id)

        assert shop.wrote() == ["new-2"]
        assert any("stock" in note and "new-1" in note for note in result.notes)
        assert (result.writes_due, result.error) == (0, None)
        shop.remote.stocked_ids.clear()
        shop.later(hours=2)
        await shop.run()
        assert ItemId("new-1") not in shop.remote.contents

    async def test_is_guarded_like_any_delete(self, shop: Shop, made: CycleResult) -> None:
        shop.limits(max_delete=1)

        result = await revert(shop, made.id)

        assert guards(result) == [Guard.MAX_DELETE]
        assert (shop.wrote(), exit_code(result)) == ([], ExitCode.GUARD_STOPPED)
        approved = shop.approve(result.id)
        assert len(approved.approvals) == 2
        await shop.run()
        assert sorted(shop.wrote(Action.DELETE)) == ["new-1", "new-2"]

    async def test_of_a_managed_sku_is_left_alone(self, shop: Shop, made: CycleResult) -> None:
        shop.remote.managed_ids.add(ItemId("new-1"))

        await revert(shop, made.id)

        assert shop.wrote() == ["new-2"]
        assert shop.state_of("new-1") is SkuState.FOREIGN

    async def test_whose_row_has_left_the_catalog_since_is_deleted_and_forgotten(
        self, shop: Shop, made: CycleResult
    ) -> None:
        shop.drop("new-1")
        await shop.run()
        assert shop.state_of("new-1") is SkuState.MISSING

        await revert(shop, made.id)

        assert sorted(shop.wrote(Action.DELETE)) == ["new-1", "new-2"]
        assert not shop.knows("new-1")

    async def test_is_forgotten_when_its_row_leaves_the_catalog_afterwards(
        self, shop: Shop, made: CycleResult
    ) -> None:
        await revert(shop, made.id)
        shop.drop("new-1")

        await shop.run()

        assert not shop.knows("new-1")


class TestADelete:
    @pytest.fixture
    async def lost(self, shop: Shop) -> CycleResult:
        shop.policy(delete_after=timedelta(0), delete_reads=1)
        shop.stock(*numbered(40))
        await shop.settled()
        shop.drop("sku-0001", "sku-0002")
        return await shop.run()

    async def test_is_undone_by_a_create_with_the_values_before(
        self, shop: Shop, lost: CycleResult
    ) -> None:
        assert ItemId("sku-0001") not in shop.remote.contents

        result = await revert(shop, lost.id)

        assert outcomes(result) == dict.fromkeys(["sku-0001", "sku-0002"], ("create", "done"))
        assert shop.item("sku-0001")[Attribute.PART_NUMBER] == "P-sku-0001"
        assert shop.item("sku-0001")[Attribute.COUNTRY_OF_ORIGIN] == "DK"
        assert result.states == {SkuState.IN_SYNC: 38, SkuState.HELD: 2}

    async def test_is_held_as_long_as_the_catalog_lacks_it(
        self, shop: Shop, lost: CycleResult
    ) -> None:
        await revert(shop, lost.id)
        shop.remote.calls.clear()
        for _ in range(3):
            shop.later(days=2)
            shop.catalog.rewrite()
            assert (await shop.run()).states[SkuState.HELD] == 2

        assert shop.remote.calls == []

    async def test_does_not_make_a_partial_read_doubtful(
        self, shop: Shop, lost: CycleResult
    ) -> None:
        await revert(shop, lost.id)
        shop.catalog.doubts = ("it was cut short",)
        shop.catalog.rewrite()

        assert guards(await shop.run()) == []

    async def test_goes_by_the_catalog_again_when_its_row_comes_back(
        self, shop: Shop, lost: CycleResult
    ) -> None:
        await revert(shop, lost.id)
        shop.stock("sku-0001", country_of_origin="SE")

        result = await shop.run()

        assert shop.item("sku-0001")[Attribute.COUNTRY_OF_ORIGIN] == "SE"
        assert result.states == {SkuState.IN_SYNC: 39, SkuState.HELD: 1}

    async def test_of_an_item_that_somebody_has_made_again_is_left_alone(
        self, shop: Shop, lost: CycleResult
    ) -> None:
        shop.remote.put("sku-0001", values(part_number="theirs"))

        result = await revert(shop, lost.id)

        assert kept(result) == {"sku-0001": Kept.CHANGED_SINCE}
        assert shop.item("sku-0001")[Attribute.PART_NUMBER] == "theirs"

    async def test_is_deleted_again_once_it_is_released(
        self, shop: Shop, lost: CycleResult
    ) -> None:
        await revert(shop, lost.id)

        release(shop.state, [ItemId("sku-0001")], "the test")
        shop.catalog.rewrite()
        await shop.run()

        assert ItemId("sku-0001") not in shop.remote.contents
        assert ItemId("sku-0002") in shop.remote.contents


class TestWhatIsLeftOut:
    async def test_is_what_a_later_cycle_has_written(self, shop: Shop, wrong: CycleResult) -> None:
        shop.stock("sku-0000", country_of_origin="SE")
        await shop.run()

        result = await revert(shop, wrong.id)

        assert kept(result) == {"sku-0000": Kept.WRITTEN_SINCE}
        assert shop.item("sku-0000")[Attribute.COUNTRY_OF_ORIGIN] == "SE"

    async def test_is_what_others_have_changed_at_the_remote(
        self, shop: Shop, wrong: CycleResult
    ) -> None:
        shop.item("sku-0000")[Attribute.COUNTRY_OF_ORIGIN] = "JP"
        shop.item("sku-0001")[Attribute.ECCN] = "5A991"
        del shop.remote.contents[ItemId("sku-0002")]

        result = await revert(shop, wrong.id)

        assert kept(result) == dict.fromkeys(numbered(3), Kept.CHANGED_SINCE)
        assert (shop.wrote(), result.states) == ([], {SkuState.IN_SYNC: 40})
        assert exit_code(result) is ExitCode.OK

    async def test_is_what_the_catalog_wants_otherwise_by_now(
        self, shop: Shop, wrong: CycleResult
    ) -> None:
        shop.limits(max_update=0)
        shop.stock("sku-0000", country_of_origin="SE")
        await shop.run()
        shop.limits(max_update=0.5)

        result = await revert(shop, wrong.id)

        assert kept(result) == {"sku-0000": Kept.WISHED_SINCE}
        assert sorted(shop.wrote()) == numbered(2, 1)

    async def test_is_an_update_of_what_has_left_the_catalog(
        self, shop: Shop, wrong: CycleResult
    ) -> None:
        shop.drop("sku-0000")
        await shop.run()

        result = await revert(shop, wrong.id)

        assert kept(result) == {"sku-0000": Kept.GONE}
        assert shop.state_of("sku-0000") is SkuState.MISSING

    async def test_is_what_policy_does_not_allow(self, shop: Shop, wrong: CycleResult) -> None:
        shop.policy(mode=PolicyMode.CREATE_ONLY)

        result = await revert(shop, wrong.id)

        assert kept(result) == dict.fromkeys(numbered(3), Kept.NOT_ALLOWED)
        assert result.states == {SkuState.IN_SYNC: 40}

    async def test_is_what_could_not_be_asked_about(self, shop: Shop, wrong: CycleResult) -> None:
        shop.remote.poison.add(ItemId("sku-0001"))

        result = await revert(shop, wrong.id)

        assert kept(result) == {"sku-0001": Kept.UNSEEN}
        assert sorted(shop.wrote()) == ["sku-0000", "sku-0002"]

    async def test_is_what_was_not_asked_for(self, shop: Shop, wrong: CycleResult) -> None:
        only = frozenset({ItemId("sku-0002"), ItemId("sku-0030")})

        result = await revert(shop, wrong.id, only=only)

        assert shop.wrote() == ["sku-0002"]
        assert any("did not write sku-0030" in note for note in result.notes)

    async def test_is_a_write_that_was_refused(self, shop: Shop) -> None:
        shop.stock(*numbered(20))
        await shop.settled()
        shop.stock(*numbered(2), country_of_origin="CA")
        shop.remote.script("sku-0000", REFUSED)
        cycle = await shop.run()

        result = await revert(shop, cycle.id)

        assert outcomes(result) == {"sku-0001": ("update", "done")}
        assert shop.state_of("sku-0000") is SkuState.QUARANTINED


class TestAWriteInDoubt:
    @pytest.mark.parametrize("carried_out", [True, False])
    async def test_is_looked_up_first(self, shop: Shop, *, carried_out: bool) -> None:
        shop.stock("a", "b")
        await shop.settled()
        shop.stock("a", country_of_origin="CA")
        shop.remote.script("a", LOST, carried_out=carried_out)
        cycle = await shop.run(wait=NO_WAIT)
        assert shop.sku("a").delivery is Delivery.IN_DOUBT

        result = await revert(shop, cycle.id)

        assert shop.item("a")[Attribute.COUNTRY_OF_ORIGIN] == "DK"
        assert len(shop.wrote()) == carried_out
        assert any("Nothing is left" in note for note in result.notes) is not carried_out
        assert shop.state_of("a") is (SkuState.HELD if carried_out else SkuState.PENDING)

    @pytest.mark.parametrize("carried_out", [True, False])
    async def test_of_a_delete_is_looked_up_first(self, shop: Shop, *, carried_out: bool) -> None:
        shop.policy(delete_after=timedelta(0), delete_reads=1)
        shop.stock(*numbered(40))
        await shop.settled()
        shop.drop("sku-0000")
        shop.remote.script("sku-0000", LOST, carried_out=carried_out)
        cycle = await shop.run(wait=NO_WAIT)

        await revert(shop, cycle.id)

        assert ItemId("sku-0000") in shop.remote.contents
        assert shop.wrote() == ["sku-0000"] * carried_out

    async def test_that_a_killed_process_left_is_waited_out(
        self, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        shop.stock("a")
        await shop.settled()
        shop.stock("a", country_of_origin="CA")
        with monkeypatch.context() as patched:
            patched.setattr(Dispatcher, "_settle", _dies)
            with pytest.raises(_KilledError):
                await shop.run()
        (cycle, *_) = shop.state.cycles(1)
        before = shop.clock.now()

        result = await revert(shop, cycle.id)

        assert shop.clock.now() - before >= shop.terms.request_timeout
        assert outcomes(result) == {"a": ("update", "done")}


class TestACrashInTheMiddle:
    async def test_loses_neither_the_hold_nor_the_rest(
        self, shop: Shop, wrong: CycleResult, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(Dispatcher, "_settle", _dies)
            with pytest.raises(_KilledError):
                await revert(shop, wrong.id)
        shop.restart()
        shop.later(minutes=2)

        result = await shop.run()

        assert result.states == {SkuState.IN_SYNC: 37, SkuState.HELD: 3}
        for item in numbered(3):
            assert shop.item(item)[Attribute.COUNTRY_OF_ORIGIN] == "DK"

    async def test_and_another_revert_of_the_cycle_goes_on(
        self, shop: Shop, wrong: CycleResult
    ) -> None:
        shop.remote.script("sku-0001", *[BUSY] * 3)
        first = await revert(shop, wrong.id, wait=NO_WAIT)
        assert (first.writes_due, exit_code(first)) == (1, ExitCode.FAILED)
        shop.later(minutes=1)

        again = await revert(shop, wrong.id)

        assert outcomes(again) == {"sku-0001": ("update", "done")}
        assert kept(again) == {}
        assert again.states[SkuState.HELD] == 3


class TestARevertOfARevert:
    async def test_of_updates_is_in_sync_again_and_holds_nothing(
        self, shop: Shop, wrong: CycleResult
    ) -> None:
        undoing = await revert(shop, wrong.id)

        result = await revert(shop, undoing.id)

        assert outcomes(result) == dict.fromkeys(numbered(3), ("update", "done"))
        assert result.states == {SkuState.IN_SYNC: 40}
        assert shop.item("sku-0000")[Attribute.COUNTRY_OF_ORIGIN] == "CA"

    async def test_of_creates_makes_them_again(self, shop: Shop) -> None:
        shop.stock(*numbered(40))
        await shop.settled()
        shop.stock("new")
        made = await shop.run()
        undoing = await revert(shop, made.id)
        assert ItemId("new") not in shop.remote.contents

        result = await revert(shop, undoing.id)

        assert outcomes(result) == {"new": ("create", "done")}
        assert result.states == {SkuState.IN_SYNC: 41}

    async def test_leaves_the_first_cycle_for_good(self, shop: Shop, wrong: CycleResult) -> None:
        undoing = await revert(shop, wrong.id)
        await revert(shop, undoing.id)

        result = await revert(shop, wrong.id)

        assert kept(result) == dict.fromkeys(numbered(3), Kept.WRITTEN_SINCE)


class TestRelease:
    async def test_lets_the_catalog_have_its_way_again(
        self, shop: Shop, wrong: CycleResult
    ) -> None:
        await revert(shop, wrong.id)

        assert release(shop.state, [ItemId("sku-0001")], "the test") == ("sku-0001",)

        result = await shop.run()
        assert shop.item("sku-0001")[Attribute.COUNTRY_OF_ORIGIN] == "CA"
        assert result.states == {SkuState.IN_SYNC: 38, SkuState.HELD: 2}

    async def test_of_all_takes_in_what_was_stopped_and_never_written(
        self, shop: Shop, wrong: CycleResult
    ) -> None:
        shop.limits(max_update=1)
        stopped = await revert(shop, wrong.id)
        assert (guards(stopped), shop.wrote()) == ([Guard.MAX_UPDATE], [])

        assert len(release_all(shop.state, "the test")) == 3

        assert (await shop.run()).states == {SkuState.IN_SYNC: 40}
        assert shop.wrote() == []
        assert release_all(shop.state, "the test") == ()

    async def test_of_all_takes_in_what_became_foreign_since(self, shop: Shop) -> None:
        """Beside an item that a revert holds, another's SKU was found."""
        wish = {Attribute.PART_NUMBER: "P", Attribute.NAME: "Shoe"}
        item = {Attribute.PART_NUMBER: "P"}
        row = Tracked(ItemId("a"), desired=wish, known=item, ownership=Ownership.OWNED)
        reverted = Reverted(CycleId("c"), {**wish, Attribute.NAME: "Boot"})
        with shop.state.transaction() as transaction:
            transaction.put([replace(row, foreign_reason="its SKU was there", reverted=reverted)])
        assert shop.state_of("a") is SkuState.FOREIGN

        assert release_all(shop.state, "the test") == ("a",)

        assert (shop.state_of("a"), shop.sku("a").reverted) == (SkuState.FOREIGN, None)

    async def test_of_what_no_revert_holds_changes_nothing(
        self, shop: Shop, wrong: CycleResult
    ) -> None:
        await revert(shop, wrong.id)
        before = shop.tables()["sku"]

        with pytest.raises(UsageError, match="none holds sku-0030, unknown"):
            release(shop.state, [ItemId(one) for one in ("sku-0000", "sku-0030", "unknown")], "me")

        assert shop.tables()["sku"] == before


class TestARowThatVanishes:
    async def test_is_missing_and_held_again_when_it_comes_back_as_it_was(
        self, shop: Shop, wrong: CycleResult
    ) -> None:
        await revert(shop, wrong.id)
        shop.drop("sku-0000")
        assert (await shop.run()).states[SkuState.MISSING] == 1

        shop.stock("sku-0000", country_of_origin="CA")
        result = await shop.run()

        assert result.states == {SkuState.IN_SYNC: 37, SkuState.HELD: 3}
        assert shop.item("sku-0000")[Attribute.COUNTRY_OF_ORIGIN] == "DK"

    async def test_is_deleted_like_any_other(self, shop: Shop, wrong: CycleResult) -> None:
        await revert(shop, wrong.id)
        shop.drop("sku-0000")
        await shop.run()
        shop.later(hours=25)
        shop.catalog.rewrite()

        await shop.run()

        assert ItemId("sku-0000") not in shop.remote.contents

    async def test_that_becomes_unusable_stays_held_for_that(
        self, shop: Shop, wrong: CycleResult
    ) -> None:
        await revert(shop, wrong.id)
        shop.stock("sku-0000", hs_code="12")

        result = await shop.run()

        assert "sku-0000" in reasons(result)
        assert "reverted" not in reasons(result)["sku-0000"]
        shop.stock("sku-0000", country_of_origin="CA")
        assert reasons(await shop.run())["sku-0000"] == f"reverted from {wrong.id}"


class TestADryRun:
    async def test_foretells_what_the_revert_writes_and_writes_nothing(
        self, shop: Shop, wrong: CycleResult
    ) -> None:
        shop.item("sku-0002")[Attribute.ECCN] = "5A991"
        before = shop.tables()

        plan = await rehearsed(shop, wrong.id)

        assert outcomes(plan) == {
            "sku-0000": ("update", "planned"),
            "sku-0001": ("update", "planned"),
            "sku-0002": ("update", "failed"),
        }
        assert (shop.wrote(), shop.tables()) == ([], before)
        planned = [one.change for one in plan.changes if one.outcome == "planned"]
        await revert(shop, wrong.id)
        assert shop.remote.written() == planned

    async def test_shows_what_a_guard_would_stop(self, shop: Shop, wrong: CycleResult) -> None:
        shop.limits(max_update=1)

        assert guards(await rehearsed(shop, wrong.id)) == [Guard.MAX_UPDATE]


class TestWhatCannotBeReverted:
    async def test_is_an_unknown_cycle(self, shop: Shop) -> None:
        with pytest.raises(UsageError, match="no such cycle"):
            await revert(shop, CycleId("cycle-9999"))
        with pytest.raises(UsageError, match="no such cycle"):
            await rehearsed(shop, CycleId("cycle-9999"))

    async def test_is_a_cycle_that_wrote_nothing(self, shop: Shop) -> None:
        shop.stock("a")
        await shop.settled()
        idle = await shop.run()

        with pytest.raises(UsageError, match="wrote nothing"):
            await revert(shop, idle.id)
        assert len(shop.state.cycles(10)) == 2

    async def test_is_anything_where_nothing_may_be_written(
        self, shop: Shop, wrong: CycleResult
    ) -> None:
        shop.policy(mode=PolicyMode.REPORT_ONLY)

        with pytest.raises(UsageError, match="nothing be written"):
            await revert(shop, wrong.id)
        assert len((await rehearsed(shop, wrong.id)).changes) == 3

    async def test_is_what_nobody_answers_about(self, shop: Shop, wrong: CycleResult) -> None:
        shop.remote.fail_read(Resource.INVENTORY_ITEM, *[UNREACHABLE] * 10)

        result = await revert(shop, wrong.id)

        assert (result.error, shop.wrote()) == (str(UNREACHABLE), [])
        assert result.states == {SkuState.IN_SYNC: 40}
        assert exit_code(result) is ExitCode.FAILED


class _KilledError(Exception):
    """What stands for the death of the process."""


def _dies(*_: object) -> None:
    raise _KilledError
