"""Being on duty on one machine: an OS lock, and for a daemon that stands still, signs of life."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from syncd.state.codec import moment_of
from syncd.state.duty import lost, refusal
from syncd.state.faults import files_translated
from syncd.state.holding import Grounds, Timing
from syncd.state.lock_file import Holder, LockFile, look_at, next_to, since
from syncd.state.sqlite.watch import Watch


class DutyRoster:
    """Who is on duty, by the lock on a file beside the state.

    It is free at once when whoever had it dies, and after a lease's term when they stand still. Two
    may believe for a moment that they are on duty; their cycles still take turns by the lease.
    """

    def __init__(self, name: str, path: Path, timing: Timing) -> None:
        self._grounds = Grounds(name, path, timing)
        self._watch = Watch(self._grounds)

    @contextmanager
    def taken(self, holder: str) -> Iterator[OnDuty]:
        """Be on duty for the block; raises `LeaseHeldError`, at once, where somebody else is."""
        lock = self._locked()
        on_duty = OnDuty(self._grounds, lock, self._sign(holder))
        try:
            yield on_duty
        finally:
            lock.close()

    def _locked(self) -> LockFile:
        path = self._grounds.path
        with files_translated(self._grounds.name), LockFile(path) as lock:
            if lock.is_locked_by_me():
                if lock.stands_at(path):
                    lock.keep()
                    return lock
            elif self._watch.shows_no_life():
                with LockFile(next_to(path)) as another:
                    if another.is_locked_by_me() and look_at(path) == self._watch.seen:
                        another.move_to(path)
                        another.keep()
                        return another
        raise refusal(self._grounds.name, look_at(path).who)

    def _sign(self, holder: str) -> Holder:
        now = self._grounds.timing.now()
        return Holder(holder, since(now), 0, moment_of(now))


@dataclass(slots=True)
class OnDuty:
    """The port's `Duty`."""

    _grounds: Grounds
    _lock: LockFile
    _sign: Holder

    def __post_init__(self) -> None:
        """Show the first sign of life."""
        self.show()

    def show(self) -> None:
        if not self._lock.stands_at(self._grounds.path):
            raise lost(self._grounds.name, look_at(self._grounds.path).who)
        moment = moment_of(self._grounds.timing.now())
        self._sign = replace(self._sign, at=moment, beats=self._sign.beats + 1)
        with suppress(OSError):  # a full disk ends no duty, only its proof
            self._lock.write(self._sign)
