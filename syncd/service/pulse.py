"""What the daemon knows of itself at this moment, for whoever asks: page, health, metrics."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from syncd.domain.cycle import CycleResult, GuardStop
from syncd.domain.tracking import SkuState
from syncd.engine.time_left import in_words, time_left
from syncd.ports import Census
from syncd.service.tally import Tally

IDLE: Final = "waiting"
LONGEST_STANDSTILL: Final = 15 * 60.0
"""Seconds without any progress after which work counts as stuck. A read moves with each page, batch
of rows or piece of a file; the longest pause in it is that until a database gives its first row."""

MOST_REASONS: Final = 5
"""So many reasons of one trouble are news until it is over: a gateway may word each answer anew."""
_REQUEST: Final = re.compile(r"\(request id [^)]*\)")
_PENDING: Final = (SkuState.PENDING, SkuState.IN_FLIGHT)


class Job(StrEnum):
    """What the daemon does by schedule."""

    POLL = "poll"
    FULL = "full"
    AUDIT = "audit"
    ROLLING = "rolling"
    PRUNE = "prune"
    LEVELS = "levels"


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

    `total` is None where nobody knows how many steps there are. The `first` steps that were done
    came at once, and the rest in the `spent` seconds since.
    """

    what: str
    since: datetime
    moved: float
    done: int = 0
    total: int | None = None
    first: int = 0
    spent: float = 0.0

    @property
    def is_idle(self) -> bool:
        """Whether nothing goes on."""
        return self.what == IDLE

    def __str__(self) -> str:
        if self.total is None:
            return self.what
        left = self.left
        rest = "" if left is None else f", {in_words(left)}"
        return f"{self.what}, {self.done:,} of {self.total:,}{rest}"

    @property
    def left(self) -> timedelta | None:
        """How long it still takes, None where nobody can tell."""
        return time_left(self.done, self.total, self.first, timedelta(seconds=self.spent))

    def after(self, steps: int, now: float) -> Doing:
        """The same with so many more steps done, which may be none."""
        if not self.done:
            return replace(self, done=steps, first=steps, moved=now)
        spent = self.spent + now - self.moved
        return replace(self, done=self.done + steps, spent=spent, moved=now)


class Strand:
    """One thing that may go on beside others; it watches it as its `Progress`."""

    def __init__(self, now: Callable[[], datetime], ticks: Callable[[], float]) -> None:
        self._now = now
        self._ticks = ticks
        self.since: datetime | None = None
        self.doing = self._begun(IDLE)

    def phase(self, name: str, total: int | None) -> None:
        if self.since is None:
            self.since = self._now()
        self.doing = replace(self._begun(name), total=total)

    def advance(self, steps: int = 1) -> None:
        self.doing = self.doing.after(steps, self._ticks())

    def rest(self) -> None:
        """It is over."""
        self.doing = self._begun(IDLE)
        self.since = None

    def _begun(self, what: str) -> Doing:
        return Doing(what, self._now(), self._ticks())


class Listener(Protocol):
    """Who is told of everything that the pulse is told, news or not."""

    def wrong(self, kind: Trouble, words: str) -> None:
        """Something is wrong."""

    def well(self, kind: Trouble) -> None:
        """Something is as it should be."""

    def ended(self, result: CycleResult, *, is_whole: bool) -> None:
        """A cycle has ended; one that was not about all SKUs is not whole."""


@dataclass(frozen=True, slots=True)
class Told:
    """What was said of troubles and of what guards keep back, and stands as far as is known."""

    reasons: Mapping[Trouble, frozenset[str]]
    stops: tuple[GuardStop, ...]


