"""One result for each id, over all passes of a cycle."""

from __future__ import annotations

from dataclasses import replace

import pytest

from syncd.domain.attributes import Attribute, AttributeChange, ItemId
from syncd.domain.change import Action, Change, ChangeOutcome, Plan
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
from syncd.domain.tracking import Delivery, Missing, Ownership, Tracked
from syncd.service.lanes import Delivered
from syncd.service.results import MANAGED, NOT_BEGUN, STALE, UNANSWERED, Results
from tests.unit.service.conftest import NOW

FAILURE = Failure(503, "unavailable", "try later", request_id="request-1")
WISH = {Attribute.PART_NUMBER: "P-1"}
CREATE = Change(ItemId("a"), Action.CREATE, 1, {Attribute.PART_NUMBER: AttributeChange(None, "P")})
UPDATE = replace(CREATE, action=Action.UPDATE)
DELETE = replace(CREATE, action=Action.DELETE)
IN_SYNC = Tracked(ItemId("a"), desired=WISH, known=WISH, ownership=Ownership.OWNED, revision=1)
PENDING = replace(IN_SYNC, known=None)
BUSY = Transient(FAILURE, in_doubt=False)


def after(change: Change, outcome: Outcome) -> Results:
    results = Results()
    results.begun(Plan((change,)), [Delivered(change, outcome)])
    return results


def not_begun(change: Change) -> Results:
    results = Results()
    results.begun(Plan((change,)), [])
    return results


def told(results: Results, row: Tracked | None) -> list[tuple[ChangeOutcome, Failure | None]]:
    rows = {} if row is None else {row.id: row}
    return [(one.outcome, one.failure) for one in results.final(rows, frozenset())]


@pytest.mark.parametrize(
    ("change", "outcome", "expected"),
    [
        (CREATE, Accepted(WISH), ChangeOutcome.DONE),
        (DELETE, Accepted(None), ChangeOutcome.DONE),
        (DELETE, Gone(FAILURE), ChangeOutcome.DONE),
        (UPDATE, Gone(FAILURE), ChangeOutcome.FAILED),
        (CREATE, Exists(FAILURE), ChangeOutcome.FAILED),
        (CREATE, Refused(FAILURE), ChangeOutcome.QUARANTINED),
        (DELETE, Refused(FAILURE), ChangeOutcome.QUARANTINED),
        (CREATE, Transient(FAILURE, in_doubt=False), ChangeOutcome.FAILED),
        (CREATE, Transient(FAILURE, in_doubt=True), ChangeOutcome.FAILED),
        (CREATE, KeyRefused(FAILURE), ChangeOutcome.FAILED),
        (CREATE, Forbidden(FAILURE), ChangeOutcome.FAILED),
    ],
)
def test_every_outcome_has_its_word(
    change: Change, outcome: Outcome, expected: ChangeOutcome
) -> None:
    row = None if change.action is Action.DELETE and expected is ChangeOutcome.DONE else PENDING

    ((word, failure),) = told(after(change, outcome), row)

    assert word is expected
    assert failure == (None if isinstance(outcome, Accepted) else FAILURE)


def test_what_was_not_begun_has_failed_and_may_be_tried_again() -> None:
    results = not_begun(CREATE)

    assert told(results, PENDING) == [(ChangeOutcome.FAILED, NOT_BEGUN)]
    assert results.retryable() == {"a"}


def test_a_later_pass_has_the_last_word() -> None:
    results = after(CREATE, BUSY)
    results.begun(Plan((CREATE,)), [Delivered(CREATE, Accepted(WISH))])

    assert told(results, IN_SYNC) == [(ChangeOutcome.DONE, None)]


def test_a_pass_that_plans_nothing_for_an_id_leaves_its_result() -> None:
    results = after(CREATE, Accepted(WISH))
    results.begun(Plan(), [])

    assert told(results, IN_SYNC) == [(ChangeOutcome.DONE, None)]


def test_a_create_that_collides_for_good_is_quarantined_and_not_failed() -> None:
    collision = Failure(409, "already_exists", "it is there")
    refusal = replace(collision, message="no look-up finds it")
    row = replace(PENDING, quarantine=refusal, last_error=refusal)

    assert told(after(CREATE, Exists(collision)), row) == [(ChangeOutcome.QUARANTINED, refusal)]


def test_a_quarantined_sku_whose_retry_failed_for_now_has_failed() -> None:
    row = replace(PENDING, quarantine=Failure(409, "invalid_parameter", "no such part"))

    assert told(after(CREATE, BUSY), row) == [(ChangeOutcome.FAILED, FAILURE)]


