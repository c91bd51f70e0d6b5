"""What is due for a row, when, and whether the remote is asked first."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from syncd.domain.attributes import Attribute, AttributeChange, Attributes
from syncd.domain.change import Action, Change
from syncd.domain.policy import Policy, PolicyMode
from syncd.domain.tracking import Delivery, Missing, Ownership, Tracked
from syncd.engine.plan import change_for, delete_is_due, needs_look_up, next_try
from tests.unit.engine.samples import (
    BROKEN_ROW,
    CREATE_DUE,
    DAY,
    EARLIER,
    ECCN,
    FOREIGN,
    HELD,
    HOUR,
    IN_SYNC,
    ITEM,
    LATER,
    LOST,
    MAKER,
    MISSING,
    NOT_HEARD,
    NOW,
    ORIGIN,
    OTHER,
    OVERSELL,
    PART,
    POLICY,
    REFUSED,
    SECOND,
    UPDATE_DUE,
    WISH,
    doubted,
    in_doubt,
    in_flight,
)

RETRIED = replace(REFUSED, next_attempt=NOW)


def planned(row: Tracked, policy: Policy = POLICY, now: datetime = NOW) -> Action | None:
    change = change_for(row, policy, now, 4)
    return None if change is None else change.action


@pytest.mark.parametrize(
    ("row", "action"),
    [
        (CREATE_DUE, Action.CREATE),
        (UPDATE_DUE, Action.UPDATE),
        (MISSING, Action.DELETE),
        (LOST, Action.CREATE),
        (RETRIED, Action.UPDATE),
        (replace(RETRIED, known=None), Action.CREATE),
        (replace(UPDATE_DUE, next_attempt=NOW), Action.UPDATE),
        (IN_SYNC, None),
        (REFUSED, None),
        (NOT_HEARD, None),
        (replace(NOT_HEARD, next_attempt=EARLIER), None),
        (HELD, None),
        (replace(LOST, held=BROKEN_ROW), None),
        (FOREIGN, None),
        (replace(FOREIGN, next_attempt=EARLIER), None),
        (replace(UPDATE_DUE, next_attempt=LATER), None),
        (replace(MISSING, next_attempt=LATER), None),
        (in_flight(UPDATE_DUE), None),
        (in_doubt(UPDATE_DUE), None),
        (in_flight(CREATE_DUE), None),
        (in_doubt(MISSING), None),
        (replace(MISSING, known=None), None),
        (replace(MISSING, ownership=Ownership.UNKNOWN), None),
        (replace(MISSING, ownership=Ownership.FOREIGN), None),
        (Tracked(ITEM), None),
    ],
)
def test_a_row_has_one_change_at_most(row: Tracked, action: Action | None) -> None:
    assert planned(row) is action


def test_a_create_sends_every_value_there_is() -> None:
    wish = {**WISH, MAKER: None, ECCN: None, OVERSELL: False}

    change = change_for(replace(CREATE_DUE, desired=wish), POLICY, NOW, 1)

    assert change == Change(
        ITEM,
        Action.CREATE,
        1,
        {
            PART: AttributeChange(None, "A"),
            ORIGIN: AttributeChange(None, "DK"),
            OVERSELL: AttributeChange(None, False),
        },
    )


@pytest.mark.parametrize(
    ("desired", "known", "sent", "written"),
    [
        pytest.param({ORIGIN: "DK"}, {ORIGIN: "CA"}, (), {ORIGIN: ("CA", "DK")}, id="changed"),
        pytest.param({ECCN: None}, {ECCN: "EAR99"}, (), {ECCN: ("EAR99", None)}, id="emptied"),
        pytest.param({ECCN: "EAR99"}, {}, (), {ECCN: (None, "EAR99")}, id="given"),
        pytest.param(
            {MAKER: None, ORIGIN: "DK"},
            {MAKER: "M", ORIGIN: "CA"},
            (),
            {ORIGIN: ("CA", "DK")},
            id="filled in by the server, so left alone",
        ),
        pytest.param({MAKER: None}, {MAKER: "M"}, (MAKER,), {MAKER: ("M", None)}, id="ours"),
        pytest.param(
            {OVERSELL: None}, {OVERSELL: False}, (OVERSELL,), {OVERSELL: (False, None)}, id="false"
        ),
        pytest.param({OVERSELL: False}, {OVERSELL: True}, (), {OVERSELL: (True, False)}, id="bool"),
        pytest.param({PART: "A"}, {PART: "A", ECCN: "X"}, (ECCN,), {}, id="not mapped"),
        pytest.param({ORIGIN: None}, {}, (), {}, id="empty on both sides"),
    ],
)
def test_an_update_sends_what_differs_and_nothing_else(
    desired: Attributes,
    known: Attributes,
    sent: tuple[Attribute, ...],
    written: dict[Attribute, tuple[object, object]],
) -> None:
    row = replace(IN_SYNC, desired=desired, known=known, sent=frozenset(sent))

    change = change_for(row, POLICY, NOW, 1)

    found = {} if change is None else change.attributes
    assert {name: (each.known, each.desired) for name, each in found.items()} == written


def test_a_delete_tells_what_is_lost() -> None:
    change = change_for(replace(MISSING, known={PART: "A", ECCN: None}), POLICY, NOW, 4)

    assert change == Change(ITEM, Action.DELETE, 3, {PART: AttributeChange("A", None)})


@pytest.mark.parametrize(
    ("mode", "actions"),
    [
        (PolicyMode.MIRROR, {Action.CREATE, Action.UPDATE, Action.DELETE}),
        (PolicyMode.UPSERT, {Action.CREATE, Action.UPDATE}),
        (PolicyMode.CREATE_ONLY, {Action.CREATE}),
        (PolicyMode.REPORT_ONLY, {Action.CREATE, Action.UPDATE, Action.DELETE}),
    ],
)
def test_a_mode_plans_its_kinds_of_change(mode: PolicyMode, actions: set[Action]) -> None:
    policy = Policy(mode=mode)
    found = {planned(row, policy) for row in (CREATE_DUE, UPDATE_DUE, MISSING)} - {None}

    assert found == actions


@pytest.mark.parametrize("mode", [PolicyMode.UPSERT, PolicyMode.CREATE_ONLY])
def test_a_mode_without_deletes_never_deletes(mode: PolicyMode) -> None:
    assert change_for(MISSING, Policy(mode=mode), NOW + 999 * DAY, 999) is None


@pytest.mark.parametrize(
    ("after", "reads", "policy", "due"),
    [
        pytest.param(timedelta(0), 3, POLICY, False, id="at once"),
        pytest.param(DAY, 3, POLICY, False, id="long enough, but one read only"),
        pytest.param(DAY - SECOND, 4, POLICY, False, id="two reads, a second too early"),
        pytest.param(DAY, 4, POLICY, True, id="long enough over two reads"),
        pytest.param(9 * DAY, 9, POLICY, True, id="longer over more"),
        pytest.param(DAY, 4, Policy(delete_reads=3), False, id="three reads wanted"),
        pytest.param(DAY, 5, Policy(delete_reads=3), True, id="three reads had"),
        pytest.param(DAY, 3, Policy(delete_reads=1), True, id="one read wanted"),
        pytest.param(HOUR, 4, Policy(delete_after=HOUR), True, id="an hour wanted"),
        pytest.param(
            timedelta(0), 3, Policy(delete_after=timedelta(0), delete_reads=1), True, id="no wait"
        ),
        pytest.param(DAY, 0, POLICY, False, id="no read is remembered"),
        pytest.param(-DAY, 4, POLICY, False, id="a clock that was set back"),
    ],
)
def test_a_delete_waits_for_time_and_for_complete_reads(
    after: timedelta, reads: int, policy: Policy, due: bool
) -> None:
    missing = Missing(NOW, read=3)

    assert delete_is_due(missing, policy, NOW + after, reads) is due
    change = change_for(replace(MISSING, missing=missing), policy, NOW + after, reads)
    assert (change is not None) is due


@pytest.mark.parametrize(
    ("row", "asked"),
    [
        pytest.param(CREATE_DUE, True, id="never looked up"),
        pytest.param(LOST, True, id="lost"),
        pytest.param(replace(CREATE_DUE, next_attempt=NOW), True, id="due again"),
        pytest.param(replace(CREATE_DUE, next_attempt=LATER), False, id="backing off"),
        pytest.param(in_flight(UPDATE_DUE), True, id="in flight when the process died"),
        pytest.param(in_flight(HELD), True, id="in flight, held"),
        pytest.param(in_flight(MISSING), True, id="in flight, missing"),
        pytest.param(in_doubt(UPDATE_DUE), True, id="in doubt"),
        pytest.param(in_doubt(NOT_HEARD), True, id="in doubt, quarantined for good"),
        pytest.param(
            replace(in_doubt(UPDATE_DUE), next_attempt=LATER), False, id="in doubt, backing off"
        ),
        pytest.param(FOREIGN, False, id="foreign, asked lately"),
        pytest.param(replace(FOREIGN, next_attempt=NOW), True, id="foreign, asked a day ago"),
        pytest.param(replace(FOREIGN, next_attempt=NOW, held=BROKEN_ROW), False, id="held"),
        pytest.param(replace(REFUSED, known=None), False, id="create refused"),
        pytest.param(replace(RETRIED, known=None), True, id="create refused a day ago"),
        pytest.param(RETRIED, False, id="update refused a day ago"),
        pytest.param(replace(LOST, held=BROKEN_ROW), False, id="lost, held"),
        pytest.param(MISSING, False, id="missing"),
        pytest.param(IN_SYNC, False, id="in sync"),
        pytest.param(UPDATE_DUE, False, id="known"),
        pytest.param(NOT_HEARD, False, id="answered with other values"),
        pytest.param(doubted(NOT_HEARD), True, id="answered with other values, doubted"),
    ],
)
def test_the_remote_is_asked_where_it_is_not_known_what_it_has(row: Tracked, asked: bool) -> None:
    assert needs_look_up(row, NOW) is asked


@pytest.mark.parametrize(
    ("row", "moment"),
    [
        (UPDATE_DUE, NOW),
        (CREATE_DUE, NOW),
        (LOST, NOW),
        (replace(UPDATE_DUE, next_attempt=EARLIER), NOW),
        (replace(UPDATE_DUE, next_attempt=LATER), LATER),
        (in_flight(UPDATE_DUE), NOW),
        (in_flight(HELD), NOW),
        (replace(in_doubt(CREATE_DUE), next_attempt=LATER), LATER),
        (IN_SYNC, None),
        (HELD, None),
        (REFUSED, None),
        (RETRIED, None),
        (NOT_HEARD, None),
        (replace(NOT_HEARD, next_attempt=EARLIER), None),
        (MISSING, None),
        (FOREIGN, None),
        (replace(FOREIGN, next_attempt=EARLIER), None),
        (Tracked(ITEM), None),
    ],
)
def test_a_cycle_waits_for_writes_that_may_still_succeed(
    row: Tracked, moment: datetime | None
) -> None:
    assert next_try(row, POLICY, NOW) == moment


@pytest.mark.parametrize(
    ("mode", "row", "moment"),
    [
        (PolicyMode.CREATE_ONLY, UPDATE_DUE, None),
        (PolicyMode.CREATE_ONLY, CREATE_DUE, NOW),
        (PolicyMode.CREATE_ONLY, in_doubt(UPDATE_DUE), NOW),
        (PolicyMode.UPSERT, UPDATE_DUE, NOW),
    ],
)
def test_a_cycle_does_not_wait_for_what_the_policy_forbids(
    mode: PolicyMode, row: Tracked, moment: datetime | None
) -> None:
    assert next_try(row, Policy(mode=mode), NOW) == moment


def test_a_change_carries_the_revision_of_its_wish() -> None:
    change = change_for(replace(UPDATE_DUE, revision=17, known=OTHER), POLICY, NOW, 1)

    assert change is not None
    assert change.revision == 17


def test_nothing_is_planned_while_a_write_is_under_way() -> None:
    for delivery in (Delivery.IN_FLIGHT, Delivery.IN_DOUBT, Delivery.DOUBTED):
        for row in (CREATE_DUE, UPDATE_DUE, MISSING, RETRIED):
            assert planned(replace(row, delivery=delivery), now=NOW + 9 * DAY) is None