class Pulse:
    """Written by the loop that works, and read from any thread; each value is replaced whole.

    `cycle` watches cycles, and `beside` what goes on beside them. Times are in UTC, but for beats:
    those are seconds of a clock that never jumps and does not stop while the process is stopped.
    """

    def __init__(
        self, now: Callable[[], datetime], ticks: Callable[[], float] | None = None
    ) -> None:
        self._now = now
        self._ticks = ticks or _ticks
        self._beat = self._ticks()
        self.started = now()
        self.cycle = Strand(now, self._ticks)
        self.beside = Strand(now, self._ticks)
        self.stands_by_for: str | None = None
        self.writes_open_at: datetime | None = None
        self.next_runs: Mapping[str, datetime] = {}
        self.last: CycleResult | None = None
        self.stops: tuple[GuardStop, ...] = ()
        self.last_success: datetime | None = None
        self._succeeded = self._ticks()
        self.tally = Tally()
        self._pending_since: datetime | None = None
        self.troubles: Mapping[Trouble, str] = {}
        self._reasons: dict[Trouble, frozenset[str]] = {}
        self.listener: Listener | None = None

    # ------------------------------------------------------------------------------ beats

    def beat(self) -> None:
        """Say that the loop goes round."""
        self._beat = self._ticks()

    def silence(self) -> float:
        """Seconds since the last beat."""
        return self._ticks() - self._beat

    def standstill(self) -> float:
        """Seconds since `stillest` has moved; 0 where nothing goes on."""
        doing = self.stillest
        return 0.0 if doing.is_idle else self._ticks() - doing.moved

    @property
    def stillest(self) -> Doing:
        """Of what goes on, that in which nothing has moved for longest."""
        under_way = [doing for doing in self._doings() if not doing.is_idle]
        return min(under_way, key=lambda doing: doing.moved, default=self.doing)

    @property
    def doing(self) -> Doing:
        """What goes on: the cycle, if there is one."""
        return self._shown.doing

    @property
    def busy_since(self) -> datetime | None:
        """Since when that has gone on."""
        return self._shown.since

    @property
    def _shown(self) -> Strand:
        return self.beside if self.cycle.doing.is_idle else self.cycle

    def _doings(self) -> tuple[Doing, ...]:
        return self.cycle.doing, self.beside.doing

    # ----------------------------------------------------------------------------- cycles

    def ended(self, result: CycleResult, *, is_whole: bool = True) -> None:
        """Take in what a cycle came to; a whole one that was not kept from its work is a success.

        That hooks lead to cycles must not hide that none comes by schedule.
        """
        if self.listener is not None:
            self.listener.ended(result, is_whole=is_whole)
        self.tally = self.tally.with_one(result)
        self.last = replace(result, changes=())  # the journal has them
        self.stops = self._standing(result, is_whole=is_whole)
        if is_whole and result.error is None:
            self.last_success, self._succeeded = result.finished, self._ticks()
        pending = sum(result.states.get(state, 0) for state in _PENDING)
        self._pending_since = (self._pending_since or result.started) if pending else None

    def _standing(self, result: CycleResult, *, is_whole: bool) -> tuple[GuardStop, ...]:
        """What guards keep back: a cycle over some SKUs alone says nothing of the others."""
        if result.error is not None:
            return self.stops
        known = () if is_whole else self.stops
        return (*known, *(stop for stop in result.guards if stop not in known))

    def since_success(self) -> float:
        """Seconds since the last success, or the start where there is none, by the beats' clock."""
        return self._ticks() - self._succeeded

    def pending_since(self, census: Census) -> datetime | None:
        """The start of the cycle from which on some change has been pending, given the SKUs now."""
        if not any(census.states.get(state) for state in _PENDING):
            return None
        return self._pending_since or self.cycle.since

    # --------------------------------------------------------------------------- troubles

    def trouble(self, kind: Trouble, words: str) -> bool:
        """Note what is wrong; True where that is news: a reason is told once until it is over."""
        if self.listener is not None:
            self.listener.wrong(kind, words)
        self.troubles = {**self.troubles, kind: words}
        told, reason = self._reasons.get(kind, frozenset()), _REQUEST.sub("", words)
        if reason in told or len(told) == MOST_REASONS:
            return False
        self._reasons[kind] = told | {reason}
        return True

    @property
    def told(self) -> Told:
        """What whoever works for the account next need not tell again."""
        return Told({**self._reasons}, self.stops)

    def follow(self, told: Told) -> None:
        """Take over what was told by a former one, which is over, so that it is told once."""
        self._reasons = {**told.reasons}
        self.stops = told.stops

    def relief(self, kind: Trouble) -> bool:
        """Note that this is well again; True where that is news."""
        if self.listener is not None:
            self.listener.well(kind)
        is_news = self._reasons.pop(kind, None) is not None
        self.troubles = {one: words for one, words in self.troubles.items() if one is not kind}
        return is_news


def _ticks() -> float:
    """Count seconds, those that the machine slept included where the system can tell."""
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.clock_gettime(clock)
