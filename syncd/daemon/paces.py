"""How a pace goes on, as APScheduler asks for it: shifted once, and then always the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from apscheduler.triggers.base import BaseTrigger


class Trigger(Protocol):
    """What APScheduler's triggers are asked, which have no types of their own."""

    def get_next_fire_time(self, previous: datetime | None, now: datetime, /) -> datetime | None:
        """When it is due after it was due last, or for the first time from now on."""


@dataclass(frozen=True, slots=True)
class Steady(BaseTrigger):
    """One moment after the other, a pace apart, from `begins` on, or else from the next one on.

    The first of these times is shorter by the shift.
    """

    pace: timedelta
    shift: timedelta
    begins: datetime | None = None

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        if previous is None:
            return self.begins or now + self.pace - self.shift
        return previous + (self.pace - self.shift if previous == self.begins else self.pace)


@dataclass(frozen=True, slots=True)
class Shifted(BaseTrigger):
    """The moments of another trigger, each later by the same time."""

    trigger: Trigger
    shift: timedelta

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime | None:
        before = None if previous is None else previous - self.shift
        moment = self.trigger.get_next_fire_time(before, now - self.shift)
        return None if moment is None else moment + self.shift
