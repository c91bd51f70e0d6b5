"""Carrying out a saved plan: what still fits is done, what does not is told, guards are obeyed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from syncd.domain.attributes import Attribute, ItemId
from syncd.domain.change import Action, ChangeOutcome, Plan, Resource
from syncd.domain.cycle import CycleResult, Guard, Mode
from syncd.domain.delivery import Exists, Failure, Transient
from syncd.domain.tracking import SkuState
from syncd.engine.standing import exit_code
from syncd.errors import ExitCode, RemoteUnavailableError
from tests.integration.service.shop import Shop, guards, numbered, outcomes

BUSY = Transient(Failure(503, "unavailable", "try later"), in_doubt=False)
UNREACHABLE = RemoteUnavailableError("Digital River", "nobody answers", "Run again later")


@pytest.fixture
async def changed(shop: Shop) -> Shop:
    """Three updates and one create are due."""
    shop.stock(*numbered(30))
    await shop.settled()
    shop.stock(*numbered(3), country_of_origin="SE")
    shop.stock("new")
    return shop


async def saved(shop: Shop) -> Plan:
    """What `plan` would have written to a file."""
    rehearsed = await shop.dry_run()
    changes = [one.change for one in rehearsed.changes if one.outcome is ChangeOutcome.PLANNED]
    shop.remote.calls.clear()
    return Plan(tuple(changes))


async def applied(shop: Shop, plan: Plan, **asked: object) -> CycleResult:
    return await shop.run(mode=Mode.APPLY, saved=plan, **asked)


def stale(result: CycleResult) -> list[str]:
    return [one.change.id for one in result.changes if one.failure and one.failure.code == "stale"]


async def test_a_plan_that_still_fits_is_done(changed: Shop) -> None:
    plan = await saved(changed)

    result = await applied(changed, plan)

    assert [one.change for one in result.changes] == list(plan.changes)
    assert {one.outcome for one in result.changes} == {ChangeOutcome.DONE}
    assert exit_code(result) is ExitCode.OK


async def test_only_what_was_saved_is_written(changed: Shop) -> None:
    plan = Plan((await saved(changed)).changes[:2])

    result = await applied(changed, plan)

    assert sorted(changed.wrote()) == ["new", "sku-0000"]
    assert (result.writes_due, exit_code(result)) == (0, ExitCode.OK)
    assert changed.clock.sleeps == []
    assert changed.state_of("sku-0001") is SkuState.PENDING


async def test_a_row_that_has_changed_since_is_left_out_and_told(changed: Shop) -> None:
    plan = await saved(changed)
    changed.stock("sku-0000", country_of_origin="CA")

    result = await applied(changed, plan)

    assert stale(result) == ["sku-0000"]
    assert sorted(changed.wrote()) == ["new", "sku-0001", "sku-0002"]
    assert result.writes_due == 1
    assert exit_code(result) is ExitCode.FAILED


async def test_a_row_whose_known_values_have_changed_since_is_stale(changed: Shop) -> None:
    plan = await saved(changed)
    changed.remote.put("new", {Attribute.PART_NUMBER: "theirs"})

    result = await applied(changed, plan)

    assert stale(result) == ["new"]
    assert changed.item("new")[Attribute.PART_NUMBER] == "theirs"


async def test_a_change_that_was_made_since_is_stale_and_nothing_is_due(changed: Shop) -> None:
    plan = await saved(changed)
    await changed.run()
    changed.remote.calls.clear()

    result = await applied(changed, plan)

    assert sorted(stale(result)) == ["new", *numbered(3)]
    assert changed.remote.calls == []
    assert exit_code(result) is ExitCode.OK


async def test_guards_are_obeyed(changed: Shop) -> None:
    plan = await saved(changed)
    changed.limits(max_update=2)

    result = await applied(changed, plan)

    assert guards(result) == [Guard.MAX_UPDATE]
    assert outcomes(result) == {
        "new": ("create", "done"),
        **dict.fromkeys(numbered(3), ("update", "stopped")),
    }
    assert exit_code(result) is ExitCode.GUARD_STOPPED


async def test_the_first_plan_of_all_counts_what_it_would_adopt_as_owned(shop: Shop) -> None:
    shop.stock(*numbered(30))
    for item in numbered(30):
        country = "SE" if item in numbered(8) else "DK"
        texts: dict[Attribute, str | None] = {**shop.catalog.rows[item]}
        shop.remote.put(item, {**texts, Attribute.COUNTRY_OF_ORIGIN: country})
    plan = await saved(shop)
    assert len(plan.changes) == 8

    result = await applied(shop, plan)

    assert (guards(result), len(shop.wrote())) == ([], 8)
    assert exit_code(result) is ExitCode.OK


async def test_what_fails_for_now_is_tried_again(changed: Shop) -> None:
    plan = await saved(changed)
    changed.remote.script("sku-0000", BUSY, BUSY)

    result = await applied(changed, plan)

    assert {one.outcome for one in result.changes} == {ChangeOutcome.DONE}
    assert changed.wrote().count("sku-0000") == 3


async def test_a_create_that_met_another_item_is_stale_and_not_tried_for_ever(
    changed: Shop,
) -> None:
    plan = await saved(changed)
    changed.remote.script("new", Exists(Failure(409, "already_exists", "it is there")))

    async def somebody_creates_it(_: object) -> None:
        changed.remote.contents.setdefault(ItemId("new"), dict.fromkeys(Attribute))

    changed.remote.on_the_way = somebody_creates_it
    result = await applied(changed, plan)

    assert stale(result) == ["new"]
    assert changed.wrote().count("new") == 1
    assert exit_code(result) is ExitCode.FAILED


async def test_what_could_not_be_looked_up_is_not_called_stale(changed: Shop) -> None:
    plan = await saved(changed)
    changed.remote.fail_read(Resource.INVENTORY_ITEM, UNREACHABLE)

    result = await applied(changed, plan, wait=timedelta(0))

    assert stale(result) == []
    (failed,) = [one for one in result.changes if one.outcome is ChangeOutcome.FAILED]
    assert (failed.change.id, failed.failure and failed.failure.code) == ("new", "unseen")
    assert result.error == str(UNREACHABLE)
    assert exit_code(result) is ExitCode.FAILED


async def test_a_delete_that_was_done_is_stale_when_its_row_was_back_and_is_gone_again(
    shop: Shop,
) -> None:
    shop.policy(delete_after=timedelta(), delete_reads=1)
    shop.stock("x", *numbered(3))
    await shop.settled()
    shop.drop("x")
    plan = await saved(shop)
    assert [change.action for change in plan.changes] == [Action.DELETE]
    await applied(shop, plan)
    shop.stock("x")
    await shop.run()
    shop.drop("x")

    result = await applied(shop, plan)

    assert (stale(result), "x" in shop.remote.contents) == (["x"], True)
