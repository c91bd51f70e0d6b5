"""One job for one account, as the queue knows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from syncd.service.pulse import Job

_FIRST_WAIT: Final = timedelta(seconds=10)
_LONGEST_WAIT: Final = timedelta(minutes=10)
_MOST_DOUBLINGS: Final = 10


@dataclass(frozen=True, slots=True)
class Errand:
    """What is to be done for whom; of the same one, never more than one waits."""

    account: str
    job: Job

    @property
    def name(self) -> str:
        """By which it is known to wait."""
        return f"{self.account}:{self.job.value}"


class NotDoneError(Exception):
    """The errand was not done, and is put back: it is no failure of the queue."""

    def __init__(self, reason: str, *, at_once: bool = False) -> None:
        """Take what kept it; `at_once` where another process can do it now."""
        super().__init__(reason)
        self.at_once = at_once


def back_off(attempts: int) -> timedelta:
    """How long an errand waits that was tried so many times before, as a run of failures does."""
    doubled: int = 2 ** min(attempts, _MOST_DOUBLINGS)
    return min(_FIRST_WAIT * doubled, _LONGEST_WAIT)
