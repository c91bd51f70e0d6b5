"""When a pace of the configuration comes due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from syncd.config.values import cron_and_zone

_INSTANT: Final = timedelta(microseconds=1)
"""What came due at the very moment did not come due after it."""
_RUNS_LOOKED_AT: Final = 60
_LOOKS_BACK: Final = (
    timedelta(minutes=2),
    timedelta(hours=1),
    timedelta(days=1),
    timedelta(days=8),
    timedelta(days=32),
    timedelta(days=366),
)
"""A run is looked for in ever longer times, so that few are passed on the way to the latest."""


class _Trigger(Protocol):
    """What apscheduler's trigger is asked, which has no types of its own."""

    def get_next_fire_time(self, previous: datetime | None, now: datetime, /) -> datetime | None:
        """The first run from then on."""


def second_due(pace: timedelta | str, after: datetime) -> datetime:
    """When it has come due twice after a moment: by then two intervals have gone by."""
    if isinstance(pace, timedelta):
        return after + 2 * pace
    trigger = _trigger(pace)
    first = trigger.get_next_fire_time(None, after + _INSTANT)
    if first is None:
        return datetime.max.replace(tzinfo=after.tzinfo)
    second = trigger.get_next_fire_time(first, first)
    return second or first


def next_due(cron: str, after: datetime) -> datetime | None:
    """The first moment after this one; None where none comes."""
    return _trigger(cron).get_next_fire_time(None, after + _INSTANT)


def last_due(cron: str, now: datetime) -> datetime | None:
    """The latest moment up to now; None where there was none within a year."""
    trigger = _trigger(cron)
    for back in _LOOKS_BACK:
        moment = trigger.get_next_fire_time(None, now - back)
        if moment is not None and moment <= now:
            return _latest(trigger, moment, now)
    return None


def _latest(trigger: _Trigger, moment: datetime, now: datetime) -> datetime:
    while (following := trigger.get_next_fire_time(moment, moment + _INSTANT)) is not None:
        if following > now:
            break
        moment = following
    return moment


def longest_gap(pace: timedelta | str, now: datetime) -> timedelta:
    """The longest time from one run to the next, as far as the next ones tell."""
    if isinstance(pace, timedelta):
        return pace
    trigger = _trigger(pace)
    gap, run = timedelta(), trigger.get_next_fire_time(None, now)
    for _ in range(_RUNS_LOOKED_AT):
        following = None if run is None else trigger.get_next_fire_time(run, run + _INSTANT)
        if run is None or following is None:
            return gap
        gap, run = max(gap, following.astimezone(UTC) - run.astimezone(UTC)), following
    return gap


def _trigger(cron: str) -> _Trigger:
    from apscheduler.triggers.cron import CronTrigger

    expression, zone = cron_and_zone(cron)
    trigger: _Trigger = CronTrigger.from_crontab(expression, timezone=ZoneInfo(zone))  # type: ignore[no-untyped-call] # it has no types
    return trigger
