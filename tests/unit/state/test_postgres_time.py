"""The server's time as a process knows it: told now and then, and counted on in between."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from syncd.state.codec import moment_of
from syncd.state.postgres.clock import SECOND, ServerClock, ServerTime

THERE = datetime(2026, 11, 1, 12, tzinfo=UTC)
"""What the server's clock says when this process's seconds are 0."""


@dataclass
class Passing:
    """Seconds that pass when a test wants it."""

    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds

    def tell(self, time: ServerTime, ahead: timedelta = timedelta(), took: float = 0.0) -> None:
        """Have the server tell its time, halfway between the question and its answer."""
        asked = time.ticks()
        self.seconds += took
        moment = THERE + timedelta(seconds=self.seconds - took / 2) + ahead
        time.heed(moment_of(moment), asked)


@pytest.fixture
def passing() -> Passing:
    return Passing()


@pytest.fixture
def time(passing: Passing) -> ServerTime:
    return ServerTime(passing)


def test_it_is_the_server_s_and_goes_on_between_two_answers(
    time: ServerTime, passing: Passing
) -> None:
    passing.tell(time, took=0.02)
    passing.seconds += 60
    assert time.now() == THERE + timedelta(seconds=60.02)


def test_until_the_server_has_told_it_this_machine_s_own_will_do(time: ServerTime) -> None:
    assert not time.is_known
    assert abs(datetime.now(UTC) - time.now()) < timedelta(seconds=10)


def test_a_better_answer_does_not_turn_it_back(time: ServerTime, passing: Passing) -> None:
    passing.tell(time, ahead=timedelta(milliseconds=30), took=0.1)
    before = time.now()
    passing.tell(time)
    assert time.now() == before
    passing.seconds += 0.1
    assert time.now() == THERE + timedelta(seconds=0.2) > before


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_server_s_clock_that_is_set_is_followed_at_once(
    time: ServerTime, passing: Passing, hours: int
) -> None:
    passing.tell(time)
    time.now()
    passing.tell(time, ahead=timedelta(hours=hours))
    assert time.now() == THERE + timedelta(hours=hours)


def test_the_server_s_clock_is_judged_by_the_quickest_answers_until_it_is_set() -> None:
    clock = ServerClock()
    assert not clock.is_known
    clock.heed(there=1_000_500, asked=0, answered=1000)
    clock.heed(there=2_009_000, asked=1_000_000, answered=1_010_000)
    assert (clock.here(5_000_000), clock.lead) == (4_000_000, 510)

    clock.heed(there=9_000_500, asked=2_000_000, answered=2_001_000)
    assert clock.here(9_000_500) == 2_000_500
    assert clock.there(clock.here(7 * SECOND)) == 7 * SECOND
