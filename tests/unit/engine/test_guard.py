"""What may pass and what may not: limits, windows, approvals and the canary."""

from __future__ import annotations

from dataclasses import replace

import pytest

from syncd.domain.attributes import Attribute, AttributeChange, ItemId, Value
from syncd.domain.change import Action, Change, Plan
from syncd.domain.cycle import Guard, GuardStop
from syncd.domain.policy import Limit, Limits
from syncd.domain.snapshot import Certificate
from syncd.engine.guard import EXAMPLES, guard
from syncd.engine.read_guard import partial_read_stop
from syncd.engine.situation import Situation
from tests.unit.engine.samples import ECCN, MAKER, ORIGIN, OVERSELL, changes

LIMITS = Limits()
CREATE, UPDATE, DELETE = Action
NO_GUARD = Limits(max_delete=1.0, max_update=1.0, max_same_change=1.0)


def ids(count: int, start: int = 0) -> frozenset[ItemId]:
    return frozenset(change.id for change in changes(UPDATE, count, start))


def stopped_by(plan: Plan, situation: Situation, limits: Limits = LIMITS) -> dict[Guard, GuardStop]:
    return {stop.guard: stop for stop in guard(plan, situation, limits).stops}


def with_wish(count: int, attribute: Attribute, value: Value, start: int = 0) -> tuple[Change, ...]:
    wish = {attribute: AttributeChange("before", value)}
    return tuple(replace(change, attributes=wish) for change in changes(UPDATE, count, start))


@pytest.mark.parametrize(
    ("owned", "deletes", "stopped"),
    [
        pytest.param(9, 9, True, id="nine of nine"),
        pytest.param(3, 1, False, id="one of three"),
        pytest.param(3, 2, True, id="two of three"),
        pytest.param(1, 1, False, id="the only one"),
        pytest.param(100, 10, False, id="a tenth"),
        pytest.param(100, 11, True, id="one more than a tenth"),
        pytest.param(20, 2, False, id="two of twenty"),
        pytest.param(19, 2, True, id="two of nineteen"),
    ],
)
def test_a_wrong_mass_delete_is_stopped_and_a_usual_one_is_not(
    owned: int, deletes: int, stopped: bool
) -> None:
    plan = Plan(changes(DELETE, deletes))

    verdict = guard(plan, Situation(owned), LIMITS)

    assert verdict.passed == (Plan() if stopped else plan)
    assert [stop.guard for stop in verdict.stops] == ([Guard.MAX_DELETE] if stopped else [])


@pytest.mark.parametrize(
    ("limits", "action", "planned", "which", "actual"),
    [
        (Limits(max_delete=5), DELETE, 6, Guard.MAX_DELETE, 6),
        (Limits(max_delete=0), DELETE, 1, Guard.MAX_DELETE, 1),
        (Limits(max_delete=0.05), DELETE, 6, Guard.MAX_DELETE, 0.06),
        (Limits(max_update=0.5), UPDATE, 51, Guard.MAX_UPDATE, 0.51),
        (Limits(max_update=50), UPDATE, 51, Guard.MAX_UPDATE, 51),
        (Limits(max_create=1000), CREATE, 1001, Guard.MAX_CREATE, 1001),
        (Limits(max_create=0.5), CREATE, 51, Guard.MAX_CREATE, 0.51),
    ],
)
def test_a_kind_of_change_over_its_limit_stops_whole(
    limits: Limits, action: Action, planned: int, which: Guard, actual: Limit
) -> None:
    verdict = guard(Plan(changes(action, planned)), Situation(100), limits)
    one_less = guard(Plan(changes(action, planned - 1)), Situation(100), limits)

    assert verdict.passed == Plan()
    (stop,) = verdict.stops
    assert (stop.guard, stop.actual, stop.stopped) == (which, actual, (action,))
    assert type(stop.actual) is type(stop.limit)
    assert stop.examples == tuple(sorted(ids(min(planned, EXAMPLES))))
    assert f"guards.{which.value}" in stop.message
    assert one_less.stops == ()


def test_creates_are_not_limited_unless_a_limit_is_set() -> None:
    plan = Plan(changes(CREATE, 100_000))

    assert guard(plan, Situation(0), LIMITS).passed == plan


def test_the_other_kinds_of_change_go_on() -> None:
    creates, updates = changes(CREATE, 5, 500), changes(UPDATE, 5, 600)
    plan = Plan((*changes(DELETE, 50), *creates, *updates))

    assert guard(plan, Situation(100), LIMITS).passed == Plan((*creates, *updates))


def test_several_guards_may_stop_at_once() -> None:
    plan = Plan((*changes(DELETE, 50), *changes(UPDATE, 60, 500)))

    verdict = guard(plan, Situation(100), LIMITS)

    assert verdict.passed == Plan()
    assert {stop.guard for stop in verdict.stops} == {Guard.MAX_DELETE, Guard.MAX_UPDATE}


@pytest.mark.parametrize(
    ("written", "planned", "stopped"),
    [
        pytest.param(ids(40), changes(UPDATE, 10, 40), False, id="fifty in all"),
        pytest.param(ids(40), changes(UPDATE, 11, 40), True, id="fifty-one in all"),
        pytest.param(ids(50), changes(UPDATE, 50), False, id="the same ones again"),
        pytest.param(ids(50), changes(UPDATE, 1, 50), True, id="one more of many small runs"),
        pytest.param(ids(99), (), False, id="nothing more is planned"),
    ],
)
def test_the_window_counts_distinct_ids(
    written: frozenset[ItemId], planned: tuple[Change, ...], stopped: bool
) -> None:
    situation = Situation(100, {UPDATE: written})

    assert (Guard.MAX_UPDATE in stopped_by(Plan(planned), situation)) is stopped


