"""When the daemon wishes for what."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from syncd.config.pace import longest_gap
from syncd.daemon.timetable import Entry, Timetable, due_again, trigger_of
from syncd.service.pulse import Job

NOW = datetime.now(UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def own() -> datetime:
    """This machine's clock."""
    return datetime.now(UTC)


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - the scheduler tells nobody
            await asyncio.sleep(0.01)


async def _next_run(entry: Entry) -> datetime:
    timetable = Timetable(lambda _: None, own)
    timetable.follow((entry,))
    moment = timetable.next_runs()[entry.job.value]
    timetable.end()
    return moment


async def test_a_first_moment_stands_for_the_pace() -> None:
    assert await _next_run(Entry(Job.POLL, HOUR, begins=NOW + HOUR * 3)) == NOW + HOUR * 3


@pytest.mark.parametrize(
    ("cron", "hour"),
    [("30 3 * * *", (3, 30)), ("30 3 * * * Asia/Kolkata", (22, 0))],  # 5:30 hours ahead of UTC
)
async def test_a_cron_expression_is_in_utc_unless_it_names_a_time_zone(
    cron: str, hour: tuple[int, int]
) -> None:
    moment = (await _next_run(Entry(Job.FULL, cron))).astimezone(UTC)

    assert (moment.hour, moment.minute) == hour


def _moments(entry: Entry, count: int = 9) -> list[datetime]:
    """When a job runs, in time that nobody has to wait for."""
    trigger, moments, now = trigger_of(entry), list[datetime](), entry.begins or NOW
    for _ in range(count):
        moment = trigger.get_next_fire_time(moments[-1] if moments else None, now)
        assert moment is not None
        moments.append(moment)
        now = max(now, moment)
    return moments


@pytest.mark.parametrize("jitter", [timedelta(), timedelta(seconds=10), HOUR])
def test_the_time_from_one_poll_to_the_next_is_never_longer_than_the_pace(
    jitter: timedelta,
) -> None:
    pace = timedelta(minutes=5)
    for _ in range(20):
        moments = _moments(Entry(Job.POLL, pace, jitter, begins=NOW))
        gaps = [later - moment for moment, later in pairwise(moments)]
        assert moments[0] == NOW
        assert pace - min(jitter, pace / 2) <= gaps[0] <= pace
        assert set(gaps[1:]) == {pace}


def test_jitter_keeps_accounts_that_start_together_apart() -> None:
    seconds = timedelta(seconds=60)
    polls = {_moments(Entry(Job.POLL, seconds, HOUR, begins=NOW))[5] for _ in range(30)}
    nightly = {_moments(Entry(Job.FULL, "0 3 * * *", timedelta(seconds=10)))[0] for _ in range(30)}

    assert len(polls) > 20
    assert max(polls) - min(polls) <= seconds / 2
    assert len(nightly) > 20
    assert {(one.hour, one.minute) for one in nightly} == {(3, 0)}


def test_a_cron_expression_is_shifted_as_a_whole() -> None:
    hourly = _moments(Entry(Job.POLL, "0 * * * *", timedelta(minutes=10)))

    assert {later - moment for moment, later in pairwise(hourly)} == {HOUR}


async def test_what_was_missed_while_the_loop_stood_still_is_wished_for_once() -> None:
    wishes: list[Job] = []
    told = NOW
    timetable = Timetable(wishes.append, lambda: told)
    timetable.follow((Entry(Job.POLL, HOUR, begins=NOW),))
    told = NOW + 4.5 * HOUR  # before the loop comes to anything
    await _until(lambda: bool(wishes))
    timetable.end()

    assert wishes == [Job.POLL]
    assert timetable.next_runs() == {"poll": NOW + 5 * HOUR}


async def test_none_is_dropped_for_being_late_or_for_another_one() -> None:
    wishes: list[Job] = []
    timetable, now = Timetable(wishes.append, own), datetime.now(UTC)
    jobs = (Job.POLL, Job.FULL, Job.AUDIT, Job.PRUNE, Job.ROLLING)
    timetable.follow(tuple(Entry(job, DAY, begins=now - HOUR) for job in jobs))
    await _until(lambda: len(wishes) == len(jobs))
    timetable.end()

    assert sorted(wishes) == sorted(jobs)


async def test_what_is_due_is_wished_for_and_comes_back_when_asked() -> None:
    wishes: list[Job] = []
    timetable = Timetable(wishes.append, own)
    timetable.follow((Entry(Job.FULL, HOUR, begins=datetime.now(UTC)),))
    timetable.again_at(Job.POLL, datetime.now(UTC) + HOUR)
    timetable.again_at(Job.POLL, datetime.now(UTC) + timedelta(milliseconds=20))
    timetable.again_at(Job.AUDIT, datetime.now(UTC) + timedelta(milliseconds=40))
    await _until(lambda: len(wishes) == 3)
    timetable.end()

    assert wishes == [Job.FULL, Job.POLL, Job.AUDIT]


