"""When a pace of the configuration comes due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from syncd.config.values import cron_and_zone

_INSTANT: Final = timedelta(microseconds=1)
"""What came due at the very moment did not come due after it."""
_RUNS_LOOKED_AT: Final = 60


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
