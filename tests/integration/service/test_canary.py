"""The canary: what decides the plan has changed, so the first plan must be small or approved."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from syncd.domain.attributes import Attribute, ItemId
from syncd.domain.change import Action, Plan, Resource
from syncd.domain.cycle import Guard, Mode
from syncd.engine.standing import exit_code
from syncd.errors import ExitCode, RemoteUnavailableError
from syncd.service.canary import NEW_STATE
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

    assert (guards(first), shop.wrote(Action.UPDATE)) == ([], numbered(5))
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


async def test_a_small_plan_passes_and_the_next_one_may_be_larger(kept: Shop) -> None:
    mean(kept, mapping="m2", version="2")
    move(kept, 1)
    assert guards(await kept.run()) == []
    move(kept, 10, "IT")

    result = await kept.run()

    assert (guards(result), kept.wrote()) == ([], ["sku-0000", *numbered(10)])


async def test_an_approved_plan_passes_and_the_next_one_may_be_larger(kept: Shop) -> None:
    mean(kept, version="2")
    move(kept)
    cycle = await kept.run()
    assert "the version has changed" in cycle.guards[0].message

    kept.approve(cycle.id)
    assert exit_code(await kept.run()) is ExitCode.OK

    assert kept.wrote() == numbered(5)
    move(kept, 10, "IT")
    assert guards(await kept.run()) == []


async def test_a_change_that_is_taken_back_before_any_plan_passed_is_none(kept: Shop) -> None:
    mean(kept, mapping="m2")
    move(kept)
    await kept.run()
    mean(kept)

    assert guards(await kept.run()) == []
    assert kept.wrote() == numbered(5)


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


async def test_nothing_that_decides_the_plan_has_changed(kept: Shop) -> None:
    move(kept)

    assert guards(await kept.run()) == []
    assert kept.wrote() == numbered(5)
