"""A create that meets something: the item is looked up, and adopted, left alone, or never found."""

from __future__ import annotations

from datetime import timedelta

import pytest

from syncd.domain.change import Action, ChangeOutcome
from syncd.domain.delivery import Exists, Failure
from syncd.domain.journal import Deed
from syncd.domain.tracking import SkuState
from syncd.engine.settle import MOST_COLLISIONS
from syncd.engine.standing import exit_code
from syncd.errors import ExitCode
from tests.integration.service.shop import Shop, values

COLLISION = Exists(Failure(409, "conflict", "", request_id="request-1"))
FOR_LONG = timedelta(minutes=5)


@pytest.fixture
def met(shop: Shop) -> Shop:
    """A shop one of whose two creates always collides."""
    shop.stock("a", "b")
    shop.remote.script("a", *[COLLISION] * 99)
    return shop


async def test_what_is_never_found_is_quarantined_within_minutes_and_told(met: Shop) -> None:
    began = met.clock.now()

    result = await met.run(wait=FOR_LONG)

    assert met.clock.now() - began < FOR_LONG
    assert met.wrote(Action.CREATE).count("a") == MOST_COLLISIONS
    assert sum("a" in ids for ids in met.asked_for("items")) == MOST_COLLISIONS
    (told,) = result.quarantined
    assert (told.id, told.failure.status, told.failure.request_id) == ("a", 409, "request-1")
    assert "no look-up finds it" in told.failure.message
    assert {one.change.id: one.outcome for one in result.changes} == {
        "a": ChangeOutcome.QUARANTINED,
        "b": ChangeOutcome.DONE,
    }
    assert exit_code(result) is ExitCode.NEEDS_ATTENTION


async def test_it_is_tried_once_a_day_after_that(met: Shop) -> None:
    await met.run(wait=FOR_LONG)
    met.remote.calls.clear()

    assert (await met.run(wait=FOR_LONG)).requests == 0
    met.later(days=1)
    await met.run(wait=FOR_LONG)

    assert met.wrote() == ["a"]
    assert met.state_of("a") is SkuState.QUARANTINED


@pytest.mark.parametrize(
    ("adopt", "state", "deeds"),
    [
        (True, SkuState.IN_SYNC, [Deed.CREATE, Deed.ADOPT, Deed.UPDATE]),
        (False, SkuState.FOREIGN, [Deed.CREATE]),
    ],
)
async def test_what_shows_itself_is_adopted_where_the_policy_adopts(
    shop: Shop, adopt: bool, state: SkuState, deeds: list[Deed]
) -> None:
    shop.policy(adopt=adopt)
    shop.stock("a")
    shop.remote.script("a", COLLISION)
    await shop.run(wait=timedelta(0))
    shop.remote.put("a", values(part_number="another"))

    await shop.run(wait=FOR_LONG)

    assert shop.state_of("a") is state
    assert [entry.deed for entry in shop.journal("a")] == deeds
