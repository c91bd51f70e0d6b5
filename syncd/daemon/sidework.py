"""What goes on beside the cycles: audits, whole and rolling, snapshots of stock, and pruning."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final, assert_never

from syncd.daemon.bearing import Bearing, Borne
from syncd.daemon.wishes import Queue, Wish, next_wish
from syncd.domain.attributes import ItemId
from syncd.domain.cycle import Mode
from syncd.engine.retry import back_off
from syncd.service.audit import Auditing
from syncd.service.cycle import leased
from syncd.service.prune import SLICE, prune_for
from syncd.service.pulse import Job, Trouble
from syncd.service.repair import repair
from syncd.service.rolling import roll
from syncd.service.stock import note_levels

if TYPE_CHECKING:
    from syncd.domain.audit import Audit
    from syncd.ports import Inventory
    from syncd.service.terms import CycleRequest, Ports, Terms

FEW: Final = 8
"""Questions of an audit under way at once: whoever points at a SKU does not queue behind many."""


@dataclass(frozen=True, slots=True)
class Account:
    """What a cycle runs on, and the name by which others know who runs it."""

    ports: Ports
    listing: Inventory
    terms: Terms
    holder: str


@dataclass(slots=True)
class Sidework:
    """Works until the end of all work comes; what fails is told, and tried again later and later.

    It takes the lease in its turn, for a moment at a time: no cycle waits for an audit to end.
    `end` breaks off what goes on, which is begun anew another time.
    """

    account: Account
    wishes: Queue
    bearing: Bearing
    request: Callable[[Wish], CycleRequest]
    end: asyncio.Event
    _failures: Counter[Job] = field(default_factory=Counter)

    async def work(self) -> None:
        """Carry out wishes as they come."""
        while (wish := await next_wish(self.wishes, self.bearing.ends.over)) is not None:
            try:
                async with self.bearing.borne() as tried:
                    await self.carry_out(wish)
            finally:
                self.bearing.pulse.beside.rest()
            self._try_again(wish.job, tried)

    def _try_again(self, job: Job, tried: Borne) -> None:
        if tried.is_done:
            del self._failures[job]
            return
        self._failures[job] += 1
        wait = back_off(ItemId(job.value), self._failures[job])
        self.bearing.again(job, self._now() + wait)

    async def carry_out(self, wish: Wish) -> None:
        """Do one of them; what fails is raised."""
        request = replace(self.request(wish), progress=self.bearing.pulse.beside, stop=self.end)
        match wish.job:
            case Job.AUDIT | Job.ROLLING:
                await self._audit(wish.job, replace(request, mode=Mode.REPAIR))
            case Job.PRUNE:
                await self._prune(request)
            case Job.LEVELS:
                await note_levels(self.account.ports, self.account.listing, request)
            case Job.POLL | Job.FULL:
                raise ValueError(wish.job)
            case _:
                assert_never(wish.job)

    async def _audit(self, job: Job, request: CycleRequest) -> None:
        """Hold the remote against what is known, and mend what differs where that is wanted."""
        ports, terms = self.account.ports, self.account.terms
        request.progress.phase("beginning an audit", None)
        in_few = replace(terms, in_flight=min(terms.in_flight, FEW))
        auditing = Auditing(ports, self.account.listing, in_few, request)
        if job is Job.ROLLING:
            audit = await roll(ports, terms, request, auditing)
        else:
            audit = await auditing.whole()
        self._tell_answered(audit)
        if terms.repair:
            await self._mend(audit, replace(request, stop=self.bearing.ends.stop))

    async def _mend(self, audit: Audit, request: CycleRequest) -> None:
        """Run a cycle like any other, which a reload lets come to its end."""
        mended = await repair(self.account.ports, self.account.terms, request, audit)
        if mended is not None:
            self.bearing.take_in(mended, is_whole=False)

    def _tell_answered(self, audit: Audit) -> None:
        """Digital River has answered all that was asked, if anything was."""
        if audit.requests and not audit.guards:
            self.bearing.relieved(Trouble.REMOTE)
            self.bearing.relieved(Trouble.KEY)

    async def _prune(self, request: CycleRequest) -> None:
        """Forget old history little by little, so that whoever wants the lease gets in between."""
        ports, terms, is_done = self.account.ports, self.account.terms, False
        request.progress.phase("forgetting old history", None)
        while not (is_done or self.end.is_set()):
            async with leased(ports, request):
                is_done = await asyncio.to_thread(prune_for, SLICE, ports, terms, self.end)
            request.progress.advance()

    def _now(self) -> datetime:
        return self.account.ports.clock.now()
