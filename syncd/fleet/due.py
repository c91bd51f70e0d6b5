"""When each job of an account comes due: the same moments in every process."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from syncd.config.pace import last_due, next_due
from syncd.fleet.errand import Errand
from syncd.service.prune import PACE
from syncd.service.pulse import Job
from syncd.service.rounds import step_of

if TYPE_CHECKING:
    from syncd.config import ScheduleSettings

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Pace:
    """How often an errand comes due; durations are laid out from a moment of the account's own.

    So a thousand accounts that are polled every five minutes are spread over these minutes.
    """

    errand: Errand
    pace: timedelta | str

    def last(self, now: datetime) -> datetime | None:
        """The latest moment up to now; None where a rare one lies too far back."""
        if isinstance(self.pace, str):
            return last_due(self.pace, now)
        return now - (now - _EPOCH - self._offset(self.pace)) % self.pace

    def next(self, after: datetime) -> datetime | None:
        """The first moment after this one; None where none comes."""
        if isinstance(self.pace, str):
            return next_due(self.pace, after)
        last = self.last(after)
        return None if last is None else last + self.pace

    def _offset(self, pace: timedelta) -> timedelta:
        digest = hashlib.blake2b(self.errand.name.encode(), digest_size=8).digest()
        return int.from_bytes(digest) % (pace // timedelta(seconds=1) or 1) * timedelta(seconds=1)


def paces(account: str, schedule: ScheduleSettings) -> tuple[Pace, ...]:
    """What is done for an account by its schedule."""
    by_job: dict[Job, timedelta | str] = {
        Job.POLL: schedule.poll,
        Job.FULL: schedule.full,
        Job.AUDIT: schedule.audit,
        Job.PRUNE: PACE,
    }
    if schedule.rolling:
        by_job[Job.ROLLING] = step_of(schedule.rolling)
    if schedule.levels is not None:
        by_job[Job.LEVELS] = schedule.levels
    return tuple(Pace(Errand(account, job), pace) for job, pace in by_job.items())


class Calendar:
    """What is due now: each moment once, the latest one of a time that was slept through."""

    def __init__(self) -> None:
        self._next: dict[Pace, datetime | None] = {}

    def follow(self, wanted: frozenset[Pace], now: datetime) -> None:
        """Keep to these paces from now on; what is new is due by its latest moment.

        Whether that was done before, the queue knows.
        """
        for gone in self._next.keys() - wanted:
            del self._next[gone]
        for pace in wanted - self._next.keys():
            self._next[pace] = pace.last(now) or pace.next(now)

    def due(self, now: datetime) -> dict[Errand, datetime]:
        """All that has come due since it was asked last, each with its latest moment."""
        found = {}
        for pace, moment in self._next.items():
            if moment is not None and moment <= now:
                found[pace.errand] = pace.last(now) or moment
                self._next[pace] = pace.next(now)
        return found
