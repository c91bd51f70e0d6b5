"""Answers that come when the wish they belong to is no longer the present one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from syncd.domain.attributes import Attributes
from syncd.domain.change import Change
from syncd.domain.delivery import (
    Accepted,
    Exists,
    Forbidden,
    Gone,
    KeyRefused,
    Outcome,
    Refused,
)
from syncd.domain.tracking import Delivery, Ownership, SkuState, Tracked
from syncd.engine.absorb import absorb, gone
from syncd.engine.plan import change_for, needs_look_up
from syncd.engine.settle import claim, settle
from tests.unit.engine.samples import (
    ABSENCE,
    ACCEPTED,
    BAD_KEY,
    CLOSED,
    CREATE,
    CREATE_DUE,
    DELETE,
    LOST_ANSWER,
    MAKER,
    MISSING,
    NOW,
    OF_EVERY_KIND,
    ORIGIN,
    OTHER,
    POLICY,
    PRESENCE,
    REFUSAL,
    THIRD,
    TURNED_AWAY,
    UPDATE,
    UPDATE_DUE,
    WISH,
    WRITES,
    due,
    older,
    settled,
    the,
)


@pytest.mark.parametrize("outcome", [Accepted(None), Gone(ABSENCE)])
def test_an_item_whose_row_came_back_during_its_delete_is_looked_up_and_created(
    outcome: Outcome,
) -> None:
    back = absorb(claim(MISSING, DELETE), 11, WISH)

    found = the(settle(back, DELETE, outcome, POLICY, NOW))

    assert (found.state, found.ownership) == (SkuState.PENDING, Ownership.UNKNOWN)
    assert (found.known, found.sent) == (None, frozenset())
    assert needs_look_up(found, NOW)


@pytest.mark.parametrize("outcome", OF_EVERY_KIND)
@pytest.mark.parametrize(("row", "change"), WRITES[:2])
def test_a_newer_wish_is_neither_done_nor_refused_nor_delayed_by_an_older_answer(
    row: Tracked, change: Change, outcome: Outcome
) -> None:
    newer = absorb(claim(row, due(row)), 12, THIRD)

    found = the(settle(newer, change, outcome, POLICY, NOW))

    assert (found.desired, found.revision) == (THIRD, newer.revision)
    assert (found.quarantine, found.next_attempt, found.attempts) == (None, None, 0)
    assert found.state is SkuState.PENDING
    assert needs_look_up(found, NOW) or change_for(found, POLICY, NOW, 1) is not None


def test_an_older_answer_tells_all_the_same_what_the_remote_has() -> None:
    newer = absorb(claim(CREATE_DUE, CREATE), 12, THIRD)

    found = the(settle(newer, CREATE, ACCEPTED, POLICY, NOW))

    assert (found.known, found.sent, found.ownership) == (WISH, frozenset(WISH), Ownership.OWNED)
    assert due(found).payload() == {ORIGIN: "IT"}


@pytest.mark.parametrize("answer", [WISH, OTHER, THIRD])
def test_an_older_answer_with_other_values_than_were_sent_quarantines_nothing(
    answer: Attributes,
) -> None:
    newer = absorb(claim(UPDATE_DUE, UPDATE), 12, THIRD)

    assert the(settle(newer, UPDATE, Accepted(answer), POLICY, NOW)).quarantine is None


def test_an_older_update_that_finds_nothing_leads_to_a_create_at_once() -> None:
    newer = absorb(claim(UPDATE_DUE, UPDATE), 12, THIRD)

    found = the(settle(newer, UPDATE, Gone(ABSENCE), POLICY, NOW))

    assert (found.known, found.ownership) == (None, Ownership.OWNED)
    assert needs_look_up(found, NOW)


@pytest.mark.parametrize("outcome", [Refused(REFUSAL), TURNED_AWAY, Exists(PRESENCE)])
def test_a_value_that_has_certainly_not_arrived_does_not_count_as_sent(outcome: Outcome) -> None:
    created = replace(CREATE_DUE, desired={**WISH, MAKER: "M"})
    newer = absorb(claim(created, due(created)), 12, {**WISH, MAKER: None})

    assert MAKER in newer.sent
    assert the(settle(newer, due(created), outcome, POLICY, NOW)).sent == frozenset()


def test_a_newer_wish_after_a_lost_answer_is_looked_up_at_once() -> None:
    newer = absorb(claim(UPDATE_DUE, UPDATE), 12, THIRD)

    found = the(settle(newer, UPDATE, LOST_ANSWER, POLICY, NOW))

    assert found.delivery is Delivery.IN_DOUBT
    assert needs_look_up(found, NOW)


@pytest.mark.parametrize(
    ("outcome", "kept"),
    [
        (ACCEPTED, True),
        (LOST_ANSWER, True),
        (Refused(REFUSAL), False),
        (Exists(PRESENCE), False),
        (TURNED_AWAY, False),
        (KeyRefused(BAD_KEY), False),
        (Forbidden(CLOSED), False),
    ],
)
def test_a_row_that_went_missing_during_its_create_is_kept_while_an_item_may_be_ours(
    outcome: Outcome, kept: bool
) -> None:
    absent = the(gone(claim(CREATE_DUE, CREATE), NOW, 3))

    found = settle(absent, CREATE, outcome, POLICY, NOW)

    assert (found is not None) is kept
    if found is not None:
        assert found.state is SkuState.MISSING


@pytest.mark.parametrize("outcome", OF_EVERY_KIND)
def test_a_delete_is_not_delayed_by_the_answer_to_an_older_update(outcome: Outcome) -> None:
    absent = the(gone(claim(UPDATE_DUE, UPDATE), NOW, 3))

    found = settle(absent, UPDATE, outcome, POLICY, NOW)

    assert found is None or (found.next_attempt is None and found.quarantine is None)
    assert (found is None) is isinstance(outcome, Gone)


@pytest.mark.parametrize("outcome", OF_EVERY_KIND)
def test_a_row_that_came_back_during_its_delete_is_not_refused_or_delayed(
    outcome: Outcome,
) -> None:
    back = absorb(claim(MISSING, DELETE), 11, WISH)

    found = the(settle(back, DELETE, outcome, POLICY, NOW))

    assert (found.quarantine, found.next_attempt) == (None, None)
    assert found.state in {SkuState.IN_SYNC, SkuState.PENDING}


def test_the_change_an_outcome_is_about_decides_whether_it_is_current() -> None:
    doubted = UPDATE_DUE.sent - UPDATE.attributes.keys()

    late = settled(UPDATE_DUE, Refused(REFUSAL), older(UPDATE))

    assert late == replace(UPDATE_DUE, sent=frozenset(doubted))
