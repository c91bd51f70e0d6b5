"""When the daemon wishes for what."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from syncd.config.pace import longest_gap
from syncd.daemon.timetable import Entry, Timetable, audit_due
from syncd.service.pulse import Job

NOW = datetime.now(UTC)
HOUR = timedelta(hours=1)


async def _next_run(entry: Entry) -> datetime:
    timetable = Timetable(lambda _: None)
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


async def test_jitter_moves_a_start_by_half_the_pace_at_most() -> None:
    entry = Entry(Job.POLL, timedelta(seconds=60), jitter=HOUR)
    moments = [await _next_run(entry) for _ in range(30)]

    assert len(set(moments)) > 20
    assert max(moments) <= datetime.now(UTC) + timedelta(seconds=91)


async def test_what_is_due_is_wished_for_and_comes_back_when_asked() -> None:
    wishes: list[Job] = []
    timetable = Timetable(wishes.append)
    timetable.follow((Entry(Job.FULL, HOUR, begins=datetime.now(UTC)),))
    timetable.poll_at(datetime.now(UTC) + HOUR)
    timetable.poll_at(datetime.now(UTC) + timedelta(milliseconds=20))
    await asyncio.sleep(0.2)
    timetable.end()

    assert wishes == [Job.FULL, Job.POLL]


SUNDAY = datetime(2026, 11, 22, 4, tzinfo=UTC)
WEEKLY = "0 4 * * sun"
DAY = timedelta(days=1)


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
    assert audit_due(pace, last, SUNDAY) == due


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
