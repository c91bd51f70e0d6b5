"""What looks like a mistake when it is done at once is one when it is done bit by bit, too."""

from __future__ import annotations

from dataclasses import replace

import pytest

from syncd.domain.attributes import Attribute, AttributeChange, ItemId, Value
from syncd.domain.change import Action, Change, Plan
from syncd.domain.cycle import Guard
from syncd.domain.policy import Limits
from syncd.engine.guard import guard
from syncd.engine.situation import Situation
from tests.unit.engine.samples import ECCN, ORIGIN, changes

LIMITS = Limits(max_update=1.0, max_same_change=0.3)
HUNDRED = Situation(owned=100)


def ids(count: int, start: int = 0) -> frozenset[ItemId]:
    return frozenset(ItemId(f"{number:04}") for number in range(start, start + count))


def giving(
    value: Value, count: int, start: int = 0, attribute: Attribute = ORIGIN
) -> tuple[Change, ...]:
    given = {attribute: AttributeChange("DK", value)}
    return tuple(replace(one, attributes=given) for one in changes(Action.UPDATE, count, start))


@pytest.mark.parametrize(
    ("planned", "before", "stopped"),
    [
        (giving("CN", 10), ids(20, 50), False),
        (giving("CN", 11), ids(20, 50), True),
        (giving("CN", 1), ids(30, 50), True),
        (giving("CN", 30), frozenset(), False),
        (giving("CN", 30), ids(30), False),
        (giving("CN", 30), ids(31), True),
        (giving(None, 11), frozenset(), False),
    ],
)
def test_a_value_counts_with_the_items_that_were_given_it_in_the_window(
    planned: tuple[Change, ...], before: frozenset[ItemId], stopped: bool
) -> None:
    situation = replace(HUNDRED, alike={(ORIGIN, "CN"): before})

    verdict = guard(Plan(planned), situation, LIMITS)

    assert [stop.guard for stop in verdict.stops] == [Guard.MAX_SAME_CHANGE] * stopped


def test_the_most_alike_value_is_told_with_what_was_made_already() -> None:
    plan = Plan((*giving("CN", 5), *giving("EAR99", 6, 10, ECCN)))
    situation = replace(HUNDRED, alike={(ORIGIN, "CN"): ids(30, 50), (ECCN, "EAR99"): ids(1, 50)})

    (stop,) = guard(plan, situation, LIMITS).stops

    assert stop.actual == 0.35
    assert "35 items would get the same countryOfOrigin, CN (30 of them made already)" in (
        stop.message
    )
    assert set(stop.examples) == ids(5)


@pytest.mark.parametrize(
    ("planned", "before", "stopped"), [(10, 40, False), (10, 41, True), (51, 0, True)]
)
def test_items_created_again_count_with_those_of_the_window(
    planned: int, before: int, stopped: bool
) -> None:
    plan = Plan(changes(Action.CREATE, planned))
    situation = replace(HUNDRED, recreated=ids(planned), recreated_before=ids(before, 200))

    verdict = guard(plan, situation, Limits(max_update=0.5))

    assert [stop.guard for stop in verdict.stops] == [Guard.MAX_UPDATE] * stopped
    if before and stopped:
        assert f"({before} of them made already)" in verdict.stops[0].message


def test_first_creates_are_not_held_back_by_those_of_the_window() -> None:
    situation = replace(HUNDRED, recreated_before=ids(90, 200))

    assert guard(Plan(changes(Action.CREATE, 60)), situation, Limits()).stops == ()


def test_a_pair_of_which_a_sku_is_left_is_no_item_more() -> None:
    deletes = Plan(changes(Action.DELETE, 11, 500))
    situation = Situation(100, deleted_now=ids(50), half_deleted=ids(50))

    verdict = guard(deletes, situation, Limits(max_delete=0.1))

    assert [stop.guard for stop in verdict.stops] == [Guard.MAX_DELETE]
    once = replace(situation, half_deleted=ids(40))  # ten are gone altogether, so it is 11 of 110
    assert guard(deletes, once, Limits(max_delete=0.1)).stops == ()
