"""An outage opens the breaker; one probe after the other finds out when it is over."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
from syncd.engine.breaker import (
    FAILURES_TO_OPEN,
    LONGEST_ASKED_REST,
    LONGEST_REST,
    PAUSED,
    RESTING,
    SUCCESSES_TO_TRUST,
    Breaker,
)
from syncd.ports import UNSENT
from tests.unit.engine.samples import ABSENCE, BAD_KEY, CLOSED, NOW, PRESENCE, REFUSAL, SECOND

NONE = timedelta()
NEW = Breaker("cycle")
BUSY = Transient(Failure(503, "service_unavailable", "later"), in_doubt=True)
BROKEN = Transient(Failure(None, "connect_failed", "refused"), in_doubt=False)
TOO_MANY = Transient(Failure(429, "too_many_requests", "slow"), in_doubt=False, retry_after=3.0)


def failing(breaker: Breaker, times: int = FAILURES_TO_OPEN) -> Breaker:
    for _ in range(times):
        breaker = breaker.failed(NOW)
    return breaker


OPEN = failing(NEW)


@pytest.mark.parametrize("outcome", [BUSY, BROKEN])
def test_it_opens_after_so_many_failures_in_a_row_and_not_before(outcome: Outcome) -> None:
    breaker = NEW
    for _ in range(FAILURES_TO_OPEN - 1):
        breaker = breaker.after(outcome, NOW)
    assert (breaker.is_open, breaker.rest(NOW)) == (False, NONE)

    breaker = breaker.after(outcome, NOW)

    assert breaker.is_open
    assert SECOND / 2 <= breaker.rest(NOW) <= SECOND


@pytest.mark.parametrize(
    "outcome",
    [Accepted(None), Gone(ABSENCE), Exists(PRESENCE), Refused(REFUSAL), KeyRefused(BAD_KEY),
     Forbidden(CLOSED)],
)  # fmt: skip
def test_every_real_answer_begins_the_count_anew_and_closes_it(outcome: Outcome) -> None:
    almost = failing(NEW, FAILURES_TO_OPEN - 1).after(outcome, NOW)

    assert not almost.failed(NOW).is_open
    assert not OPEN.after(outcome, NOW).is_open


@pytest.mark.parametrize("outcome", [TOO_MANY, UNSENT])
def test_what_says_nothing_of_the_remote_changes_nothing(outcome: Outcome) -> None:
    for breaker in (NEW, failing(NEW, 3), OPEN):
        assert breaker.after(outcome, NOW) == breaker


@pytest.mark.parametrize("code", [PAUSED, RESTING])
def test_what_the_client_keeps_back_is_not_tried_until_then(code: str) -> None:
    kept = Transient(Failure(None, code, "not sent"), in_doubt=False, retry_after=7.0)

    assert NEW.after(kept, NOW).rest(NOW) == 7 * SECOND
    assert OPEN.after(kept, NOW).rest(NOW) == 7 * SECOND


def test_a_vain_probe_puts_the_next_one_off_for_longer_and_longer() -> None:
    breaker, now, rests = OPEN, NOW, []
    for _ in range(12):
        rests.append(breaker.rest(now))
        now += breaker.rest(now)
        assert breaker.rest(now) == NONE
        breaker = breaker.failed(now)

    for count, rest in enumerate(rests):
        bound = min(SECOND * 2**count, LONGEST_REST)
        assert bound / 2 <= rest <= bound


def test_what_was_sent_before_it_opened_puts_nothing_off() -> None:
    assert failing(OPEN, 100) == OPEN


def test_the_remote_may_ask_for_a_longer_rest() -> None:
    almost = failing(NEW, FAILURES_TO_OPEN - 1)

    assert almost.failed(NOW, 120.0).rest(NOW) == 120 * SECOND
    assert almost.failed(NOW, 1e9).rest(NOW) == LONGEST_ASKED_REST
    assert almost.failed(NOW, 0.0).rest(NOW) >= SECOND / 2


def test_a_remote_that_soon_fails_again_is_left_alone_for_longer() -> None:
    again = failing(OPEN.succeeded())
    trusted = OPEN
    for _ in range(SUCCESSES_TO_TRUST):
        trusted = trusted.succeeded()

    assert again.openings == 2
    assert failing(trusted).openings == 1


def test_a_clock_that_is_set_back_keeps_nothing_back() -> None:
    assert OPEN.rest(NOW - timedelta(days=30)) == NONE


@given(st.lists(st.booleans(), max_size=200))
def test_it_is_never_open_after_a_success_and_never_rests_for_longer_than_it_may(
    answers: list[bool],
) -> None:
    breaker, now = NEW, NOW
    for good in answers:
        now += breaker.rest(now)
        breaker = breaker.succeeded() if good else breaker.failed(now)
        assert not (good and breaker.is_open)
        assert breaker.rest(now) <= LONGEST_REST
