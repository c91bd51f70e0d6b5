"""When the daemon wishes for what: the configuration's paces, kept by APScheduler."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from syncd.config.values import cron_and_zone
from syncd.service.pulse import Job

if TYPE_CHECKING:
    from apscheduler.schedulers.asyncio import AsyncIOScheduler

    from syncd.daemon.paces import Trigger

_UTC: Final = ZoneInfo("UTC")
_FIRST: Final = timedelta(hours=1)
"""How long an account waits at most for what was never done, where the pace is a duration."""
_MOMENT: Final = timedelta(microseconds=1)
_FINEST: Final = timedelta(minutes=1)
"""The moments of a cron expression are no closer together."""
_AGAIN: Final = "again:"
"""Stands before the name of a job that comes once more, at a moment of its own."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A job with its pace; `begins` is its first moment, where that is not the pace's own.

    `jitter` shifts all of its moments alike, by what is drawn once: the time from one to the next
    never grows, so that a pace is a bound.
    """

    job: Job
    pace: timedelta | str
    jitter: timedelta = timedelta()
    begins: datetime | None = None


class Timetable:
    """Calls `wish` whenever a job is due; to be used in a running loop.

    A call only says what is wanted, and returns at once: a job that takes long, or a machine that
    slept, leads to one wish and not to many, and none is ever dropped for being late.
    """

    def __init__(self, wish: Callable[[Job], None], now: Callable[[], datetime]) -> None:
        """Take the clock by which all moments are meant; this machine's own may differ by hours."""
        self._wish = wish
        self._now = now
        self._due: dict[Job, datetime] = {}
        self._again: dict[Job, datetime] = {}
        self._scheduler = _scheduler()
        self._is_over = False

    def follow(self, entries: tuple[Entry, ...]) -> None:
        """Begin to keep these times."""
        for entry in entries:
            trigger = trigger_of(entry)
            first = entry.begins or trigger.get_next_fire_time(None, self._now())
            self._come_at(first, entry.job, trigger)
        self._scheduler.start()

    def again_at(self, job: Job, moment: datetime) -> None:
        """Wish for a job once more, in the place of another time that was wished for so."""
        self._again[job] = moment
        self._ring(f"{_AGAIN}{job.value}", moment, partial(self._called_again, job))

    def next_runs(self) -> Mapping[str, datetime]:
        """When each job is due next, by its name, in its pace or once more."""
        times = (self._due, self._again)
        return {
            job.value: min(found[job] for found in times if job in found)
            for job in self._due.keys() | self._again.keys()
        }

    def end(self) -> None:
        """Wish for nothing more.

        The scheduler rests and is not shut down: it would cancel a call that has just begun, and
        tell of it with a traceback.
        """
        self._is_over = True
        if self._scheduler.running:
            self._scheduler.pause()
            self._scheduler.wakeup()  # to wait for no moment any more

    def _come_at(self, moment: datetime | None, job: Job, trigger: Trigger) -> None:
        """Wish for the job at this moment, and go on from there; None where none comes."""
        if moment is None:
            self._due.pop(job, None)
            return
        self._due[job] = moment
        self._ring(job.value, moment, partial(self._called, job, trigger))

    def _ring(self, name: str, moment: datetime, call: Callable[[], Awaitable[None]]) -> None:
        """Have the scheduler call at this moment, which it has by this machine's clock."""
        here = datetime.now(UTC) + (moment - self._now())
        self._scheduler.add_job(call, "date", id=name, run_date=here, replace_existing=True)

    async def _called(self, job: Job, trigger: Trigger) -> None:
        """Run in the loop itself, where wishes are taken, and not in a thread of the scheduler.

        What the loop has slept through is wished for once, and the pace goes on behind it. So it
        does where this machine's clock has rung a little early, and the moment is still to come.
        """
        if self._is_over:
            return
        self._wish(job)
        now, due = self._now(), self._due[job]
        if timedelta() < due - now < _FINEST:
            now = due
        following = trigger.get_next_fire_time(due, now)
        while following is not None and following <= now:
            following = trigger.get_next_fire_time(following, now)
        self._come_at(following, job, trigger)

    async def _called_again(self, job: Job) -> None:
        if self._is_over:
            return
        self._again.pop(job, None)
        self._wish(job)


def due_again(pace: timedelta | str, last: datetime | None, now: datetime) -> datetime | None:
    """When a rare job is due first, given when it last began; None for the pace's own moment.

    One that was missed while nobody was on duty is due at once, so that its pace is a bound.
    """
    if isinstance(pace, timedelta):
        due = now + min(pace, _FIRST) if last is None else last + pace
        return max(due, now)
    if last is None:
        return None
    following = trigger_of(Entry(Job.AUDIT, pace)).get_next_fire_time(None, last + _MOMENT)
    return now if following is not None and following <= now else None


def _scheduler() -> AsyncIOScheduler:
    from apscheduler.schedulers.asyncio import AsyncIOScheduler

    defaults = {"misfire_grace_time": None}
    return AsyncIOScheduler(timezone=_UTC, job_defaults=defaults)


def trigger_of(entry: Entry, draw: Callable[[float, float], float] = random.uniform) -> Trigger:
    """Say when an entry is due; `draw` gives seconds between two bounds."""
    from apscheduler.triggers.cron import CronTrigger

    from syncd.daemon.paces import Shifted, Steady

    if isinstance(entry.pace, timedelta):
        most = min(entry.jitter, entry.pace / 2).total_seconds()
        return Steady(entry.pace, timedelta(seconds=draw(0.0, most)), entry.begins)
    expression, zone = cron_and_zone(entry.pace)
    trigger: CronTrigger = CronTrigger.from_crontab(expression, timezone=ZoneInfo(zone))
    return Shifted(trigger, timedelta(seconds=draw(0.0, entry.jitter.total_seconds())))
