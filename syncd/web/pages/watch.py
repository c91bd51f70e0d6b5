"""What the daemon knows of itself, frozen for one page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from syncd.config.pace import longest_gap
from syncd.service.pulse import Job, Trouble
from syncd.service.readiness import Cause, Obstacle, obstacles

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncd.ports import Census
    from syncd.service.pulse import Doing
    from syncd.web.desk import Desk

_NO_TROUBLE: Final = frozenset({Cause.STANDBY, Cause.STARTING, Cause.GUARD})
"""Reasons not to be ready that the page tells of in other places."""
_POLLS: Final = (Job.POLL.value, Job.FULL.value)


@dataclass(frozen=True, slots=True)
class Watch:
    """How the daemon stood at one moment.

    `troubles` are what keeps it from its work, the words of each being a sentence, and
    `former_goes_on` says why a changed configuration was not taken. `rate` and `limit` are requests
    a second. `next_runs` holds the next moment of each job that has one, and `audit_gap` is the
    longest time between two audits.
    """

    at: datetime
    doing: Doing
    busy_since: datetime | None
    stands_by_for: str | None
    writes_open_at: datetime | None
    next_runs: Mapping[str, datetime]
    troubles: tuple[Obstacle, ...]
    former_goes_on: str | None
    pending_since: datetime | None
    audit_gap: timedelta
    rate: int
    limit: float

    @property
    def next_poll(self) -> datetime | None:
        """When the catalog is looked at next, by schedule or for writes that come due."""
        due = [self.next_runs[job] for job in _POLLS if job in self.next_runs]
        return min(due, default=None)


def watch(desk: Desk, census: Census | None, unreadable: str | None = None) -> Watch:
    """Look at the daemon now; `unreadable` says why its state cannot be read."""
    pulse, settings = desk.pulse, desk.settings()
    found = obstacles(pulse, settings.schedule, unreadable)
    return Watch(
        at=desk.now(),
        doing=pulse.doing,
        busy_since=pulse.busy_since,
        stands_by_for=pulse.stands_by_for,
        writes_open_at=pulse.writes_open_at,
        next_runs=pulse.next_runs,
        troubles=tuple(one for one in found if one.cause not in _NO_TROUBLE),
        former_goes_on=pulse.troubles.get(Trouble.CONFIGURATION),
        pending_since=None if census is None else pulse.pending_since(census),
        audit_gap=_audit_gap(settings.schedule.audit, desk.now().date()),
        rate=desk.traffic.rate(),
        limit=settings.digital_river.rate,
    )


@lru_cache(maxsize=4)
def _audit_gap(pace: timedelta | str, day: date) -> timedelta:
    """The same all day long: to find it takes some milliseconds."""
    return longest_gap(pace, datetime.combine(day, time(), UTC))
