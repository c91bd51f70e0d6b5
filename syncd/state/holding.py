"""A lease that is held: it shows signs of life, and knows when it may have been lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, TypeAlias

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


@dataclass(frozen=True, slots=True)
class Timing:
    """A sign of life every `beat` seconds; whoever shows none for `term` seconds has lost."""

    now: Now = lambda: datetime.now(UTC)
    seconds: Seconds = awake_or_not
    pause: Pause = time.sleep
    beat: float = BEAT
    term: float = TERM

    def sent_until(self, before: Holder) -> datetime:
        """Until when this holder may have sent requests; a clock put back makes it no later."""
        end = moment_from(before.at)
        if not before.ended:
            end += timedelta(seconds=_LATE * self.beat)
        return min(end, self.now())


@dataclass(frozen=True, slots=True)
class Grounds:
    """The state called `name`, the path of its lock file, and how time passes there."""

    name: str
    path: Path
    timing: Timing


class Holding:
    """The port's `Lease`, for one taking of it; any thread may ask it."""

    def __init__(
        self,
        grounds: Grounds,
        lock: LockFile,
        fence: Fence,
        sent_until: datetime | None,
        in_doubt: int,
    ) -> None:
        """Take the locked file, which is closed at the end, and show the first sign of life."""
        self.sent_until = sent_until
        self.in_doubt = in_doubt
        self.fence = fence
        self._grounds = grounds
        self._lock = lock
        self._one_at_a_time = threading.Lock()
        self._shown_at = grounds.timing.seconds()
        self._sign = Holder(fence.holder, fence.since, fence.number, self._moment())
        self._lost: tuple[str, str] | None = None
        lock.write(self._sign)

    def check(self) -> None:
        with self._one_at_a_time:
            if self._silence() > _LATE * self._grounds.timing.beat:
                self._show()
            self._look()
            if self._lost is not None:
                raise LeaseLostError(self._grounds.name, *self._lost)

    def compare(self, standing: Fence) -> None:
        """Raise `LeaseLostError` where the fence in the database is not its own any more."""
        if standing.number > self.fence.number:
            raise LeaseLostError(self._grounds.name, *_taken_by(standing.who))
        if standing.number < self.fence.number:
            raise LeaseLostError(
                self._grounds.name,
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
        while not over.wait(self._grounds.timing.beat):
            with self._one_at_a_time:
                self._show()

    def _show(self) -> None:
        """Show a sign of life, unless this one comes too late."""
        now = self._grounds.timing.seconds()
        self._look()
        if self._lost is None and self._is_written(ended=False):
            self._shown_at = now  # and not the time it is by now: this process may have stood still

    def _look(self) -> None:
        """See whether another has taken the lease, or may have."""
        if self._lost is not None:
            return
        if not self._lock.stands_at(self._grounds.path):
            self._lose(*_taken_by(look_at(self._grounds.path).who))
        elif self._silence() > self._grounds.timing.term:
            self._lose(*_stood_still(self._silence(), self._grounds.timing.term))

    def _silence(self) -> float:
        return self._grounds.timing.seconds() - self._shown_at

    def _end(self) -> None:
        with self._one_at_a_time:
            if self._lost is None and self._lock.stands_at(self._grounds.path):
                self._is_written(ended=True)
            self._lock.close()

    def _is_written(self, *, ended: bool) -> bool:
        """A disk that is full or slow must not end the holder's work, only its proof of life."""
        self._sign = replace(self._sign, at=self._moment(), beats=self._sign.beats + 1, ended=ended)
        with suppress(OSError):
            self._lock.write(self._sign)
            return True
        return False

    def _lose(self, reason: str, next_step: str) -> None:
        _log.error("lease.lost", state=self._grounds.name, reason=reason)
        self._lost = reason, next_step

    def _moment(self) -> int:
        return moment_of(self._grounds.timing.now())


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
