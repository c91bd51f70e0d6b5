"""Bearing what fails: it is told, and the daemon goes on."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from syncd.domain.cycle import CycleResult, Fault
from syncd.errors import (
    LeaseHeldError,
    RemoteError,
    StateAwayError,
    StateBusyError,
    StateError,
)
from syncd.service.cycle import fault_of
from syncd.service.glimpse import SUBJECTS, glimpse_of
from syncd.service.pulse import Job, Pulse, Trouble
from syncd.service.terms import StoppedError

SOON: Final = timedelta(seconds=1)
"""How long a write that is due again waits at least, for time to pass before it is tried."""
BREATH: Final = 2.0
"""Seconds before a state that failed is opened anew."""
TROUBLES: Final = {
    Fault.CATALOG: Trouble.CATALOG,
    Fault.REMOTE: Trouble.REMOTE,
    Fault.KEY: Trouble.KEY,
}
_NUMBERS: Final = re.compile(r"[\d.,]+")
"""What a guard counts may be more at every poll, and it is the same stop all the same."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Ends:
    """What ends the work: `stop` at once, but for what is in flight, `over` after the cycle."""

    stop: asyncio.Event
    over: asyncio.Event


@dataclass(slots=True)
class Borne:
    """Whether what was tried has come through."""

    is_done: bool = False


@dataclass(frozen=True, slots=True)
class Bearing:
    """Tells of troubles once, when they come and when they go.

    `come_back` is asked to wish for a job at a moment.
    """

    pulse: Pulse
    ends: Ends
    come_back: Callable[[Job, datetime], None]

    @asynccontextmanager
    async def borne(self) -> AsyncIterator[Borne]:
        """Tell of what fails in the block, and go on."""
        tried = Borne()
        try:
            yield tried
            tried.is_done = True
        except StoppedError:
            _log.info("audit.stopped")
        except RemoteError as error:
            self.troubled(TROUBLES[fault_of(error) or Fault.REMOTE], str(error))
        except LeaseHeldError as held:  # a command is at work, and the next cycle sees to the rest
            self.troubled(Trouble.LEASE, str(held))
        except (StateAwayError, StateBusyError) as busy:
            self.troubled(Trouble.STATE, str(busy))
        except StateError as error:  # the file may be another one by now, so it is opened anew
            self.troubled(Trouble.STATE, str(error))
            await self._breathe()
            self.ends.over.set()
        except Exception as bug:  # noqa: BLE001 - one bug must not end the service; it is told
            tell_mistake(self.pulse, bug)

    def again(self, job: Job, moment: datetime) -> None:
        """Wish for a job at a moment, unless the end comes first."""
        if not self.ends.over.is_set():
            self.come_back(job, moment)

    def take_in(self, result: CycleResult, *, is_whole: bool) -> None:
        """Note what the cycle came to; its changes are in the journal and need not stay here."""
        self.relieved(Trouble.LEASE)
        seen = glimpse_of(result, is_whole=is_whole).subjects
        for trouble, subject in SUBJECTS.items():
            words = seen.get(subject)
            if words is not None:
                self.troubled(trouble, words)
            elif subject in seen:
                self.relieved(trouble)
        self._tell_new_stops(result)
        self.pulse.ended(result, is_whole=is_whole)
        if result.due_again is not None:
            self.again(Job.POLL, max(result.due_again, result.finished + SOON))

    def troubled(self, kind: Trouble, words: str) -> None:
        tell_trouble(self.pulse, kind, words)

    def relieved(self, kind: Trouble) -> None:
        tell_relief(self.pulse, kind)

    def _tell_new_stops(self, result: CycleResult) -> None:
        """Log a guard's stop once, and not at every poll for as long as it stands."""
        before = {_NUMBERS.sub("", stop.message) for stop in self.pulse.stops}
        for stop in result.guards:
            if _NUMBERS.sub("", stop.message) not in before:
                _log.warning("guard.stopped", guard=stop.guard.value, reason=stop.message)

    async def _breathe(self) -> None:
        """Let some time pass, unless a stop comes."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.ends.stop.wait(), BREATH)


async def kept_going(what: str, go_on: Callable[[], Awaitable[object]], pulse: Pulse) -> None:
    """Have this go on until it ends by itself; a mistake in it is told, and it begins anew."""
    while True:
        try:
            await go_on()
        except Exception as bug:  # noqa: BLE001 - whoever stands beside the work must not be missed
            tell_mistake(pulse, bug, task=what)
            await asyncio.sleep(BREATH)
        else:
            return


def tell_mistake(pulse: Pulse, bug: Exception, **where: str) -> None:
    """Tell of a mistake in syncd itself."""
    tell_trouble(pulse, Trouble.UNKNOWN, f"{type(bug).__name__}: {bug}")
    _log.error("daemon.bug", exc_info=bug, **where)


def tell_trouble(pulse: Pulse, kind: Trouble, words: str) -> None:
    """Tell what is wrong, where that is news."""
    if pulse.trouble(kind, words):
        _log.error("daemon.trouble", kind=kind.value, reason=words)


def tell_relief(pulse: Pulse, kind: Trouble) -> None:
    """Tell that this is well again, where that is news."""
    if pulse.relief(kind):
        _log.info("daemon.relieved", kind=kind.value)
