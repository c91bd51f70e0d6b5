"""The cycle lease on one machine: an OS lock, and for a holder that stands still, a fence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import structlog

from syncd.errors import LeaseHeldError, StateBusyError
from syncd.state import fence, migrate
from syncd.state.database import Connections
from syncd.state.faults import files_translated
from syncd.state.fence import Fence
from syncd.state.holding import Grounds, Holding, Timing
from syncd.state.lock_file import LockFile, Sight, look_at, next_to
from syncd.state.watch import Watch

if TYPE_CHECKING:
    from sqlalchemy import Connection

_STEP: Final = timedelta(milliseconds=100)

_log = structlog.get_logger()


class CycleLease:
    """The lease of one state, by the lock on a file beside it and the fence within it.

    A lock that is free is taken at once, for the system frees it when its holder dies. From a
    holder that is alive and has stood still it is taken by the fence: a new file takes the place of
    the one it has locked, and the state refuses its number from then on.
    """

    def __init__(self, connections: Connections, path: Path, timing: Timing) -> None:
        """Take connections whose writes this lease does not guard."""
        self._connections = connections
        self._grounds = Grounds(connections.name, path, timing)
        self._watch = Watch(self._grounds)
        self._latest: Holding | None = None

    @contextmanager
    def held(self, holder: str, wait: timedelta) -> Iterator[Holding]:
        """Hold it for the block; raises `LeaseHeldError` after waiting in vain."""
        holding = self._once_free(holder, wait)
        self._latest = holding
        with holding.shown():
            yield holding

    def guard(self, connection: Connection) -> None:
        """Raise `LeaseLostError` where another process has taken the lease since this one last."""
        if self._latest is not None:
            self._latest.compare(fence.standing(connection))

    def _once_free(self, holder: str, wait: timedelta) -> Holding:
        waited = timedelta(0)
        while (holding := self._tried(holder)) is None:
            if waited >= wait:
                raise _refusal(self._grounds)
            step = min(_STEP, wait - waited)
            self._grounds.timing.pause(step.total_seconds())
            waited += step
        return holding

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
                raise _stopped_while_writing(self._grounds, before) from busy
            if advanced is None:
                return None
            _log.warning("lease.taken_over", state=self._grounds.name, holder=before.who)
            return self._kept(lock, before, advanced)

    def _advanced(
        self, holder: str, before: Sight, stands_or_replaced: Callable[[], bool]
    ) -> _Advanced | None:
        """Shut everybody else out, if nobody was quicker; asked when nobody else can write."""
        since = f"{self._grounds.timing.now().astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
        seen = 0 if before.holder is None else before.holder.number
        with self._connections.writing() as connection:
            if not stands_or_replaced():
                return None
            migrate.refuse_newer(connection, self._grounds.name)
            in_doubt = 0
            if fence.is_old_copy(connection, seen):
                in_doubt = fence.doubt_what_is_known(connection)
                _log.warning("state.restored", state=self._grounds.name, in_doubt=in_doubt)
            return _Advanced(fence.advance(connection, holder, since, above=seen), in_doubt)

    def _kept(self, lock: LockFile, before: Sight, advanced: _Advanced) -> Holding:
        last = before.holder
        sent_until = None if last is None else self._grounds.timing.sent_until(last)
        holding = Holding(self._grounds, lock, advanced.fence, sent_until, advanced.in_doubt)
        lock.keep()
        return holding


@dataclass(frozen=True, slots=True)
class _Advanced:
    """The fence as it is now, and how many SKUs are in doubt since the state is an old copy."""

    fence: Fence
    in_doubt: int


def _refusal(grounds: Grounds) -> LeaseHeldError:
    return LeaseHeldError(
        grounds.name,
        f"a cycle is running, held by {look_at(grounds.path).who}",
        "Wait for it to end or stop it, then run again; one that was killed holds nothing",
    )


def _stopped_while_writing(grounds: Grounds, sight: Sight) -> LeaseHeldError:
    return LeaseHeldError(
        grounds.name,
        f"{sight.who} shows no sign of life and has stopped in the middle of a write",
        "End that process, then run again; nothing that was recorded is lost",
    )
