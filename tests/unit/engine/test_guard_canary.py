"""The canary: the first plan after a change of what decides it must be small."""

from __future__ import annotations

from dataclasses import replace

import pytest

from syncd.domain.approval import Approval
from syncd.domain.attributes import ItemId
from syncd.domain.change import Action, Change, Plan
from syncd.domain.cycle import CycleId, Guard
from syncd.domain.policy import Limit, Limits
from syncd.engine.guard import EXAMPLES, guard
from syncd.engine.situation import Aftermath, Situation
from tests.unit.engine.samples import LATER, changes

LIMITS = Limits()
CREATE, UPDATE, DELETE = Action
CHANGED = ("mapping",)


@pytest.mark.parametrize(
    ("limit", "owned", "updates", "deletes", "stopped"),
    [
        pytest.param(0.01, 300, 3, 0, False, id="a hundredth"),
        pytest.param(0.01, 300, 4, 0, True, id="more updates than a hundredth"),
        pytest.param(0.01, 300, 0, 4, True, id="more deletes than a hundredth"),
        pytest.param(0.01, 300, 2, 1, False, id="together a hundredth"),
        pytest.param(0.01, 300, 2, 2, True, id="together more than a hundredth"),
        pytest.param(0.01, 10, 1, 0, False, id="one of few"),
        pytest.param(0.01, 10, 1, 1, True, id="two of few"),
        pytest.param(0.01, 99, 1, 0, True, id="one of some, where a hundredth is none"),
        pytest.param(2, 300, 1, 1, False, id="a count"),
        pytest.param(2, 300, 1, 2, True, id="more than a count"),
        pytest.param(1.0, 300, 40, 20, False, id="all"),
        pytest.param(0, 300, 0, 0, False, id="nothing to do"),
    ],
)
def test_updates_and_deletes_together_stay_under_it(
    limit: Limit, owned: int, updates: int, deletes: int, stopped: bool
) -> None:
    plan = Plan((*changes(UPDATE, updates), *changes(DELETE, deletes, 500)))
    limits = Limits(canary=limit)

    verdict = guard(plan, Situation(owned, changed_parts=CHANGED), limits)

    assert verdict.passed == (Plan() if stopped else plan)
    assert [stop.guard for stop in verdict.stops] == ([Guard.CANARY] if stopped else [])
    assert guard(plan, Situation(owned), Limits()).passed == plan


def test_creates_go_on() -> None:
    creates = changes(CREATE, 200, 500)
    plan = Plan((*changes(UPDATE, 40), *creates))

    verdict = guard(plan, Situation(100, changed_parts=CHANGED), LIMITS)

    assert verdict.passed == Plan(creates)
    (stop,) = verdict.stops
    assert (stop.limit, stop.actual, stop.stopped) == (0.01, 0.4, (UPDATE, DELETE))
    assert stop.examples == tuple(change.id for change in changes(UPDATE, EXAMPLES))


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        (("mapping",), "the mapping has changed since the last plan that passed"),
        (("rules",), "the rules have changed since the last plan that passed"),
        (("mapping", "version"), "the mapping and the version have changed since"),
        (("mapping", "filter", "rules"), "the mapping, the filter and the rules have changed"),
    ],
)
def test_the_message_names_what_changed(parts: tuple[str, ...], words: str) -> None:
    (stop,) = guard(Plan(changes(UPDATE, 5)), Situation(100, changed_parts=parts), LIMITS).stops

    assert words in stop.message
    assert "guards.canary" in stop.message


def with_approval(change: Change) -> Approval:
    return Approval(change, frozenset({Guard.CANARY}), CycleId("c"), LATER)


def test_what_was_approved_is_not_counted() -> None:
    known, new = changes(UPDATE, 40), changes(DELETE, 1, 500)
    approvals = {change.id: with_approval(change) for change in known}
    situation = Situation(100, approvals=approvals, changed_parts=CHANGED)

    verdict = guard(Plan((*known, *new)), situation, LIMITS)
    more = guard(Plan((*known, *changes(DELETE, 2, 500))), situation, LIMITS)

    assert (verdict.passed.changes, verdict.stops) == ((*known, *new), ())
    assert more.passed.changes == known
    assert [stop.guard for stop in more.stops] == [Guard.CANARY]


def test_the_other_guards_judge_as_ever() -> None:
    plan, situation = Plan(changes(UPDATE, 60)), Situation(100, changed_parts=CHANGED)

    both = guard(plan, situation, LIMITS)
    wide = guard(plan, situation, replace(LIMITS, canary=1.0))

    assert [stop.guard for stop in both.stops] == [Guard.MAX_UPDATE, Guard.CANARY]
    assert [stop.guard for stop in wide.stops] == [Guard.MAX_UPDATE]


def ids(count: int, start: int = 0) -> frozenset[ItemId]:
    return frozenset(change.id for change in changes(DELETE, count, start))


@pytest.mark.parametrize(
    ("updates", "written", "gone", "words"),
    [
        pytest.param(2, ids(0), ids(0), None, id="the plan alone"),
        pytest.param(2, ids(1, 50), ids(0), "3 updates and deletes (1 written since)", id="and"),
        pytest.param(2, ids(2), ids(0), None, id="the same ids again"),
        pytest.param(0, ids(0), ids(2), None, id="as many gone"),
        pytest.param(
            0, ids(0), ids(3), "(3 deletes that are yet to come due)", id="more gone, no plan"
        ),
        pytest.param(
            1,
            ids(1, 50),
            ids(2, 70),
            "4 updates and deletes (1 written since, 2 deletes that are yet to come due)",
            id="all together",
        ),
        pytest.param(0, ids(9), ids(0), None, id="written, and nothing left to stop"),
        pytest.param(2, ids(0), ids(2), None, id="gone and in the plan"),
    ],
)
def test_what_came_of_the_change_counts_with_the_plan(
    updates: int, written: frozenset[ItemId], gone: frozenset[ItemId], words: str | None
) -> None:
    plan, aftermath = Plan(changes(UPDATE, updates)), Aftermath(written, gone)
    situation = Situation(200, changed_parts=CHANGED, aftermath=aftermath)

    stops = guard(plan, situation, LIMITS).stops

    assert [stop.guard for stop in stops] == ([Guard.CANARY] if words else [])
    assert all(words in stop.message for stop in stops if words)
    assert guard(plan, Situation(200, aftermath=aftermath), LIMITS).stops == ()
