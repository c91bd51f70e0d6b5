"""When errands come due: at the same moments in every process, and each of them once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.config.pace import last_due, next_due
from syncd.fleet.due import Calendar, Pace, paces
from syncd.fleet.errand import Errand, back_off
from syncd.service.pulse import Job
from tests.unit.fleet.examples import settings_of

SUNDAY = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
FIVE = timedelta(minutes=5)
SECOND = timedelta(seconds=1)


def poll_of(account: str, pace: timedelta | str = FIVE) -> Pace:
    return Pace(Errand(account, Job.POLL), pace)


@pytest.mark.parametrize(
    ("cron", "last", "following"),
    [
        ("* * * * *", SUNDAY, SUNDAY + timedelta(minutes=1)),
        ("0 3 * * *", SUNDAY.replace(hour=3), SUNDAY.replace(hour=3) + timedelta(days=1)),
        ("0 13 * * sun", SUNDAY.replace(hour=13) - timedelta(days=7), SUNDAY.replace(hour=13)),
        ("0 0 1 1 *", datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)),
        ("0 0 30 2 *", None, None),
    ],
)
def test_a_cron_expression_has_a_latest_and_a_next_moment(
    cron: str, last: datetime | None, following: datetime | None
) -> None:
    assert last_due(cron, SUNDAY) == last
    assert next_due(cron, SUNDAY) == following


@given(
    st.timedeltas(SECOND, timedelta(days=40)),
    st.datetimes(datetime(2026, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - Hypothesis wants naive bounds
)
def test_moments_of_a_duration_lie_that_far_apart_and_are_the_same_for_everybody(
    every: timedelta, now: datetime
) -> None:
    pace = poll_of("acme", every)
    last, following = pace.last(now), pace.next(now)

    assert last is not None
    assert now - every < last <= now
    assert following == last + every
    assert pace.last(last) == last
    assert pace.last(last + every - timedelta(microseconds=1)) == last


def test_accounts_are_spread_over_their_interval() -> None:
    moments = {poll_of(f"account-{number}").last(SUNDAY) for number in range(100)}

    assert len(moments) > 75


def test_what_is_due_comes_once_and_then_at_its_next_moment() -> None:
    calendar, pace = Calendar(), poll_of("acme")
    calendar.follow(frozenset({pace}), SUNDAY)

    last = pace.last(SUNDAY)
    assert last is not None
    assert calendar.due(SUNDAY) == {pace.errand: last}
    assert calendar.due(SUNDAY) == {}
    assert calendar.due(last + FIVE - SECOND) == {}
    assert calendar.due(last + FIVE) == {pace.errand: last + FIVE}


def test_of_a_time_that_was_slept_through_only_the_latest_moment_comes() -> None:
    calendar, pace = Calendar(), poll_of("acme", "0 * * * *")
    calendar.follow(frozenset({pace}), SUNDAY)
    calendar.due(SUNDAY)

    assert calendar.due(SUNDAY + timedelta(hours=7, minutes=5)) == {
        pace.errand: SUNDAY + timedelta(hours=7)
    }


def test_what_is_followed_no_more_is_never_due_and_what_stays_is_not_due_again() -> None:
    calendar, stays, goes = Calendar(), poll_of("stays"), poll_of("goes")
    calendar.follow(frozenset({stays, goes}), SUNDAY)
    calendar.due(SUNDAY)
    calendar.follow(frozenset({stays}), SUNDAY)

    assert calendar.due(SUNDAY) == {}
    assert set(calendar.due(SUNDAY + FIVE)) == {stays.errand}


def test_a_pace_that_was_changed_takes_the_place_of_the_former() -> None:
    calendar = Calendar()
    calendar.follow(frozenset({poll_of("acme")}), SUNDAY)
    calendar.due(SUNDAY)
    daily = poll_of("acme", "0 12 * * *")
    calendar.follow(frozenset({daily}), SUNDAY)

    assert calendar.due(SUNDAY) == {daily.errand: SUNDAY}
    assert calendar.due(SUNDAY + FIVE) == {}


def test_an_account_has_all_jobs_of_its_schedule() -> None:
    schedule = settings_of("acme").schedule.model_copy(update={"levels": timedelta(hours=6)})

    assert {pace.errand.job for pace in paces("acme", schedule)} == set(Job)
    still = schedule.model_copy(update={"rolling": timedelta(), "levels": None})
    assert {pace.errand.job for pace in paces("acme", still)} == set(Job) - {
        Job.ROLLING,
        Job.LEVELS,
    }


def test_a_run_of_failures_waits_ever_longer_up_to_a_bound() -> None:
    waits = [back_off(attempts).total_seconds() for attempts in range(8)]

    assert waits == [10, 20, 40, 80, 160, 320, 600, 600]
    assert back_off(10_000) == timedelta(minutes=10)
