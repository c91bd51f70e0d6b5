"""A lease that is held: it shows signs of life, and knows when it may have been lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Protocol, TypeAlias

import structlog

from syncd.errors import LeaseLostError
from syncd.state.codec import moment_from, moment_of
from syncd.state.fence import Fence
from syncd.state.lock_file import Holder, LockFile, look_at

Now: TypeAlias = Callable[[], datetime]
Seconds: TypeAlias = Callable[[], float]
Pause: TypeAlias = Callable[[float], None]

BEAT: Final = 3.0
TERM: Final = 45.0
"""Below the minute that a command waits for a lease (product.md), so that one such wait sees it."""
_LATE: Final = 2
"""So many beats without a sign of life, and a departure gives one first."""
_BOOT_TIME: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)

_log = structlog.get_logger()


def awake_or_not() -> float:
    """Seconds that go on while the process is stopped or the machine sleeps."""
    return time.clock_gettime(_BOOT_TIME)


def own_time() -> datetime:
    """What this machine's clock says."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Timing:
    """A sign of life every `beat` seconds; whoever shows none for `term` seconds has lost."""

    now: Now = own_time
    seconds: Seconds = awake_or_not
    pause: Pause = time.sleep
    beat: float = BEAT
    term: float = TERM

    def sent_until(self, before: Holder) -> datetime:
        """Until when this holder may have sent requests; a clock put back makes it no later."""
        return min(last_departure(before, self.beat), self.now())


def last_departure(before: Holder, beat: float = BEAT) -> datetime:
    """Until when this holder may have sent requests, by the clock as it was then."""
    grace = 0.0 if before.ended else _LATE * beat
    return moment_from(before.at) + timedelta(seconds=grace)


@dataclass(frozen=True, slots=True)
class Grounds:
    """The state called `name`, the path of its lock file, and how time passes there."""

    name: str
    path: Path
    timing: Timing


class Seat(Protocol):
    """Where whoever holds a lease shows that it lives, and others see whose it is."""

    def show(self, sign: Holder) -> bool:
        """Show this sign of life; False where that fails, which ends nobody's work."""

    def taken_by(self) -> str | None:
        """Who has taken it meanwhile, in words; None as long as it is not known of anybody."""

    def close(self) -> None:
        """Let go of it."""


class LockedSeat:
    """A seat on a lock file: others take it by putting another file in its place."""

    def __init__(self, path: Path, lock: LockFile) -> None:
        """Take the locked file, which is closed at the end."""
        self._path = path
        self._lock = lock

    def show(self, sign: Holder) -> bool:
        """A disk that is full or slow must not end the holder's work, only its proof of life."""
        with suppress(OSError):
            self._lock.write(sign)
            return True
        return False

    def taken_by(self) -> str | None:
        return None if self._lock.stands_at(self._path) else look_at(self._path).who

    def close(self) -> None:
        self._lock.close()


@dataclass(frozen=True, slots=True)
class Taking:
    """One taking of the lease: its fence, and what its holder has to know of the time before."""

    fence: Fence
    sent_until: datetime | None = None


class Holding:
    """The port's `Lease`, for one taking of it; any thread may ask it."""

    def __init__(self, name: str, timing: Timing, seat: Seat, taking: Taking) -> None:
        """Take the seat, which is closed at the end; the first sign of life is shown by now."""
        self.sent_until = taking.sent_until
        self.fence = taking.fence
        self._name = name
        self._timing = timing
        self._seat = seat
        self._one_at_a_time = threading.Lock()
        self._shown_at = timing.seconds()
        self._sign = first_sign(taking.fence, timing)
        self._lost: tuple[str, str] | None = None

    def check(self) -> None:
        with self._one_at_a_time:
            if self._silence() > _LATE * self._timing.beat:
                self._show()
            self._look()
            if self._lost is not None:
                raise LeaseLostError(self._name, *self._lost)

    def compare(self, standing: Fence) -> None:
        """Raise `LeaseLostError` where the fence in the database is not its own any more."""
        if standing.number > self.fence.number:
            raise LeaseLostError(self._name, *_taken_by(standing.who))
        if standing.number < self.fence.number:
            raise LeaseLostError(
                self._name,
                "an older copy was put in its place while it was in use",
                "Stop every syncd before a backup is restored, then run again",
            )

    @contextmanager
    def shown(self) -> Iterator[Holding]:
        """Show signs of life until the end of the block, and that it was the end."""
        over = threading.Event()
        showing = threading.Thread(target=self._keep_showing, args=(over,), daemon=True)
        showing.start()
        try:
            yield self
        finally:
            over.set()
            showing.join()
            self._end()

    def _keep_showing(self, over: threading.Event) -> None:
        """From a thread of its own: neither a long transaction nor a busy loop must starve it."""
        while not over.wait(self._timing.beat):
            with self._one_at_a_time:
                self._show()

    def _show(self) -> None:
        """Show a sign of life, unless this one comes too late."""
        now = self._timing.seconds()
        self._look()
        if self._lost is None and self._is_shown(ended=False):
            self._shown_at = now  # and not the time it is by now: this process may have stood still

    def _look(self) -> None:
        """See whether another has taken the lease, or may have."""
        if self._lost is not None:
            return
        who = self._seat.taken_by()
        if who is not None:
            self._lose(*_taken_by(who))
        elif self._silence() > self._timing.term:
            self._lose(*_stood_still(self._silence(), self._timing.term))

    def _silence(self) -> float:
        return self._timing.seconds() - self._shown_at

    def _end(self) -> None:
        with self._one_at_a_time:
            if self._lost is None and self._seat.taken_by() is None:
                self._is_shown(ended=True)
            self._seat.close()

    def _is_shown(self, *, ended: bool) -> bool:
        moment = moment_of(self._timing.now())
        self._sign = replace(self._sign, at=moment, beats=self._sign.beats + 1, ended=ended)
        return self._seat.show(self._sign)

    def _lose(self, reason: str, next_step: str) -> None:
        _log.error("lease.lost", state=self._name, reason=reason)
        self._lost = reason, next_step


def first_sign(fence: Fence, timing: Timing) -> Holder:
    """The sign of life that comes with the taking itself."""
    return Holder(fence.holder, fence.since, fence.number, moment_of(timing.now()))


def _taken_by(who: str) -> tuple[str, str]:
    return (
        f"{who} has taken it over, so this process writes and sends no more",
        "Nothing is lost: what was in flight is looked up before it is repeated; run again",
    )


def _stood_still(silent: float, term: float) -> tuple[str, str]:
    standing = f"this process stood still for {silent:.0f} s and its lease lasts {term:.0f} s"
    return (
        f"{standing}, so another one may be at work",
        "Nothing is lost: what was in flight is looked up before it is repeated; run again",
    )
