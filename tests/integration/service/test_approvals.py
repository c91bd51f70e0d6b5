"""Approvals: exactly what was stopped passes, once the row is still as it was planned."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest

from syncd.domain.approval import LeftOut
from syncd.domain.attributes import Attribute, ItemId
from syncd.domain.change import Action, ChangeOutcome, Plan
from syncd.domain.cycle import CycleId, CycleResult, Guard, Mode
from syncd.domain.delivery import Failure, Transient
from syncd.domain.tracking import SkuState
from syncd.engine.standing import exit_code
from syncd.errors import ExitCode, LeaseHeldError, UsageError
from syncd.service.past import past_cycle
from tests.integration.service.shop import Shop, guards, numbered, outcomes

NO_WAIT = timedelta(0)
OUTAGE = Transient(Failure(503, "service_unavailable", "later"), in_doubt=False)


@pytest.fixture
async def kept(shop: Shop) -> Shop:
    """A shop of 30 items in sync, of which a third may be updated or deleted."""
    shop.limits(max_update=0.34, max_delete=0.34, max_same_change=1.0, max_shrink=1.0)
    shop.stock(*numbered(30))
    await shop.settled()
    return shop


async def stopped(shop: Shop, count: int = 12) -> CycleResult:
    """The cycle that stopped as many updates."""
    shop.stock(*numbered(count), country_of_origin="SE")
    result = await shop.run()
    assert guards(result) == [Guard.MAX_UPDATE]
    shop.remote.calls.clear()
    return result


class TestUpdates:
    async def test_are_carried_out_by_the_next_cycle(self, kept: Shop) -> None:
        cycle = await stopped(kept)
        assert exit_code(cycle) is ExitCode.GUARD_STOPPED

        approved = kept.approve(cycle.id)
        assert [one.change for one in approved.approvals] == list(cycle.stopped())
        assert (approved.left_out, kept.remote.calls) == ({}, [])
        result = await kept.run()

        assert sorted(kept.wrote(Action.UPDATE)) == numbered(12)
        assert guards(result) == []
        assert exit_code(result) is ExitCode.OK
        assert kept.item("sku-0011")[Attribute.COUNTRY_OF_ORIGIN] == "SE"

    async def test_are_shown_to_pass_by_a_dry_run(self, kept: Shop) -> None:
        cycle = await stopped(kept)
        assert guards(await kept.dry_run()) == [Guard.MAX_UPDATE]
        kept.approve(cycle.id)

        rehearsed = await kept.dry_run()

        assert outcomes(rehearsed) == dict.fromkeys(numbered(12), ("update", "planned"))
        assert guards(rehearsed) == []

    async def test_that_moved_on_are_left_out_and_stay_stopped(self, kept: Shop) -> None:
        cycle = await stopped(kept, 14)
        kept.stock("sku-0000", country_of_origin="IT")
        kept.stock("sku-0001")
        kept.drop("sku-0002")
        await kept.run(only=frozenset({ItemId("sku-0003")}))

        approved = kept.approve(cycle.id)

        assert dict(approved.left_out) == {
            LeftOut.MOVED_ON: ["sku-0000", "sku-0001"],
            LeftOut.GONE: ["sku-0002"],
            LeftOut.DONE: ["sku-0003"],
        }
        assert [one.change.id for one in approved.approvals] == numbered(10, 4)
        kept.remote.calls.clear()
        await kept.run()
        assert sorted(kept.wrote(Action.UPDATE)) == ["sku-0000", *numbered(10, 4)]

    async def test_that_move_on_after_the_approval_are_judged_like_all_others(
        self, kept: Shop
    ) -> None:
        kept.approve((await stopped(kept)).id)
        kept.stock(*numbered(12), country_of_origin="IT")

        result = await kept.run()

        assert (guards(result), kept.wrote()) == ([Guard.MAX_UPDATE], [])

    async def test_come_with_no_others(self, kept: Shop) -> None:
        kept.approve((await stopped(kept)).id)
        kept.stock(*numbered(11, 12), country_of_origin="IT")

        result = await kept.run()

        assert sorted(kept.wrote()) == numbered(12)
        assert guards(result) == [Guard.MAX_UPDATE]
        assert [one.id for one in result.stopped()] == numbered(11, 12)
        assert exit_code(result) is ExitCode.GUARD_STOPPED

    async def test_do_not_eat_the_budget(self, kept: Shop) -> None:
        kept.approve((await stopped(kept)).id)
        await kept.run()
        assert {entry.approved for entry in kept.journal("sku-0000")[1:]} == {True}
        kept.stock(*numbered(10, 12), country_of_origin="IT")

        assert guards(await kept.run()) == []
        kept.stock("sku-0025", country_of_origin="IT")
        assert guards(await kept.run()) == [Guard.MAX_UPDATE]

    async def test_may_be_tried_again_until_the_approval_expires(self, kept: Shop) -> None:
        kept.approve((await stopped(kept)).id)
        kept.remote.script("sku-0000", OUTAGE)

        assert exit_code(await kept.run(wait=NO_WAIT)) is ExitCode.FAILED
        kept.later(minutes=5)

        assert exit_code(await kept.run(wait=NO_WAIT)) is ExitCode.OK

    @pytest.mark.parametrize(("hours", "passed"), [(23, True), (24, False)])
    async def test_expire_after_the_budgets_window(
        self, kept: Shop, hours: int, *, passed: bool
    ) -> None:
        approved = kept.approve((await stopped(kept)).id)
        assert approved.expires - approved.at == timedelta(hours=24)
        kept.later(hours=hours)

        await kept.run()

        assert sorted(kept.wrote()) == (numbered(12) if passed else [])

    async def test_are_approved_for_the_guards_that_stopped_them_alone(self, kept: Shop) -> None:
        kept.approve((await stopped(kept)).id)
        kept.limits(max_same_change=0.2)

        result = await kept.run()

        assert (guards(result), kept.wrote()) == ([Guard.MAX_SAME_CHANGE], [])
        again = kept.approve(result.id)
        assert {one.guards for one in again.approvals} == {
            frozenset({Guard.MAX_UPDATE, Guard.MAX_SAME_CHANGE})
        }
        await kept.run()
        assert sorted(kept.wrote()) == numbered(12)

    async def test_pass_in_an_applied_plan_too(self, kept: Shop) -> None:
        kept.approve((await stopped(kept)).id)
        planned = await kept.dry_run()
        saved = [one.change for one in planned.changes if one.outcome is ChangeOutcome.PLANNED]

        result = await kept.run(mode=Mode.APPLY, saved=Plan(tuple(saved)))

        assert (guards(result), sorted(kept.wrote())) == ([], numbered(12))


class TestDeletes:
    async def test_that_are_due_are_carried_out(self, kept: Shop) -> None:
        kept.drop(*numbered(12))
        await kept.run()
        kept.catalog.rewrite()
        kept.later(hours=25)
        cycle = await kept.run()
        assert guards(cycle) == [Guard.MAX_DELETE]

        kept.approve(cycle.id)
        kept.remote.stocked_ids.add(ItemId("sku-0003"))
        await kept.run()

        others = [one for one in numbered(12) if one != "sku-0003"]
        assert sorted(kept.wrote(Action.DELETE)) == others
        assert guards(await kept.run()) == []

    async def test_that_came_back_are_left_out(self, kept: Shop) -> None:
        kept.drop(*numbered(12))
        await kept.run()
        kept.catalog.rewrite()
        kept.later(hours=25)
        cycle = await kept.run()
        kept.stock("sku-0000")
        await kept.run()

        approved = kept.approve(cycle.id)

        assert dict(approved.left_out) == {LeftOut.MOVED_ON: ["sku-0000"]}
        await kept.run()
        assert sorted(kept.wrote(Action.DELETE)) == numbered(11, 1)
        assert dict(kept.approve(cycle.id).left_out) == {
            LeftOut.MOVED_ON: ["sku-0000"],
            LeftOut.DONE: numbered(11, 1),
        }

    async def test_are_not_approved_for_the_next_time(self, kept: Shop) -> None:
        kept.policy(delete_after=timedelta(hours=1))
        cycle = await self.lost(kept)
        kept.approve(cycle.id)
        await kept.run()
        assert sorted(kept.wrote(Action.DELETE)) == numbered(12)
        kept.stock(*numbered(12))
        await kept.run()
        kept.remote.calls.clear()

        again = await self.lost(kept)

        assert (guards(again), kept.wrote(Action.DELETE)) == ([Guard.MAX_DELETE], [])
        assert dict(kept.approve(cycle.id).left_out) == {LeftOut.MOVED_ON: numbered(12)}

    async def lost(self, shop: Shop) -> CycleResult:
        """The cycle in which the deletes of twelve ids come due."""
        shop.drop(*numbered(12))
        await shop.run()
        shop.catalog.rewrite()
        shop.later(hours=2)
        return await shop.run()


class TestAShrunkRead:
    @pytest.fixture
    async def shrunk(self, kept: Shop) -> Shop:
        kept.limits(max_shrink=0.2)
        kept.drop(*numbered(10))
        kept.remote.calls.clear()
        return kept

    async def test_that_is_approved_is_the_yardstick_from_then_on(self, shrunk: Shop) -> None:
        cycle = await shrunk.run()
        assert guards(cycle) == [Guard.MAX_SHRINK]

        approved = shrunk.approve(cycle.id)

        assert approved.read is not None
        assert (approved.read.rows, approved.approvals) == (20, ())
        assert guards(await shrunk.run()) == []
        assert shrunk.state_of("sku-0000") is SkuState.MISSING
        reading = shrunk.state.reading()
        assert (reading.yardstick, reading.complete_reads) == (20, 2)  # type: ignore[union-attr]  # it was read
        assert shrunk.approve(cycle.id).read_left_out is LeftOut.DONE

    async def test_that_another_stop_of_it_names_is_the_same_read(self, shrunk: Shop) -> None:
        cycle = await shrunk.run()
        await shrunk.run()
        shrunk.catalog.rewrite()
        await shrunk.run()

        assert shrunk.approve(cycle.id).read is not None
        assert guards(await shrunk.run()) == []

    @pytest.mark.parametrize("way", ["rows", "meaning"])
    async def test_lifts_nothing_for_another_read(self, shrunk: Shop, way: str) -> None:
        shrunk.approve((await shrunk.run()).id)
        if way == "rows":
            shrunk.drop("sku-0010")
        else:
            shrunk.catalog.meaning = "meaning-2"

        assert guards(await shrunk.run()) == [Guard.MAX_SHRINK]
        assert shrunk.state_of("sku-0000") is SkuState.IN_SYNC

    async def test_that_was_followed_by_another_is_left_out(self, shrunk: Shop) -> None:
        cycle = await shrunk.run()
        shrunk.drop("sku-0010")
        await shrunk.run()

        approved = shrunk.approve(cycle.id)

        assert (approved.read, approved.read_left_out) == (None, LeftOut.MOVED_ON)
        assert guards(await shrunk.run()) == [Guard.MAX_SHRINK]

    async def test_expires(self, shrunk: Shop) -> None:
        shrunk.approve((await shrunk.run()).id)
        shrunk.later(hours=24)

        assert guards(await shrunk.run()) == [Guard.MAX_SHRINK]

    async def test_that_has_become_doubtful_still_deletes_nothing(self, shrunk: Shop) -> None:
        shrunk.approve((await shrunk.run()).id)
        shrunk.catalog.doubts = ("cut short",)
        shrunk.catalog.rewrite()

        assert guards(await shrunk.run()) == [Guard.PARTIAL_READ]
        assert shrunk.state_of("sku-0000") is SkuState.IN_SYNC


class TestACycle:
    def test_that_never_was_is_wrong_usage(self, kept: Shop) -> None:
        with pytest.raises(UsageError, match="there is no such cycle"):
            kept.approve(CycleId("cycle-9999"))

    async def test_that_stopped_nothing_is_wrong_usage(self, kept: Shop) -> None:
        with pytest.raises(UsageError, match="no guard stopped anything"):
            kept.approve((await kept.run()).id)

    async def test_that_was_a_dry_run_is_not_there_to_be_approved(self, kept: Shop) -> None:
        await stopped(kept)

        with pytest.raises(UsageError, match="no such cycle"):
            kept.approve((await kept.dry_run()).id)

    @pytest.mark.parametrize(
        ("guard", "words"),
        [
            (Guard.PARTIAL_READ, "have the catalog exported whole"),
            (Guard.EMPTY_CATALOG, "mend the catalog"),
            (Guard.ACCOUNT, "put the old key back"),
        ],
    )
    async def test_that_stopped_for_want_of_proof_says_what_to_do_instead(
        self, kept: Shop, guard: Guard, words: str
    ) -> None:
        if guard is Guard.PARTIAL_READ:
            kept.catalog.doubts = ("cut short",)
            kept.drop("sku-0000")
        if guard is Guard.EMPTY_CATALOG:
            kept.drop(*numbered(30))
        if guard is Guard.ACCOUNT:
            kept.remote.contents.clear()
            kept.terms = kept.account("account-2")
        cycle = await kept.run()
        assert guards(cycle) == [guard]

        with pytest.raises(UsageError, match=words):
            kept.approve(cycle.id)

    async def test_that_is_running_is_waited_for(
        self, kept: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("syncd.service.approve.LEASE_WAIT", NO_WAIT)
        cycle = await stopped(kept)

        with (
            kept.state.lease("somebody", NO_WAIT),
            pytest.raises(LeaseHeldError, match="somebody"),
        ):
            kept.approve(cycle.id)

    async def test_shows_in_the_history_what_it_stopped(self, kept: Shop) -> None:
        kept.stock("new")
        cycle = await stopped(kept)

        told = past_cycle(kept.state, cycle.id)

        assert told.changes == cycle.changes
        assert outcomes(told) == {"new": ("create", "done")} | dict.fromkeys(
            numbered(12), ("update", "stopped")
        )


async def test_a_standing_stop_is_kept_once(kept: Shop) -> None:
    first = await stopped(kept)
    before = kept.tables()["stopped_plan"]
    for _ in range(3):
        assert (await kept.run()).stopped_plan == first.stopped_plan

    assert kept.tables()["stopped_plan"] == before


async def test_expired_approvals_are_cleared_away_by_the_next_one(kept: Shop) -> None:
    kept.approve((await stopped(kept)).id)
    kept.later(hours=24)
    kept.stock(*numbered(11, 12), country_of_origin="IT")
    kept.approve((await kept.run()).id)

    with closing(sqlite3.connect(kept.file)) as database:
        assert database.execute("SELECT count(*) FROM approval").fetchone() == (23,)