def test_the_window_counts_each_kind_by_itself() -> None:
    situation = Situation(100, {CREATE: ids(99), UPDATE: ids(50)})

    assert stopped_by(Plan(changes(DELETE, 10, 200)), situation) == {}


def test_many_small_deletes_count_like_a_large_one() -> None:
    owned, written = 100, 0
    while not stopped_by(
        Plan(changes(DELETE, 1, written)), Situation(owned, {DELETE: ids(written)})
    ):
        owned, written = owned - 1, written + 1

    assert written == 10


def test_a_delete_that_is_tried_again_does_not_find_a_smaller_limit() -> None:
    first = Plan(changes(DELETE, 2))
    again = Plan(first.changes[1:])

    assert stopped_by(first, Situation(20)) == {}
    assert stopped_by(again, Situation(19, {DELETE: ids(2)})) == {}


def test_a_delete_that_is_tried_again_does_not_count_as_an_item_that_is_gone() -> None:
    again = Plan(changes(DELETE, 11))
    situation = Situation(20, {DELETE: ids(11)})

    assert Guard.MAX_DELETE in stopped_by(again, situation, Limits(max_delete=0.5))


def test_items_deleted_in_the_window_still_count_as_owned_for_updates() -> None:
    updates = Plan(changes(UPDATE, 50, 500))

    alike = Plan(with_wish(30, ORIGIN, "CN", 500))
    recreates = Plan(changes(CREATE, 50, 500))

    for plan in (updates, alike, recreates):
        situation = Situation(90, recreated=ids(50, 500) if plan is recreates else frozenset())
        assert stopped_by(plan, replace(situation, written={DELETE: ids(10)})) == {}
        assert stopped_by(plan, situation) != {}


@pytest.mark.parametrize(("recreated", "stopped"), [(50, False), (51, True)])
def test_creates_of_what_the_remote_has_lost_count_like_updates(
    recreated: int, stopped: bool
) -> None:
    situation = Situation(100, recreated=ids(recreated))
    plan = Plan((*changes(CREATE, recreated), *changes(CREATE, 9, 500), *changes(UPDATE, 5, 600)))

    verdict = guard(plan, situation, LIMITS)

    assert (verdict.passed == Plan(changes(UPDATE, 5, 600))) is stopped
    assert (verdict.passed == plan) is not stopped
    if stopped:
        (stop,) = verdict.stops
        assert (stop.guard, stop.stopped, stop.actual) == (Guard.MAX_UPDATE, (CREATE,), 0.51)


def test_a_small_shop_may_create_one_lost_item_again_and_not_all() -> None:
    assert stopped_by(Plan(changes(CREATE, 1)), Situation(2, recreated=ids(1))) == {}
    assert stopped_by(Plan(changes(CREATE, 9)), Situation(9, recreated=ids(9))) != {}


@pytest.mark.parametrize(
    ("attribute", "value", "word"),
    [
        (ORIGIN, "CN", "CN"),
        (ECCN, None, "no value"),
        (OVERSELL, False, "False"),
        (MAKER, "M", "M"),
    ],
)
def test_a_mistake_in_the_mapping_that_gives_many_items_one_value_is_stopped(
    attribute: Attribute, value: Value, word: str
) -> None:
    plan = Plan((*with_wish(31, attribute, value), *changes(CREATE, 2, 500)))

    verdict = guard(plan, Situation(100), LIMITS)

    assert verdict.passed == Plan(changes(CREATE, 2, 500))
    (stop,) = verdict.stops
    assert (stop.guard, stop.actual, stop.stopped) == (Guard.MAX_SAME_CHANGE, 0.31, (UPDATE,))
    assert f"{attribute.value}, {word}" in stop.message
    assert stop.examples == tuple(sorted(ids(EXAMPLES)))
    assert guard(Plan(with_wish(30, attribute, value)), Situation(100), LIMITS).stops == ()


def test_different_values_or_attributes_are_no_same_change() -> None:
    plan = Plan(
        (
            *with_wish(16, ORIGIN, "CN"),
            *with_wish(16, ORIGIN, "DK", 100),
            *with_wish(16, ECCN, "CN", 200),
        )
    )

    assert stopped_by(plan, Situation(100)) == {}


def test_a_same_change_is_found_among_others() -> None:
    plan = Plan((*with_wish(15, ECCN, "EAR99", 100), *with_wish(31, ORIGIN, None)))

    stop = stopped_by(plan, Situation(100))[Guard.MAX_SAME_CHANGE]

    assert stop.examples == tuple(sorted(ids(EXAMPLES)))


def test_creates_and_deletes_with_one_value_are_no_same_change() -> None:
    alike = with_wish(90, ORIGIN, "CN")
    creates = tuple(replace(change, action=CREATE) for change in alike)
    deletes = tuple(replace(change, action=DELETE) for change in alike)

    assert stopped_by(Plan(creates), Situation(100), NO_GUARD) == {}
    assert stopped_by(Plan(deletes), Situation(100), replace(NO_GUARD, max_same_change=1)) == {}


def test_an_empty_plan_is_never_stopped() -> None:
    for limits in (LIMITS, Limits(max_delete=0, max_update=0, max_create=0, max_same_change=0)):
        for owned in (0, 1, 100):
            assert guard(Plan(), Situation(owned), limits).stops == ()


def test_what_the_read_has_stopped_stays_stopped_and_stands_first() -> None:
    earlier = partial_read_stop(Certificate("catalog.csv", 5, 5, ("cut short",)), 2)
    plan = Plan((*changes(DELETE, 1), *changes(CREATE, 1, 500)))

    verdict = guard(plan, Situation(100), LIMITS, (earlier,))

    assert verdict.passed == Plan(changes(CREATE, 1, 500))
    assert verdict.stops == (earlier,)
