"""Every outcome of a write, for the wish that it carried out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from syncd.domain.change import Action, Change, Resource
from syncd.domain.delivery import (
    Accepted,
    Exists,
    Failure,
    Forbidden,
    Gone,
    KeyRefused,
    Outcome,
    Refused,
    Transient,
)
from syncd.domain.policy import Policy
from syncd.domain.tracking import Delivery, Ownership, SkuState, Tracked
from syncd.engine.absorb import absorb, gone
from syncd.engine.observe import Observation, observe
from syncd.engine.plan import change_for, is_due, needs_look_up
from syncd.engine.retry import back_off
from syncd.engine.settle import MOST_COLLISIONS, claim, settle, unclaim
from tests.unit.engine.samples import (
    ABSENCE,
    ACCEPTED,
    BAD_KEY,
    CLOSED,
    CREATE,
    CREATE_DUE,
    DAY,
    DELETE,
    EARLIER,
    HELD,
    IN_SYNC,
    ITEM,
    LOST,
    LOST_ANSWER,
    MISSING,
    NOW,
    OTHER,
    OUTAGE,
    POLICY,
    PRESENCE,
    REFUSAL,
    REFUSED,
    SECOND,
    SETBACKS,
    TURNED_AWAY,
    UPDATE,
    UPDATE_DUE,
    WISH,
    WRITES,
    due,
    settled,
    the,
)

NOTHING_THERE = Observation(None)


def test_a_claimed_row_is_in_flight_and_otherwise_the_same() -> None:
    assert claim(UPDATE_DUE, UPDATE) == replace(
        UPDATE_DUE, delivery=Delivery.IN_FLIGHT, open_half=Resource.INVENTORY_ITEM
    )
    assert claim(UPDATE_DUE, UPDATE).state is SkuState.IN_FLIGHT


@pytest.mark.parametrize("row", [CREATE_DUE, UPDATE_DUE, MISSING, REFUSED, LOST])
def test_a_row_that_was_claimed_and_not_sent_is_as_it_was(row: Tracked) -> None:
    assert unclaim(claim(row, UPDATE)) == row


@pytest.mark.parametrize(("row", "change"), [(CREATE_DUE, CREATE), (UPDATE_DUE, UPDATE)])
def test_an_accepted_write_is_in_sync_ours_and_without_trouble(
    row: Tracked, change: Change
) -> None:
    troubled = replace(row, attempts=3, next_attempt=EARLIER, last_error=OUTAGE)

    found = settled(troubled, ACCEPTED, change)

    assert found.state is SkuState.IN_SYNC
    assert (found.known, found.ownership) == (WISH, Ownership.OWNED)
    assert (found.attempts, found.next_attempt, found.last_error) == (0, None, None)


def test_an_accepted_retry_leaves_quarantine() -> None:
    found = settled(replace(REFUSED, next_attempt=NOW), ACCEPTED)

    assert found.state is SkuState.IN_SYNC
    assert (found.quarantine, found.quarantined_since) == (None, None)


@pytest.mark.parametrize("outcome", [Accepted(None, "req-9"), Gone(ABSENCE)])
def test_a_delete_that_is_done_leaves_nothing_to_remember(outcome: Outcome) -> None:
    assert settle(claim(MISSING, DELETE), DELETE, outcome, POLICY, NOW) is None


def test_an_update_that_finds_nothing_becomes_a_create_of_what_is_ours() -> None:
    found = settled(UPDATE_DUE, Gone(ABSENCE))

    assert (found.known, found.sent, found.ownership) == (None, frozenset(), Ownership.OWNED)
    assert (found.attempts, found.last_error) == (1, ABSENCE)
    assert not needs_look_up(found, NOW)
    again = NOW + back_off(ITEM, 1)
    assert needs_look_up(found, again)
    assert due(found, again).action is Action.CREATE


def test_a_create_that_collides_is_looked_up_a_little_later() -> None:
    found = settled(CREATE_DUE, Exists(PRESENCE))

    assert (found.known, found.ownership) == (None, Ownership.UNKNOWN)
    assert not needs_look_up(found, NOW)
    assert needs_look_up(found, NOW + back_off(ITEM, 1))


def collided(row: Tracked, times: int, failure: Failure = PRESENCE) -> Tracked:
    """After so many collisions, each time with a look-up in between that found nothing."""
    for _ in range(times):
        row = settled(the(observe(row, NOTHING_THERE, POLICY, NOW)), Exists(failure), CREATE)
    return row


@pytest.mark.parametrize("row", [CREATE_DUE, replace(LOST, revision=CREATE.revision)])
@pytest.mark.parametrize("failure", [PRESENCE, Failure(409, "conflict", "")])
def test_a_create_that_collides_with_what_is_never_found_is_refused_in_the_end(
    row: Tracked, failure: Failure
) -> None:
    patient = collided(row, MOST_COLLISIONS - 1, failure)
    found = collided(patient, 1, failure)

    assert (patient.state, patient.next_attempt) == (
        SkuState.PENDING,
        NOW + back_off(ITEM, MOST_COLLISIONS - 1),
    )
    assert (found.state, found.next_attempt) == (SkuState.QUARANTINED, NOW + DAY)
    assert found.quarantine is not None
    assert "no look-up finds it" in found.quarantine.message
    assert failure.message in found.quarantine.message
    assert (found.quarantine.status, found.quarantine.code) == (409, failure.code)
    assert collided(found, 1, failure).next_attempt == NOW + DAY


def test_failures_of_another_kind_are_no_collisions() -> None:
    tried = replace(CREATE_DUE, attempts=3 * MOST_COLLISIONS, last_error=OUTAGE)

    assert settled(tried, Exists(PRESENCE), CREATE).state is SkuState.PENDING


def test_a_newer_wish_than_the_one_that_collides_is_not_refused_for_it() -> None:
    patient = collided(CREATE_DUE, MOST_COLLISIONS - 1)

    found = settled(replace(patient, revision=9), Exists(PRESENCE), CREATE)

    assert (found.state, found.attempts) == (SkuState.PENDING, patient.attempts)


@pytest.mark.parametrize("row", [CREATE_DUE, UPDATE_DUE])
def test_a_refused_wish_is_quarantined_with_its_reason_until_tomorrow(row: Tracked) -> None:
    found = settled(row, Refused(REFUSAL))

    assert found.state is SkuState.QUARANTINED
    assert (found.quarantine, found.last_error) == (REFUSAL, REFUSAL)
    assert (found.quarantined_since, found.known) == (NOW, row.known)
    assert change_for(found, POLICY, NOW + DAY - SECOND, 1) is None
    assert change_for(found, POLICY, NOW + DAY, 1) is not None


def test_a_quarantine_is_tried_again_as_often_as_the_policy_says() -> None:
    found = settled(UPDATE_DUE, Refused(REFUSAL), policy=Policy(retry_quarantined=9 * DAY))

    assert found.next_attempt == NOW + 9 * DAY


def test_a_wish_that_is_refused_again_has_been_in_quarantine_since_the_first_time() -> None:
    found = settled(replace(REFUSED, next_attempt=EARLIER), Refused(REFUSAL))

    assert (found.quarantined_since, found.next_attempt) == (EARLIER, NOW + DAY)


@pytest.mark.parametrize("outcome", [Refused(REFUSAL), Exists(PRESENCE)])
def test_a_refused_delete_is_tried_again_tomorrow(outcome: Outcome) -> None:
    found = settled(MISSING, outcome)

    assert (found.state, found.known, found.ownership) == (
        SkuState.MISSING,
        WISH,
        Ownership.OWNED,
    )
    assert found.last_error in {REFUSAL, PRESENCE}
    assert found.quarantine is None
    assert change_for(found, POLICY, NOW + DAY - SECOND, 9) is None
    assert due(found, NOW + DAY, 9).action is Action.DELETE


def test_a_row_that_comes_back_after_a_refused_delete_is_not_in_quarantine_for_it() -> None:
    assert absorb(settled(MISSING, Refused(REFUSAL)), 11, WISH) == replace(IN_SYNC, revision=4)


def test_an_update_that_waited_for_its_row_is_due_at_once_after_a_refused_delete() -> None:
    absent = the(gone(UPDATE_DUE, NOW - 2 * DAY, 3))
    refused = settled(absent, Refused(REFUSAL))

    assert due(absorb(refused, 11, WISH)).payload() == UPDATE.payload()


def test_an_update_that_is_told_the_item_exists_is_refused_since_that_is_no_news() -> None:
    found = settled(UPDATE_DUE, Exists(PRESENCE))

    assert (found.state, found.quarantine) == (SkuState.QUARANTINED, PRESENCE)
    assert found.known == OTHER


@pytest.mark.parametrize(("row", "change"), WRITES)
def test_a_write_without_an_answer_is_in_doubt_and_looked_up_before_it_is_repeated(
    row: Tracked, change: Change
) -> None:
    found = settled(row, LOST_ANSWER, change)

    assert (found.delivery, found.attempts, found.last_error) == (Delivery.IN_DOUBT, 1, OUTAGE)
    assert (found.known, found.sent, found.ownership) == (row.known, row.sent, row.ownership)
    again = NOW + back_off(ITEM, 1)
    assert found.next_attempt == again
    assert not needs_look_up(found, NOW)
    assert needs_look_up(found, again)
    assert change_for(found, POLICY, again, 9) is None


@pytest.mark.parametrize(("row", "change"), WRITES)
def test_a_write_that_was_turned_away_is_repeated_as_it_is_after_its_back_off(
    row: Tracked, change: Change
) -> None:
    found = settled(row, TURNED_AWAY, change)

    assert found == replace(
        row, attempts=1, next_attempt=NOW + back_off(ITEM, 1), last_error=OUTAGE
    )
    assert change_for(found, POLICY, NOW, 9) is None
    assert due(found, NOW + back_off(ITEM, 1)) == change


def test_each_failure_waits_longer_than_the_one_before() -> None:
    row = UPDATE_DUE
    waits: list[timedelta] = []
    for _ in range(8):
        row = settled(replace(row, next_attempt=None), TURNED_AWAY)
        waits.append(the_wait(row))

    assert waits == [back_off(ITEM, attempt) for attempt in range(1, 9)]
    assert row.attempts == 8


def the_wait(row: Tracked) -> timedelta:
    assert row.next_attempt is not None
    return row.next_attempt - NOW


@pytest.mark.parametrize(
    ("asked", "wait"),
    [
        (60, 60 * SECOND),
        (1.5, 1.5 * SECOND),
        (0, SECOND),
        (0.2, SECOND),
        (-5, SECOND),
        (7200, 7200 * SECOND),
        (1e12, DAY),
        (float("inf"), DAY),
    ],
)
@pytest.mark.parametrize("in_doubt", [True, False])
def test_the_wait_that_was_asked_for_wins_within_reason(
    asked: float, wait: timedelta, in_doubt: bool
) -> None:
    tried = replace(UPDATE_DUE, attempts=6)

    found = settled(tried, Transient(OUTAGE, in_doubt, retry_after=asked))

    assert the_wait(found) == wait
    assert found.attempts == 6


@pytest.mark.parametrize("outcome", [KeyRefused(BAD_KEY), Forbidden(CLOSED)])
@pytest.mark.parametrize(("row", "change"), WRITES)
def test_a_refused_key_leaves_the_row_as_it_was_with_the_reason(
    row: Tracked, change: Change, outcome: KeyRefused | Forbidden
) -> None:
    assert settled(row, outcome, change) == replace(row, last_error=outcome.failure)


def test_an_answer_of_success_that_does_not_show_the_item_is_in_doubt() -> None:
    found = settled(CREATE_DUE, Accepted(None, "req-9"))

    assert (found.delivery, found.known) == (Delivery.IN_DOUBT, None)
    assert found.last_error is not None
    assert found.last_error.request_id == "req-9"
    assert needs_look_up(found, NOW + back_off(ITEM, 1))


def test_a_held_row_takes_in_the_answer_and_stays_held() -> None:
    held = replace(claim(UPDATE_DUE, UPDATE), held=HELD.held)

    found = the(settle(held, UPDATE, ACCEPTED, POLICY, NOW))

    assert (found.state, found.known) == (SkuState.HELD, WISH)


@pytest.mark.parametrize("outcome", SETBACKS)
@pytest.mark.parametrize(
    "row", [CREATE_DUE, UPDATE_DUE, MISSING, LOST, replace(REFUSED, next_attempt=NOW)]
)
def test_no_setback_leads_to_a_loop(row: Tracked, outcome: Outcome) -> None:
    found = settle(claim(row, due(row)), due(row), outcome, POLICY, NOW)

    if found is not None:
        assert not is_due(found, NOW)
        assert not needs_look_up(found, NOW)
        assert change_for(found, POLICY, NOW, 9) is None
        assert found.next_attempt is not None
        assert found.next_attempt > NOW
