"""What the daemon knows of itself at this moment, for whoever asks: page, health, metrics."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from syncd.domain.cycle import CycleResult

IDLE: Final = "waiting"


class Job(StrEnum):
    """What the daemon does by schedule."""

    POLL = "poll"
    FULL = "full"
    AUDIT = "audit"


class Trouble(StrEnum):
    """What keeps the daemon from its work until it is mended."""

    CATALOG = "catalog"
    REMOTE = "remote"
    KEY = "key"
    STATE = "state"
    LEASE = "lease"
    UNKNOWN = "unknown"
    """A mistake in syncd itself."""
    CONFIGURATION = "configuration"
    """Of a reload; the former one goes on."""


@dataclass(frozen=True, slots=True)
class Doing:
    """What goes on since when; `moved` is when the last step of it was done, by the beats' clock.

    `total` is None where nobody knows how many steps there are.
    """

    what: str
    since: datetime
    moved: float
    done: int = 0
    total: int | None = None

    @property
    def is_idle(self) -> bool:
        """Whether nothing goes on."""
        return self.what == IDLE

    def __str__(self) -> str:
        return self.what if self.total is None else f"{self.what}, {self.done:,} of {self.total:,}"


class Pulse:
    """Written by the loop that works, and read from any thread; each value is replaced whole.

    It watches cycles as their `Progress`. Times are in UTC, but for beats: those are seconds of a
    clock that never jumps and does not stop while the process is stopped.
    """

    def __init__(
        self, now: Callable[[], datetime], ticks: Callable[[], float] | None = None
    ) -> None:
        self._now = now
        self._ticks = ticks or _ticks
        self._beat = self._ticks()
        self.started = now()
        self.doing = self._doing(IDLE)
        self.stands_by_for: str | None = None
        self.writes_open_at: datetime | None = None
        self.next_runs: Mapping[str, datetime] = {}
        self.last: CycleResult | None = None
        self.last_success: datetime | None = None
        self.troubles: Mapping[Trouble, str] = {}

    # ------------------------------------------------------------------------------ beats

    def beat(self) -> None:
        """Say that the loop goes round."""
        self._beat = self._ticks()

    def silence(self) -> float:
        """Seconds since the last beat."""
        return self._ticks() - self._beat

    def standstill(self) -> float:
        """Seconds since anything moved in what goes on; 0 where nothing does."""
        doing = self.doing
        return 0.0 if doing.is_idle else self._ticks() - doing.moved

    # ----------------------------------------------------------------------------- cycles

    def phase(self, name: str, total: int | None) -> None:
        self.doing = replace(self._doing(name), total=total)

    def advance(self, steps: int = 1) -> None:
        doing = self.doing
        self.doing = replace(doing, done=doing.done + steps, moved=self._ticks())

    def rest(self) -> None:
        """Nothing goes on any more."""
        self.doing = self._doing(IDLE)

    def ended(self, result: CycleResult) -> None:
        """Take in what a cycle came to; one that was not kept from its work is a success."""
        self.last = replace(result, changes=())  # the journal has them
        if result.error is None:
            self.last_success = result.finished

    # --------------------------------------------------------------------------- troubles

    def trouble(self, kind: Trouble, words: str) -> bool:
        """Note what is wrong; True where that is news."""
        is_news = self.troubles.get(kind) != words
        self.troubles = {**self.troubles, kind: words}
        return is_news

    def relief(self, kind: Trouble) -> bool:
        """Note that this is well again; True where that is news."""
        is_news = kind in self.troubles
        self.troubles = {one: words for one, words in self.troubles.items() if one is not kind}
        return is_news

    def _doing(self, what: str) -> Doing:
        return Doing(what, self._now(), self._ticks())


def _ticks() -> float:
    """Count seconds, those that the machine slept included where the system can tell."""
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.clock_gettime(clock)