@pytest.mark.parametrize("wrong", [-HOUR, HOUR], ids=["an hour behind", "an hour ahead"])
async def test_moments_are_those_of_the_account_s_clock_whatever_this_machine_s_says(
    wrong: timedelta,
) -> None:
    """Else whoever is behind comes late by as much, and whoever is ahead comes early."""
    wishes: list[Job] = []
    timetable = Timetable(wishes.append, lambda: datetime.now(UTC) - wrong)
    now = datetime.now(UTC) - wrong
    nightly = Entry(Job.FULL, f"{now:%M %H} * * *")
    timetable.follow((Entry(Job.POLL, HOUR / 2, begins=now), nightly))
    timetable.again_at(Job.AUDIT, now)
    timetable.again_at(Job.PRUNE, now + HOUR / 2)
    await _until(lambda: len(wishes) == 2)
    timetable.end()

    assert sorted(wishes) == [Job.AUDIT, Job.POLL]
    due = timetable.next_runs()
    assert due["poll"] == due["prune"] == now + HOUR / 2
    assert (due["full"].hour, due["full"].minute) == (now.hour, now.minute)


async def test_a_moment_that_is_still_to_come_by_the_account_s_clock_is_wished_for_once() -> None:
    """Two clocks drift apart while a job is waited for, and a cron expression goes by the time."""
    wishes: list[Job] = []
    three = SUNDAY.replace(hour=3)
    told = three - timedelta(milliseconds=20)
    timetable = Timetable(wishes.append, lambda: told)
    timetable.follow((Entry(Job.FULL, "0 3 * * *"),))
    assert timetable.next_runs() == {"full": three}
    told = three - timedelta(seconds=30)
    await _until(lambda: bool(wishes))
    timetable.end()

    assert timetable.next_runs() == {"full": three + DAY}


@pytest.mark.parametrize("turns", range(6))
async def test_once_it_has_ended_nothing_is_wished_for(turns: int) -> None:
    wishes: list[Job] = []
    timetable = Timetable(wishes.append, own)
    timetable.follow((Entry(Job.POLL, DAY, begins=datetime.now(UTC) - HOUR),))
    await _turns(turns)
    timetable.end()
    by_its_end = [*wishes]
    await _turns(6)

    assert wishes == by_its_end


@pytest.mark.parametrize("turns", range(4))
async def test_what_comes_due_just_when_it_ends_is_no_error(
    caplog: pytest.LogCaptureFixture, turns: int
) -> None:
    """What is cancelled meanwhile would be told with a traceback."""
    timetable = Timetable(lambda _: None, own)
    soon = timedelta(milliseconds=20)
    timetable.follow((Entry(Job.POLL, DAY, begins=datetime.now(UTC) + soon),))
    await _turns(6)
    time.sleep(soon.total_seconds())  # noqa: ASYNC251 - so that it rings within the next turn
    await _turns(turns)
    timetable.end()
    await _turns(6)

    assert [one.getMessage() for one in caplog.records if one.levelname == "ERROR"] == []


async def _turns(count: int) -> None:
    """Let the loop go round so often."""
    for _ in range(count):
        await asyncio.sleep(0)


async def test_what_comes_once_more_is_told_where_it_comes_first() -> None:
    timetable = Timetable(lambda _: None, own)
    timetable.follow(
        (Entry(Job.AUDIT, DAY, begins=NOW + DAY), Entry(Job.POLL, DAY, begins=NOW + DAY))
    )
    timetable.again_at(Job.AUDIT, NOW + HOUR)
    timetable.again_at(Job.POLL, NOW + 2 * DAY)
    due = timetable.next_runs()
    timetable.end()

    assert due == {"audit": NOW + HOUR, "poll": NOW + DAY}


SUNDAY = datetime(2026, 11, 22, 4, tzinfo=UTC)
WEEKLY = "0 4 * * sun"


@pytest.mark.parametrize(
    ("pace", "last", "due"),
    [
        (HOUR * 6, None, SUNDAY + HOUR),
        (HOUR / 2, None, SUNDAY + HOUR / 2),
        (HOUR * 6, SUNDAY - HOUR * 2, SUNDAY + HOUR * 4),
        (HOUR * 6, SUNDAY - DAY, SUNDAY),
        (WEEKLY, None, None),
        (WEEKLY, SUNDAY - 2 * DAY, SUNDAY),
        (WEEKLY, SUNDAY - 9 * DAY, SUNDAY),
        (WEEKLY, SUNDAY, None),
    ],
)
def test_an_audit_that_was_missed_is_due_at_once(
    pace: timedelta | str, last: datetime | None, due: datetime | None
) -> None:
    assert due_again(pace, last, SUNDAY) == due


@pytest.mark.parametrize(
    ("pace", "gap"),
    [
        (HOUR, HOUR),
        (WEEKLY, 7 * DAY),
        ("0 4 * * mon,thu", 4 * DAY),
        ("0 4 1 * *", 31 * DAY),
        ("0 4 * * * Europe/Berlin", 25 * HOUR),
    ],
)
def test_the_longest_gap_bounds_how_long_a_drift_goes_unseen(
    pace: timedelta | str, gap: timedelta
) -> None:
    assert longest_gap(pace, datetime(2026, 10, 1, tzinfo=UTC)) == gap
