"""The cycle lease on one machine: an OS lock, and for a holder that stands still, a fence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import structlog

from syncd.errors import StateBusyError
from syncd.state import fence, migrate
from syncd.state.database import Connections
from syncd.state.faults import files_translated
from syncd.state.fence import Fence
from syncd.state.holding import Grounds, Holding, LockedSeat, Taking, Timing, first_sign
from syncd.state.lock_file import LockFile, Sight, look_at, next_to, since
from syncd.state.sqlite.watch import Watch
from syncd.state.turns import Turns, stopped_while_writing

_log = structlog.get_logger()


class CycleLease(Turns):
    """The lease of one state, by the lock on a file beside it and the fence within it.

    A lock that is free is taken at once, for the system frees it when its holder dies. From a
    holder that is alive and has stood still it is taken by the fence: a new file takes the place of
    the one it has locked, and the state refuses its number from then on.
    """

    def __init__(self, connections: Connections, path: Path, timing: Timing) -> None:
        """Take connections whose writes this lease does not guard."""
        super().__init__(connections.name, timing)
        self._connections = connections
        self._grounds = Grounds(connections.name, path, timing)
        self._watch = Watch(self._grounds)

    def _tried(self, holder: str) -> Holding | None:
        with files_translated(self._grounds.name), LockFile(self._grounds.path) as lock:
            if not lock.is_locked_by_me():
                return self._taken_over(holder) if self._watch.shows_no_life() else None
            before = lock.read()
            advanced = self._advanced(holder, before, lambda: lock.stands_at(self._grounds.path))
            return None if advanced is None else self._kept(lock, before, advanced)

    def _taken_over(self, holder: str) -> Holding | None:
        """Put another file in the place of the one that is locked, unless its holder lives on."""
        path, before = self._grounds.path, self._watch.seen

        def could_replace_it() -> bool:
            if look_at(path) != before:
                return False
            lock.move_to(path)
            return True

        with LockFile(next_to(path)) as lock:
            if not lock.is_locked_by_me():
                return None  # another process is just taking over
            try:
                advanced = self._advanced(holder, before, could_replace_it)
            except StateBusyError as busy:
                raise stopped_while_writing(self._name, before.who) from busy
            if advanced is None:
                return None
            _log.warning("lease.taken_over", state=self._grounds.name, holder=before.who)
            return self._kept(lock, before, advanced)

    def _advanced(
        self, holder: str, before: Sight, stands_or_replaced: Callable[[], bool]
    ) -> Fence | None:
        """Shut everybody else out, if nobody was quicker; asked when nobody else can write."""
        began = since(self._grounds.timing.now())
        seen = 0 if before.holder is None else before.holder.number
        with self._connections.writing() as connection:
            if not stands_or_replaced():
                return None
            migrate.refuse_newer_or_moved(connection, self._grounds.name)
            if fence.is_old_copy(connection, seen):
                in_doubt = fence.doubt_what_is_known(connection)
                _log.warning("state.restored", state=self._grounds.name, in_doubt=in_doubt)
            return fence.advance(connection, holder, began, above=seen)

    def _kept(self, lock: LockFile, before: Sight, advanced: Fence) -> Holding:
        last, timing = before.holder, self._grounds.timing
        sent_until = None if last is None else timing.sent_until(last)
        taking = Taking(advanced, sent_until)
        holding = Holding(self._name, timing, LockedSeat(self._grounds.path, lock), taking)
        lock.write(first_sign(advanced, timing))
        lock.keep()
        return holding

    def _who(self) -> str:
        return look_at(self._grounds.path).who
