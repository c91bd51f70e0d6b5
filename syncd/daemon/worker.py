"""The loop that does the work: one wish after the other, and what came of it for all to see."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, assert_never

import structlog

from syncd.daemon.wishes import Wish, Wishes
from syncd.domain.cycle import CycleResult, Fault, Mode
from syncd.errors import (
    LeaseHeldError,
    RemoteError,
    StateAwayError,
    StateBusyError,
    StateError,
)
from syncd.service.audit import Auditing
from syncd.service.cycle import fault_of, new_cycle_id, run_cycle
from syncd.service.glimpse import SUBJECTS, glimpse_of
from syncd.service.pulse import Job, Pulse, Trouble
from syncd.service.repair import repair
from syncd.service.rolling import roll
from syncd.service.terms import CycleRequest, StoppedError

if TYPE_CHECKING:
    from syncd.domain.audit import Audit
    from syncd.ports import ItemListing
    from syncd.service.terms import Ports, Terms

SOON: Final = timedelta(seconds=1)
"""How long a write that is due again waits at least, for time to pass before it is tried."""
BREATH: Final = 2.0
"""Seconds before a state that failed is opened anew."""
TROUBLES: Final = {
    Fault.CATALOG: Trouble.CATALOG,
    Fault.REMOTE: Trouble.REMOTE,
    Fault.KEY: Trouble.KEY,
}

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Account:
    """What a cycle runs on, and the name by which others know who runs it."""

    ports: Ports
    listing: ItemListing
    terms: Terms
    holder: str


@dataclass(frozen=True, slots=True)
class Ends:
    """What ends the work: `stop` at once, but for what is in flight, `over` after the cycle."""

    stop: asyncio.Event
    over: asyncio.Event


@dataclass(slots=True)
class Worker:
    """Works until its end comes; nothing that fails ends it.

    `come_back` is asked to wish for a poll at a moment, for writes that are then due again.
    """

    account: Account
    pulse: Pulse
    wishes: Wishes
    ends: Ends
    come_back: Callable[[datetime], None]
    _owes_whole_read: bool = True
    """Until one has come through: the one by schedule may have been missed, or have failed."""

    async def work(self) -> None:
        """Carry out wishes as they come."""
        while (wish := await self._next()) is not None:
            try:
                await self._carry_out(wish)
            finally:
                self.pulse.rest()

    async def _next(self) -> Wish | None:
        """Wait for a wish; None where the end came first, and the wish stays for who comes next."""
        taking = asyncio.create_task(self.wishes.come())
        ending = asyncio.create_task(self.ends.over.wait())
        try:
            await asyncio.wait({taking, ending}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (taking, ending):
                task.cancel()
        return None if self.ends.over.is_set() else self.wishes.take()

    async def _carry_out(self, wish: Wish) -> None:
        match wish.job:
            case Job.POLL | Job.FULL:
                await self._cycle(wish)
            case Job.AUDIT | Job.ROLLING:
                await self._audit(wish)
            case _:
                assert_never(wish.job)

    async def _cycle(self, wish: Wish) -> None:
        ports, terms = self.account.ports, self.account.terms
        self._owes_whole_read = self._owes_whole_read or wish.job is Job.FULL
        self.pulse.phase("beginning a cycle", None)
        async with self._bearing():
            result = await run_cycle(ports, terms, self._request(wish))
            self._owes_whole_read = self._owes_whole_read and result.fault is not None
            self._take_in(result, is_whole=not wish.only)

    async def _audit(self, wish: Wish) -> None:
        """Hold the remote against what is known, and mend what differs where that is wanted."""
        ports, terms = self.account.ports, self.account.terms
        self.pulse.phase("beginning an audit", None)
        async with self._bearing():
            request = replace(self._request(wish), mode=Mode.REPAIR)
            auditing = Auditing(ports, self.account.listing, terms, request)
            if wish.job is Job.ROLLING:
                audit = await roll(ports, terms, request, auditing)
            else:
                audit = await auditing.whole()
            self._tell_answered(audit)
            mended = await repair(ports, terms, request, audit) if terms.repair else None
            if mended is not None:
                self._take_in(mended, is_whole=False)

    def _tell_answered(self, audit: Audit) -> None:
        """Digital River has answered all that was asked, if anything was."""
        if audit.requests and not audit.guards:
            self._relieved(Trouble.REMOTE)
            self._relieved(Trouble.KEY)

    @asynccontextmanager
    async def _bearing(self) -> AsyncIterator[None]:
        """Tell of what fails in the block, and go on."""
        try:
            yield
        except StoppedError:
            _log.info("audit.stopped")
        except RemoteError as error:
            self._troubled(TROUBLES[fault_of(error) or Fault.REMOTE], str(error))
        except LeaseHeldError as held:  # a command is at work, and the next cycle sees to the rest
            self._troubled(Trouble.LEASE, str(held))
        except (StateAwayError, StateBusyError) as busy:
            self._troubled(Trouble.STATE, str(busy))
        except StateError as error:  # the file may be another one by now, so it is opened anew
            self._troubled(Trouble.STATE, str(error))
            await self._breathe()
            self.ends.over.set()
        except Exception as bug:  # noqa: BLE001 - one bug must not end the service; it is told
            self._troubled(Trouble.UNKNOWN, f"{type(bug).__name__}: {bug}")
            _log.exception("daemon.bug")

    async def _breathe(self) -> None:
        """Let some time pass, unless a stop comes."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.ends.stop.wait(), BREATH)

    def _request(self, wish: Wish) -> CycleRequest:
        return CycleRequest(
            id=new_cycle_id(self.account.ports.clock.now()),
            mode=Mode.SCHEDULED,
            holder=self.account.holder,
            only=wish.only,
            doubted=wish.only,  # whoever points at a SKU may have changed its item
            wait=timedelta(),
            incremental=not self._owes_whole_read,
            progress=self.pulse,
            stop=self.ends.stop,
        )

    def _take_in(self, result: CycleResult, *, is_whole: bool) -> None:
        """Note what the cycle came to; its changes are in the journal and need not stay here."""
        self._relieved(Trouble.LEASE)
        seen = glimpse_of(result, is_whole=is_whole).subjects
        for trouble, subject in SUBJECTS.items():
            words = seen.get(subject)
            if words is not None:
                self._troubled(trouble, words)
            elif subject in seen:
                self._relieved(trouble)
        self._tell_new_stops(result)
        self.pulse.ended(result, is_whole=is_whole)
        if result.due_again is not None and not self.ends.over.is_set():
            self.come_back(max(result.due_again, self.account.ports.clock.now() + SOON))

    def _tell_new_stops(self, result: CycleResult) -> None:
        """Log a guard's stop once, and not at every poll for as long as it stands."""
        before = {stop.message for stop in self.pulse.stops}
        for stop in result.guards:
            if stop.message not in before:
                _log.warning("guard.stopped", guard=stop.guard.value, reason=stop.message)

    def _troubled(self, kind: Trouble, words: str) -> None:
        if self.pulse.trouble(kind, words):
            _log.error("daemon.trouble", kind=kind.value, reason=words)

    def _relieved(self, kind: Trouble) -> None:
        if self.pulse.relief(kind):
            _log.info("daemon.relieved", kind=kind.value)
