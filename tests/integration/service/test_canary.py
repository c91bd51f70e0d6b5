"""The canary: what decides the plan has changed, so the first plan must be small or approved."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from syncd.domain.approval import LeftOut
from syncd.domain.attributes import Attribute, ItemId
from syncd.domain.change import Action, Plan, Resource
from syncd.domain.cycle import Guard, Mode
from syncd.domain.delivery import Failure, Transient
from syncd.domain.policy import PolicyMode
from syncd.domain.tracking import SkuState
from syncd.engine.standing import exit_code
from syncd.errors import ExitCode, RemoteUnavailableError
from syncd.service import canary
from syncd.service.canary import NEW_STATE, NOTHING_REMEMBERED
from syncd.service.passes import Passes
from tests.fakes.catalog import FakeCatalog
from tests.integration.service.shop import Shop, guards, numbered, outcomes

MEANING = {"mapping": "m1", "filter": "f1", "version": "1"}
UNREACHABLE = RemoteUnavailableError("Digital River", "nobody answers", "Run again later")


@pytest.fixture
async def kept(shop: Shop) -> Shop:
    """A shop of 30 items in sync, whose meaning is remembered; one update may pass the canary."""
    mean(shop)
    shop.limits(canary=1, max_same_change=1.0)
    shop.stock(*numbered(30))
    await shop.settled()
    return shop


def mean(shop: Shop, **changed: str) -> None:
    """Change parts of the meaning, and with it how the bytes are read."""
    meaning = {**MEANING, **changed}
    shop.terms = replace(shop.terms, meaning=meaning)
    shop.catalog.meaning = repr({**meaning, "version": ""})


def move(shop: Shop, count: int = 5, origin: str = "SE") -> None:
    shop.stock(*numbered(count), country_of_origin=origin)


async def test_a_new_state_is_announced_once_and_passes(shop: Shop) -> None:
    mean(shop)
    shop.limits(canary=0)
    for item in numbered(5):
        shop.remote.contents[ItemId(item)] = {Attribute.PART_NUMBER: "other"}
    shop.limits(max_update=1.0, max_same_change=1.0)
    shop.stock(*numbered(5))
    assert NEW_STATE in (await shop.dry_run()).notes

    first = await shop.run()

    assert (guards(first), sorted(shop.wrote(Action.UPDATE))) == ([], numbered(5))
    assert NEW_STATE in first.notes
    assert NEW_STATE not in (await shop.run()).notes


async def test_the_first_plan_after_a_change_waits(kept: Shop) -> None:
    mean(kept, mapping="m2")
    move(kept)
    kept.stock("new")

    assert guards(await kept.dry_run()) == [Guard.CANARY]
    for _ in range(2):
        result = await kept.run()

        assert guards(result) == [Guard.CANARY]
        assert "the mapping has changed since the last plan that passed" in result.guards[0].message
        assert exit_code(result) is ExitCode.GUARD_STOPPED
    assert kept.wrote() == ["new"]


async def test_a_plan_that_waits_is_not_proven_by_what_a_later_pass_has_left(kept: Shop) -> None:
    mean(kept, mapping="another")
    move(kept)
    kept.stock("new")
    kept.remote.script("new", Transient(Failure(503, "http_503", "out"), in_doubt=False))

    first = await kept.run(wait=timedelta(minutes=5))
    second = await kept.run()

    assert len(kept.wrote(Action.CREATE)) == 2, "there was no later pass"
    assert guards(first) == guards(second) == [Guard.CANARY]
    assert kept.wrote(Action.UPDATE) == []


async def test_a_small_plan_passes_and_the_next_one_may_be_larger(kept: Shop) -> None:
    mean(kept, mapping="m2", version="2")
    move(kept, 1)
    assert guards(await kept.run()) == []
    move(kept, 10, "IT")

    result = await kept.run()

    assert (guards(result), sorted(kept.wrote())) == ([], sorted(["sku-0000", *numbered(10)]))


async def test_an_approved_plan_passes_and_the_next_one_may_be_larger(kept: Shop) -> None:
    mean(kept, version="2")
    move(kept)
    cycle = await kept.run()
    assert "the version has changed" in cycle.guards[0].message

    kept.approve(cycle.id)
    assert exit_code(await kept.run()) is ExitCode.OK

    assert sorted(kept.wrote()) == numbered(5)
    move(kept, 10, "IT")
    assert guards(await kept.run()) == []


async def test_a_change_that_is_taken_back_before_any_plan_passed_is_none(kept: Shop) -> None:
    mean(kept, mapping="m2")
    move(kept)
    await kept.run()
    mean(kept)

    assert guards(await kept.run()) == []
    assert sorted(kept.wrote()) == numbered(5)


async def test_deletes_wait_too(kept: Shop) -> None:
    kept.drop(*numbered(2))
    await kept.run()
    kept.catalog.rewrite()
    kept.later(hours=25)
    mean(kept, version="2")

    result = await kept.run()

    assert guards(result) == [Guard.CANARY]
    assert outcomes(result) == dict.fromkeys(numbered(2), ("delete", "stopped"))


@pytest.mark.parametrize("way", ["only", "apply", "dry run", "partial", "shrunk", "unseen"])
async def test_a_part_of_a_plan_proves_nothing(kept: Shop, way: str) -> None:
    mean(kept, mapping="m2")
    wait = timedelta(0)
    match way:
        case "only":
            assert guards(await kept.run(only=frozenset({ItemId("sku-0000")}))) == []
        case "apply":
            assert guards(await kept.run(mode=Mode.APPLY, saved=Plan())) == []
        case "dry run":
            assert guards(await kept.dry_run()) == []
        case "partial":
            kept.catalog.doubts = ("cut short",)
            kept.catalog.rewrite()
            assert guards(await kept.run()) == []
            kept.catalog.doubts = ()
        case "shrunk":
            kept.drop(*numbered(10, 10))
            assert guards(await kept.run()) == [Guard.MAX_SHRINK]
            kept.stock(*numbered(10, 10))
        case "unseen":
            kept.stock("new")
            kept.remote.fail_read(Resource.INVENTORY_ITEM, UNREACHABLE)
            assert exit_code(await kept.run(wait=wait)) is ExitCode.FAILED
        case _:
            raise AssertionError(way)
    move(kept)

    assert guards(await kept.run(wait=wait)) == [Guard.CANARY]


class TestLosses:
    """A new filter drops rows at once; their deletes come due when its first plan has passed."""

    async def test_wait_before_their_deletes_come_due(self, kept: Shop) -> None:
        mean(kept, filter="f2")
        kept.drop(*numbered(2))

        rehearsed, result = await kept.dry_run(), await kept.run()

        assert (guards(rehearsed), guards(result)) == ([Guard.CANARY], [Guard.CANARY])
        assert "the filter has changed" in result.guards[0].message
        assert "2 deletes that are yet to come due" in result.guards[0].message
        assert result.guards[0].examples == tuple(numbered(2))
        assert exit_code(result) is ExitCode.GUARD_STOPPED
        assert await deleted_a_day_later(kept) == []

    async def test_may_be_few(self, kept: Shop) -> None:
        mean(kept, filter="f2")
        kept.drop("sku-0000")

        assert guards(await kept.run()) == []
        assert await deleted_a_day_later(kept) == ["sku-0000"]

    async def test_count_with_the_updates(self, kept: Shop) -> None:
        mean(kept, filter="f2")
        kept.drop("sku-0009")
        move(kept, 1)

        result = await kept.run()

        assert [(stop.guard, stop.actual) for stop in result.guards] == [(Guard.CANARY, 2)]
        assert kept.wrote() == []

    async def test_from_before_the_change_do_not_count(self, kept: Shop) -> None:
        kept.drop(*numbered(2))
        await kept.run()
        kept.later(hours=1)
        mean(kept, filter="f2")

        assert guards(await kept.run()) == []

    async def test_count_even_if_the_process_was_killed_after_the_read(
        self, kept: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        mean(kept, filter="f2")
        kept.drop(*numbered(2))
        with monkeypatch.context() as patched:
            patched.setattr(Passes, "run", _killed)
            with pytest.raises(InterruptedError):
                await kept.run()
        assert kept.state_of("sku-0000") is SkuState.MISSING
        kept.later(hours=1)

        assert guards(await kept.run()) == [Guard.CANARY]

    async def test_do_not_count_where_nothing_is_ever_deleted(self, kept: Shop) -> None:
        kept.policy(mode=PolicyMode.UPSERT)
        mean(kept, filter="f2")
        kept.drop(*numbered(2))

        assert guards(await kept.run()) == []

    @pytest.mark.parametrize("mode", [PolicyMode.UPSERT, PolicyMode.CREATE_ONLY])
    async def test_count_once_something_may_be_deleted_again(
        self, kept: Shop, mode: PolicyMode
    ) -> None:
        kept.policy(mode=mode)
        mean(kept, policy=mode)
        await kept.run()
        mean(kept, policy=mode, filter="f2")
        kept.drop(*numbered(2))
        assert guards(await kept.run()) == []
        kept.later(hours=1)
        kept.policy(mode=PolicyMode.MIRROR)
        mean(kept, policy="mirror", filter="f2")

        result = await kept.run()

        assert guards(result) == [Guard.CANARY]
        assert "2 deletes that are yet to come due" in result.guards[0].message
        assert await deleted_a_day_later(kept) == []

    async def test_that_were_accepted_by_a_clock_that_was_ahead_are_no_later_ones(
        self, kept: Shop
    ) -> None:
        kept.limits(max_delete=1.0)
        right = kept.clock.moment
        kept.later(days=10)
        mean(kept, filter="f2")
        kept.drop(*numbered(2))
        assert kept.approve((await kept.run()).id).gone == 2
        kept.clock.moment = right + timedelta(hours=1)
        kept.drop(*numbered(2, 2))

        result = await kept.run()

        assert guards(result) == [Guard.CANARY]
        assert {*numbered(2, 2)} <= {*result.guards[0].examples}
        assert kept.approve(result.id).gone == len(result.guards[0].examples)
        assert guards(await kept.run()) == []

    async def test_count_though_the_clock_is_put_back_during_the_read(
        self, kept: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        mean(kept, filter="f2")
        kept.drop(*numbered(2))
        read = FakeCatalog.read_unless

        def put_back(*asked: Any) -> Any:  # noqa: ANN401 - as the catalog has it
            kept.later(minutes=-1)
            return read(*asked)

        with monkeypatch.context() as patched:
            patched.setattr(FakeCatalog, "read_unless", put_back)
            assert guards(await kept.run()) == [Guard.CANARY]
        assert guards(await kept.run()) == [Guard.CANARY]

    async def test_that_are_taken_back_are_none(self, kept: Shop) -> None:
        mean(kept, filter="f2")
        kept.drop(*numbered(5))
        assert guards(await kept.run()) == [Guard.CANARY]
        mean(kept)
        kept.stock(*numbered(5))

        assert guards(await kept.run()) == []

    async def test_pass_when_they_were_approved(self, kept: Shop) -> None:
        kept.limits(max_delete=1.0)
        mean(kept, filter="f2")
        kept.drop(*numbered(2))
        move_from(kept, 5, 3)
        cycle = await kept.run()

        approved = kept.approve(cycle.id)

        assert (approved.gone, len(approved.approvals)) == (2, 3)
        assert approved.read_left_out is None
        assert guards(await kept.run()) == []
        assert sorted(kept.wrote()) == numbered(3, 5)
        assert await deleted_a_day_later(kept) == numbered(2)

    async def test_of_a_later_read_are_not_approved_with_them(self, kept: Shop) -> None:
        mean(kept, filter="f2")
        kept.drop(*numbered(2))
        cycle = await kept.run()
        kept.approve(cycle.id)
        kept.later(hours=1)
        kept.drop(*numbered(2, 2))

        result = await kept.run()

        assert [(stop.guard, stop.actual) for stop in result.guards] == [(Guard.CANARY, 2)]
        assert result.guards[0].examples == tuple(numbered(2, 2))
        late = kept.approve(cycle.id)
        assert (late.gone, late.read_left_out) == (0, LeftOut.MOVED_ON)

    async def test_are_approved_for_a_while(self, kept: Shop) -> None:
        mean(kept, filter="f2")
        kept.drop(*numbered(2))
        kept.approve((await kept.run()).id)
        kept.later(hours=24)

        assert guards(await kept.run()) == [Guard.CANARY]


async def _killed(*_: object) -> None:
    raise InterruptedError


async def deleted_a_day_later(shop: Shop) -> list[str]:
    shop.later(hours=25)
    shop.catalog.rewrite()
    await shop.run()
    return sorted(shop.wrote(Action.DELETE))


def move_from(shop: Shop, start: int, count: int) -> None:
    shop.stock(*numbered(count, start), country_of_origin="SE")


async def test_what_is_written_in_parts_adds_up(kept: Shop) -> None:
    kept.limits(canary=3)
    mean(kept, mapping="m2")
    move(kept, 9)

    stops = [guards(await kept.run(only=part(start))) for start in (0, 2, 4, 6)]
    assert stops == [[], [Guard.CANARY], [Guard.CANARY], [Guard.CANARY]]
    assert sorted(kept.wrote()) == numbered(2)
    mean(kept, mapping="m3")
    kept.later(days=3)

    result = await kept.run(only=frozenset(map(ItemId, numbered(2, 2))))
    assert "4 updates and deletes (2 written since)" in result.guards[0].message
    assert guards(await kept.run(only=frozenset(map(ItemId, numbered(1, 2))))) == []


def part(start: int) -> frozenset[ItemId]:
    return frozenset(map(ItemId, numbered(2, start)))


async def test_what_was_approved_does_not_add_up(kept: Shop) -> None:
    mean(kept, mapping="m2")
    move(kept, 4)
    kept.approve((await kept.run()).id)
    assert guards(await kept.run(only=part(0))) == []
    move_from(kept, 9, 1)

    assert guards(await kept.run(only=frozenset({ItemId("sku-0009")}))) == []
    assert sorted(kept.wrote()) == [*numbered(2), "sku-0009"]


async def test_parts_alone_do_not_make_a_state_new(shop: Shop) -> None:
    mean(shop)
    shop.stock(*numbered(3))
    assert (await shop.run(only=part(0))).notes == ()

    notes = (await shop.run()).notes

    assert NOTHING_REMEMBERED in notes
    assert NEW_STATE not in notes


async def test_a_part_that_an_older_version_did_not_know_has_not_changed(kept: Shop) -> None:
    with kept.state.transaction() as transaction:
        transaction.remember(canary.MEANING, '{"mapping": "m1"}')
    move(kept)

    assert guards(await kept.run()) == []


async def test_nothing_that_decides_the_plan_has_changed(kept: Shop) -> None:
    move(kept)

    assert guards(await kept.run()) == []
    assert sorted(kept.wrote()) == numbered(5)
