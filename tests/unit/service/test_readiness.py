"""Whether the daemon lives and works, and each reason why it does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from syncd.config import ScheduleSettings
from syncd.domain.attributes import ItemId
from syncd.domain.change import Action, Change, ChangeOutcome
from syncd.domain.cycle import ChangeResult, CycleId, CycleResult, Guard, GuardStop, Mode
from syncd.domain.tracking import SkuState
from syncd.ports import Census
from syncd.service.pulse import LONGEST_STANDSTILL, Pulse, Trouble
from syncd.service.readiness import (
    LONGEST_SILENCE,
    Cause,
    Obstacle,
    ailments,
    longest_wait,
    obstacles,
)
from syncd.service.tally import CycleEnd
from tests.fakes.ticks import Ticks

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOURLY = ScheduleSettings.model_validate({"poll": "1h", "jitter": "10s"})
HOUR = 3600.0


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
def pulse(ticks: Ticks) -> Pulse:
    return Pulse(lambda: NOON + timedelta(seconds=ticks.now), ticks)


def result(at: datetime = NOON) -> CycleResult:
    return CycleResult(CycleId("c"), Mode.SCHEDULED, at, at, None)


def causes(found: tuple[Obstacle, ...]) -> set[Cause]:
    return {one.cause for one in found}


def well(pulse: Pulse) -> None:
    pulse.beat()
    pulse.ended(result())


def test_one_that_beats_and_works_is_healthy_and_ready(pulse: Pulse) -> None:
    well(pulse)

    assert ailments(pulse) == obstacles(pulse, HOURLY) == ()


def test_one_that_has_not_worked_yet_lives_and_is_not_ready(pulse: Pulse, ticks: Ticks) -> None:
    assert ailments(pulse) == ()
    assert causes(obstacles(pulse, HOURLY)) == {Cause.STARTING}
    ticks.now = 2 * HOUR + 11
    pulse.beat()
    assert causes(obstacles(pulse, HOURLY)) == {Cause.LATE}


def test_a_loop_that_is_stuck_is_neither(pulse: Pulse, ticks: Ticks) -> None:
    well(pulse)
    ticks.now = LONGEST_SILENCE
    assert ailments(pulse) == ()
    ticks.now += 0.1
    assert causes(ailments(pulse)) == causes(obstacles(pulse, HOURLY)) == {Cause.LOOP}


def test_work_that_stands_still_is_told(pulse: Pulse, ticks: Ticks) -> None:
    well(pulse)
    pulse.cycle.phase("delivering", 100)
    ticks.now = LONGEST_STANDSTILL + 1
    pulse.beat()
    (found,) = ailments(pulse)

    assert found.cause is Cause.STANDSTILL
    assert "delivering, 0 of 100" in found.words
    pulse.cycle.advance()
    assert ailments(pulse) == ()


def test_what_stands_still_beside_a_cycle_that_moves_is_told(pulse: Pulse, ticks: Ticks) -> None:
    well(pulse)
    pulse.beside.phase("listing what is there", None)
    ticks.now = LONGEST_STANDSTILL + 1
    pulse.beat()
    pulse.cycle.phase("delivering", 100)
    (found,) = ailments(pulse)

    assert "listing what is there" in found.words
    assert str(pulse.doing) == "delivering, 0 of 100"
    pulse.cycle.rest()
    assert str(pulse.doing) == "listing what is there"
    pulse.beside.rest()
    assert pulse.doing.is_idle
    assert ailments(pulse) == ()


def test_a_cron_expression_may_be_late_by_its_shift(pulse: Pulse) -> None:
    schedule = ScheduleSettings.model_validate({"poll": "0 * * * *", "jitter": "10s"})
    pulse.ended(result())

    assert longest_wait(pulse, schedule) == timedelta(hours=2, seconds=10)


def test_a_success_grows_old_though_a_cycle_goes_on(pulse: Pulse, ticks: Ticks) -> None:
    well(pulse)
    pulse.cycle.phase("reading the catalog", None)
    for seconds, late in ((2 * HOUR, False), (2 * HOUR + 1, True)):
        ticks.now = seconds
        pulse.cycle.advance()
        pulse.beat()
        assert (causes(obstacles(pulse, HOURLY)) == {Cause.LATE}) is late
    assert "reading the catalog" in obstacles(pulse, HOURLY)[0].words


def test_a_clock_that_is_set_back_makes_no_success_younger(ticks: Ticks) -> None:
    clock = [NOON]
    pulse = Pulse(lambda: clock[0], ticks)
    well(pulse)
    clock[0] -= timedelta(days=1)
    ticks.now = 2 * HOUR + 11
    pulse.beat()

    assert causes(obstacles(pulse, HOURLY)) == {Cause.LATE}


@pytest.mark.parametrize(
    ("poll", "bound"),
    [
        ("5m", timedelta(minutes=10)),
        ("0 * * * *", timedelta(hours=2)),
        ("30 12 * * *", timedelta(hours=24, minutes=30)),
        ("0 9 * * mon-fri", timedelta(days=2, hours=21)),  # from Saturday noon to Tuesday morning
        ("0 9 * * mon-fri Asia/Tokyo", timedelta(days=2, hours=12)),
        ("0 0 30 2 *", timedelta(days=365 * 1000)),  # a day that never comes
    ],
)
def test_two_intervals_are_counted_by_the_pace(pulse: Pulse, poll: str, bound: timedelta) -> None:
    schedule = ScheduleSettings.model_validate({"poll": poll, "jitter": "0"})
    pulse.ended(result())
    found = longest_wait(pulse, schedule)

    assert found == bound or (bound.days > 9999 and found > bound)


def test_a_cycle_that_failed_or_was_not_about_all_is_no_success(pulse: Pulse, ticks: Ticks) -> None:
    ticks.now = 60.0
    pulse.ended(replace(result(), error="The catalog is gone."))
    pulse.ended(result(), is_whole=False)

    assert pulse.since_success() == 60.0
    pulse.ended(result())
    assert pulse.since_success() == 0.0


@pytest.mark.parametrize("trouble", [one for one in Trouble if one is not Trouble.CONFIGURATION])
def test_every_trouble_is_a_reason(pulse: Pulse, trouble: Trouble) -> None:
    well(pulse)
    pulse.trouble(trouble, "Something is wrong. Mend it.")
    (found,) = obstacles(pulse, HOURLY)

    assert (found.cause.value, found.words) == (trouble.value, "Something is wrong. Mend it.")
    assert ailments(pulse) == ()


def test_a_configuration_that_was_not_taken_keeps_nobody_from_working(pulse: Pulse) -> None:
    well(pulse)
    pulse.trouble(Trouble.CONFIGURATION, "gards: no such key.")

    assert obstacles(pulse, HOURLY) == ()


def test_a_guard_that_stopped_something_is_a_reason_until_a_cycle_passes(pulse: Pulse) -> None:
    well(pulse)
    stop = GuardStop(Guard.MAX_DELETE, 0.1, 0.4, (Action.DELETE,), "12 deletes are stopped.")
    pulse.ended(replace(result(), guards=(stop,)))
    assert obstacles(pulse, HOURLY) == (Obstacle(Cause.GUARD, "12 deletes are stopped."),)
    pulse.ended(result())
    assert obstacles(pulse, HOURLY) == ()


def test_a_cycle_over_some_skus_or_one_that_failed_frees_nothing_that_was_stopped(
    pulse: Pulse,
) -> None:
    stop = GuardStop(Guard.MAX_DELETE, 0.1, 0.4, (Action.DELETE,), "12 deletes are stopped.")
    other = GuardStop(Guard.MAX_UPDATE, 0.5, 0.6, (Action.UPDATE,), "60 updates are stopped.")
    pulse.ended(replace(result(), guards=(stop,)))
    pulse.ended(result(), is_whole=False)
    pulse.ended(replace(result(), error="The catalog is gone."))
    assert list(pulse.stops) == [stop]
    pulse.ended(replace(result(), guards=(other,)), is_whole=False)
    assert list(pulse.stops) == [stop, other]
    pulse.ended(result())
    assert not pulse.stops


def test_a_state_that_cannot_be_read_is_a_reason_once(pulse: Pulse) -> None:
    well(pulse)
    assert causes(obstacles(pulse, HOURLY, "It is locked.")) == {Cause.STATE}
    pulse.trouble(Trouble.STATE, "It was locked at the last cycle.")
    assert len(obstacles(pulse, HOURLY, "It is locked.")) == 1


def test_one_that_stands_by_says_so_and_nothing_else(pulse: Pulse, ticks: Ticks) -> None:
    pulse.stands_by_for = "syncd, process 7 is on duty"
    ticks.now = 9 * HOUR
    pulse.beat()
    (found,) = obstacles(pulse, HOURLY)

    assert (found.cause, "process 7" in found.words) == (Cause.STANDBY, True)
    assert ailments(pulse) == ()


def test_writes_and_cycles_are_tallied_for_good(pulse: Pulse) -> None:
    change = Change(ItemId("a"), Action.CREATE, 1, {})
    outcomes = (ChangeOutcome.DONE, ChangeOutcome.DONE, ChangeOutcome.FAILED, ChangeOutcome.STOPPED)
    changes = tuple(ChangeResult(change, outcome) for outcome in outcomes)
    done = replace(result(), changes=changes, finished=NOON + timedelta(seconds=3))
    pulse.ended(done)
    pulse.ended(replace(result(), changes=changes[:1], error="The catalog is gone."))

    assert pulse.tally.writes == {
        (Action.CREATE, ChangeOutcome.DONE): 3,
        (Action.CREATE, ChangeOutcome.FAILED): 1,
    }
    assert pulse.tally.cycles[CycleEnd.DONE].total == 3.0
    assert sum(pulse.tally.cycles[CycleEnd.FAILED].counts) == 1
    assert pulse.last is not None
    assert pulse.last.changes == ()


def test_a_change_is_pending_from_the_start_of_the_cycle_that_saw_it(
    pulse: Pulse, ticks: Ticks
) -> None:
    some, none = Census({SkuState.PENDING: 2}, 9), Census({SkuState.IN_SYNC: 9}, 9)
    assert pulse.pending_since(none) is None
    ticks.now = 10.0
    pulse.cycle.phase("beginning a cycle", None)
    ticks.now = 20.0
    pulse.cycle.phase("delivering", 2)
    assert pulse.pending_since(some) == NOON + timedelta(seconds=10)
    for begun in (10, 100):
        at = NOON + timedelta(seconds=begun)
        pulse.ended(replace(result(at), states=some.states))
        pulse.cycle.rest()
        assert pulse.pending_since(some) == NOON + timedelta(seconds=10)
    assert pulse.pending_since(none) is None
    pulse.ended(replace(result(), states=none.states))
    assert pulse.pending_since(some) is None