def test_a_write_in_doubt_that_was_found_done_is_done() -> None:
    results = after(UPDATE, Transient(FAILURE, in_doubt=True))

    assert told(results, IN_SYNC) == [(ChangeOutcome.DONE, None)]


def test_a_write_that_is_still_in_doubt_has_failed() -> None:
    results = after(UPDATE, Transient(FAILURE, in_doubt=True))

    row = replace(IN_SYNC, delivery=Delivery.IN_DOUBT)
    assert told(results, row) == [(ChangeOutcome.FAILED, FAILURE)]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (None, ChangeOutcome.DONE),
        (replace(IN_SYNC, missing=Missing(NOW, 1)), ChangeOutcome.FAILED),
    ],
)
def test_a_delete_in_doubt_is_done_when_its_row_is_forgotten(
    row: Tracked | None, expected: ChangeOutcome
) -> None:
    ((word, _),) = told(after(DELETE, Transient(FAILURE, in_doubt=True)), row)

    assert word is expected


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        (after(DELETE, BUSY), [(ChangeOutcome.FAILED, MANAGED)]),
        (after(DELETE, Transient(FAILURE, in_doubt=True)), [(ChangeOutcome.FAILED, MANAGED)]),
        (after(DELETE, Accepted(None)), [(ChangeOutcome.DONE, None)]),
        (not_begun(DELETE), []),
    ],
)
def test_a_forgotten_row_that_was_found_managed_tells_of_no_delete(
    results: Results, expected: list[tuple[ChangeOutcome, Failure | None]]
) -> None:
    found = results.final({}, {DELETE.id})

    assert [(one.outcome, one.failure) for one in found] == expected


def test_an_answer_with_other_values_is_quarantined() -> None:
    other = Failure(None, "different_values", "sent DK, answered SE")
    row = replace(PENDING, quarantine=other, quarantined_since=NOW)

    assert told(after(CREATE, Accepted(WISH)), row) == [(ChangeOutcome.QUARANTINED, other)]


def test_a_create_that_met_the_wanted_item_is_not_told_of() -> None:
    assert told(after(CREATE, Exists(FAILURE)), IN_SYNC) == []


def test_a_create_that_met_another_item_has_failed() -> None:
    assert told(after(CREATE, Exists(FAILURE)), PENDING) == [(ChangeOutcome.FAILED, FAILURE)]


def test_stale_changes_stay_so_and_are_hopeless() -> None:
    results = Results()
    results.stale([CREATE])

    assert told(results, IN_SYNC) == [(ChangeOutcome.FAILED, STALE)]
    assert results.hopeless() == {"a"}
    assert not results.retryable()


def test_stopped_changes_are_hopeless_until_a_later_pass_lets_them_through() -> None:
    results = Results()
    results.stopped([UPDATE])
    assert results.hopeless() == {"a"}

    results.begun(Plan((UPDATE,)), [Delivered(UPDATE, BUSY)])

    assert not results.hopeless()
    assert results.retryable() == {"a"}


def test_results_come_in_the_order_of_their_ids() -> None:
    results = Results()
    changes = tuple(replace(CREATE, id=ItemId(item)) for item in "cab")
    results.planned(Plan(changes))

    assert [one.change.id for one in results.final({}, frozenset())] == ["a", "b", "c"]


class TestWhatIsLeftOut:
    def test_stays_so_whatever_its_row_comes_to(self) -> None:
        results, reason = Results(), Failure(None, "changed_since", "it has moved on")
        results.left_out(UPDATE, reason)

        assert told(results, IN_SYNC) == [(ChangeOutcome.FAILED, reason)]
        assert results.hopeless() == {"a"}
        assert results.retryable() == frozenset()


def test_what_was_sent_and_not_answered_is_told_as_that() -> None:
    results = Results()
    results.begun(Plan((UPDATE,)), [])
    results.unanswered([UPDATE])

    assert told(results, replace(IN_SYNC, delivery=Delivery.IN_FLIGHT)) == [
        (ChangeOutcome.FAILED, UNANSWERED)
    ]


@pytest.mark.parametrize(
    ("outcome", "reached"),
    [
        (Accepted(WISH), True),
        (Refused(FAILURE), True),
        (BUSY, True),
        (Transient(Failure(None, "connect_failed", "refused"), in_doubt=False), False),
    ],
)
def test_a_remote_that_answers_anything_was_reached(outcome: Outcome, reached: bool) -> None:
    assert after(CREATE, outcome).reached() is reached
    assert not Results().reached()
