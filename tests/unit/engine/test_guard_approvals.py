"""What was approved is neither counted nor stopped, by the guards that its approval names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

import pytest

from syncd.domain.approval import Approval
from syncd.domain.attributes import AttributeChange, ItemId
from syncd.domain.change import Action, Change, Plan
from syncd.domain.cycle import CycleId, Guard
from syncd.domain.policy import Limits
from syncd.domain.snapshot import Certificate
from syncd.engine.guard import guard
from syncd.engine.read_guard import partial_read_stop
from syncd.engine.situation import Situation
from tests.unit.engine.samples import LATER, ORIGIN, changes

LIMITS = Limits(max_create=0.5)
CREATE, UPDATE, DELETE = Action
SHRUNK: Final = Certificate("catalog.csv", 5, 5, ("cut short",))


def approved(some: Iterable[Change], *guards: Guard) -> Mapping[ItemId, Approval]:
    return {one.id: Approval(one, frozenset(guards), CycleId("c"), LATER) for one in some}


def alike(count: int, start: int = 0) -> tuple[Change, ...]:
    wish = {ORIGIN: AttributeChange("DK", "CN")}
    return tuple(replace(change, attributes=wish) for change in changes(UPDATE, count, start))


@pytest.mark.parametrize(
    ("which", "planned"),
    [
        pytest.param(Guard.MAX_DELETE, changes(DELETE, 40), id="deletes"),
        pytest.param(Guard.MAX_UPDATE, changes(UPDATE, 80), id="updates"),
        pytest.param(Guard.MAX_CREATE, changes(CREATE, 80), id="creates"),
        pytest.param(Guard.MAX_SAME_CHANGE, alike(40), id="same change"),
    ],
)
def test_an_approval_lifts_the_guard_that_it_names_and_no_other(
    which: Guard, planned: tuple[Change, ...]
) -> None:
    plan = Plan(planned)
    assert [stop.guard for stop in guard(plan, Situation(100), LIMITS).stops] == [which]

    for named in set(Guard) - {which}:
        other = Situation(100, approvals=approved(planned, named))
        assert guard(plan, other, LIMITS).passed == Plan()

    right = Situation(100, approvals=approved(planned, which))
    verdict = guard(plan, right, LIMITS)
    assert verdict.passed == Plan(planned, frozenset(change.id for change in planned))
    assert verdict.stops == ()


@pytest.mark.parametrize(
    ("rest", "stopped"),
    [pytest.param(10, False, id="a tenth"), pytest.param(11, True, id="more than a tenth")],
)
def test_the_rest_is_judged_alone(rest: int, stopped: bool) -> None:
    known, new = changes(DELETE, 40), changes(DELETE, rest, 40)
    situation = Situation(100, approvals=approved(known, Guard.MAX_DELETE))

    verdict = guard(Plan((*known, *new)), situation, LIMITS)

    assert verdict.passed.changes == (known if stopped else (*known, *new))
    assert verdict.passed.approved == {change.id for change in known}
    assert [stop.actual for stop in verdict.stops] == ([0.11] if stopped else [])
    assert all(set(stop.examples) <= {change.id for change in new} for stop in verdict.stops)


@pytest.mark.parametrize(
    "now_planned",
    [
        pytest.param({"revision": 2}, id="another revision"),
        pytest.param({"action": CREATE}, id="another action"),
        pytest.param({"attributes": {ORIGIN: AttributeChange("DK", "IT")}}, id="another wish"),
        pytest.param({"attributes": {ORIGIN: AttributeChange("SE", "CN")}}, id="other known"),
        pytest.param({"attributes": {}}, id="no attributes"),
    ],
)
def test_a_change_that_is_not_exactly_the_approved_one_is_not_approved(
    now_planned: Mapping[str, object],
) -> None:
    before = alike(80)
    now = tuple(replace(change, **now_planned) for change in before)  # type: ignore[arg-type]  # the cases give what fits
    everything = approved(before, *Guard)

    verdict = guard(Plan(now), Situation(100, approvals=everything), LIMITS)

    assert verdict.passed == Plan()


def test_approved_changes_that_are_not_stopped_are_marked_as_well() -> None:
    few = changes(UPDATE, 3)
    situation = Situation(100, approvals=approved(few[:1], Guard.MAX_UPDATE))

    assert guard(Plan(few), situation, LIMITS).passed == Plan(few, frozenset({few[0].id}))


def test_what_the_remote_has_lost_is_created_again_once_it_is_approved() -> None:
    lost, new = changes(CREATE, 60), changes(CREATE, 9, 500)
    ids = frozenset(change.id for change in lost)
    plan, situation = Plan((*lost, *new)), Situation(100, recreated=ids)
    limits = Limits()
    assert guard(plan, situation, limits).passed == Plan()

    both = replace(situation, approvals=approved(plan.changes, Guard.MAX_UPDATE))

    assert guard(plan, both, limits).passed.changes == plan.changes


def test_the_read_stops_what_no_approval_names() -> None:
    deletes = changes(DELETE, 3)
    earlier = partial_read_stop(SHRUNK, 3)
    situation = Situation(100, approvals=approved(deletes, Guard.MAX_DELETE, Guard.MAX_SHRINK))

    verdict = guard(Plan(deletes), situation, LIMITS, (earlier,))

    assert verdict.passed == Plan()
    assert verdict.stops == (earlier,)


def test_deletes_that_a_shrunken_read_had_stopped_pass_once_they_are_approved() -> None:
    known, new = changes(DELETE, 2), changes(DELETE, 1, 50)
    earlier = replace(partial_read_stop(SHRUNK, 3), guard=Guard.MAX_SHRINK)
    situation = Situation(100, approvals=approved(known, Guard.MAX_SHRINK))

    verdict = guard(Plan((*known, *new)), situation, LIMITS, (earlier,))

    assert verdict.passed.changes == known
    assert verdict.stops == (earlier,)
