"""Which stopped changes can be approved: those that would be planned again, exactly."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from syncd.domain.approval import NEVER_APPROVED, LeftOut, can_be_approved
from syncd.domain.attributes import AttributeChange
from syncd.domain.change import Action, Change
from syncd.domain.cycle import Guard, GuardStop
from syncd.domain.policy import Policy, PolicyMode
from syncd.domain.tracking import Tracked
from syncd.engine.approve import Moment, guards_that_stopped, left_out
from tests.unit.engine.samples import (
    CREATE,
    CREATE_DUE,
    DELETE,
    HELD,
    IN_SYNC,
    LOST,
    MISSING,
    NOW,
    ORIGIN,
    REFUSED,
    THIRD,
    UPDATE,
    UPDATE_DUE,
    due,
    in_flight,
    older,
)

MOMENT = Moment(NOW, 4, Policy())
BY_LIMIT = frozenset({Guard.MAX_UPDATE, Guard.MAX_DELETE})
OTHER_WISH = replace(UPDATE, attributes={ORIGIN: AttributeChange("CA", "SE")})


@pytest.mark.parametrize(
    ("change", "row", "why_not"),
    [
        pytest.param(UPDATE, UPDATE_DUE, None, id="an update as it was"),
        pytest.param(CREATE, CREATE_DUE, None, id="a create as it was"),
        pytest.param(due(LOST), LOST, None, id="a create of a lost item as it was"),
        pytest.param(DELETE, MISSING, None, id="a delete as it was"),
        pytest.param(
            UPDATE,
            replace(UPDATE_DUE, next_attempt=NOW + timedelta(days=30)),
            None,
            id="an update that waits for a moment of a clock that was set back",
        ),
        pytest.param(UPDATE, IN_SYNC, LeftOut.DONE, id="an update done"),
        pytest.param(
            CREATE, replace(IN_SYNC, revision=CREATE.revision), LeftOut.DONE, id="a create done"
        ),
        pytest.param(DELETE, None, LeftOut.DONE, id="a delete done"),
        pytest.param(UPDATE, None, LeftOut.GONE, id="an update of what nobody knows"),
        pytest.param(UPDATE, MISSING, LeftOut.GONE, id="gone from the catalog"),
        pytest.param(DELETE, UPDATE_DUE, LeftOut.MOVED_ON, id="back in the catalog"),
        pytest.param(
            older(UPDATE), UPDATE_DUE, LeftOut.MOVED_ON, id="a newer wish of the same values"
        ),
        pytest.param(older(UPDATE), IN_SYNC, LeftOut.MOVED_ON, id="a newer wish, done"),
        pytest.param(OTHER_WISH, UPDATE_DUE, LeftOut.MOVED_ON, id="another wish"),
        pytest.param(
            UPDATE, replace(UPDATE_DUE, known=THIRD), LeftOut.MOVED_ON, id="other known values"
        ),
        pytest.param(UPDATE, LOST, LeftOut.MOVED_ON, id="an update that is a create by now"),
        pytest.param(UPDATE, HELD, LeftOut.MOVED_ON, id="held by now"),
        pytest.param(UPDATE, REFUSED, LeftOut.MOVED_ON, id="quarantined by now"),
        pytest.param(UPDATE, in_flight(UPDATE_DUE), LeftOut.MOVED_ON, id="in flight"),
    ],
)
def test_what_is_not_exactly_as_it_was_planned_is_left_out(
    change: Change, row: Tracked | None, why_not: LeftOut | None
) -> None:
    assert left_out(change, row, BY_LIMIT, MOMENT) is why_not


def test_what_the_policy_no_longer_plans_is_left_out() -> None:
    never_deletes = replace(MOMENT, policy=Policy(mode=PolicyMode.UPSERT))

    assert left_out(DELETE, MISSING, BY_LIMIT, never_deletes) is LeftOut.MOVED_ON


@pytest.mark.parametrize("guard", sorted(NEVER_APPROVED))
def test_what_was_stopped_for_want_of_proof_as_well_is_left_out(guard: Guard) -> None:
    assert left_out(DELETE, MISSING, BY_LIMIT | {guard}, MOMENT) is LeftOut.UNPROVEN


def stop(guard: Guard, *stopped: Action) -> GuardStop:
    return GuardStop(guard, 1, 2, stopped, "too many")


def test_the_guards_of_a_change_are_those_that_stopped_its_kind() -> None:
    stops = (
        stop(Guard.CANARY, Action.UPDATE, Action.DELETE),
        stop(Guard.MAX_DELETE, Action.DELETE),
        stop(Guard.MAX_UPDATE, Action.CREATE),
    )

    assert guards_that_stopped(UPDATE, stops) == {Guard.CANARY}
    assert guards_that_stopped(DELETE, stops) == {Guard.CANARY, Guard.MAX_DELETE}
    assert guards_that_stopped(CREATE, stops) == {Guard.MAX_UPDATE}


def test_one_stop_that_can_be_approved_is_enough() -> None:
    unproven = tuple(stop(guard, Action.DELETE) for guard in sorted(NEVER_APPROVED))

    assert not can_be_approved(())
    assert not can_be_approved(unproven)
    assert can_be_approved((*unproven, stop(Guard.MAX_SHRINK, Action.DELETE)))
