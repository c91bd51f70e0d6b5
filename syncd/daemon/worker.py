"""The loop that does the work: one cycle after the other, and what else there is beside them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import assert_never

from syncd.daemon.bearing import Bearing, Ends
from syncd.daemon.hearsay import events_about, see_to
from syncd.daemon.sidework import Account, Sidework
from syncd.daemon.wishes import Wish, Wishes, next_wish
from syncd.domain.cycle import CycleResult, Guard, Mode
from syncd.service.cycle import new_cycle_id, run_cycle
from syncd.service.pulse import Job, Pulse
from syncd.service.side_by_side import side_by_side
from syncd.service.terms import CycleRequest


@dataclass(slots=True)
class Worker:
    """Works until its end comes; nothing that fails ends it.

    `come_back` is asked to wish for a job at a moment, such as for writes that are then due again.
    """

    account: Account
    pulse: Pulse
    wishes: Wishes
    ends: Ends
    come_back: Callable[[Job, datetime], None]
    owes_whole_read: bool = True
    """Until one has come through: the one by schedule may have been missed, or have failed."""
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def work(self) -> None:
        """Carry out wishes as they come; what goes on beside cycles ends with them."""
        bearing = self._bearing()
        sidework = self._sidework(bearing, asyncio.Event())
        async with side_by_side() as tasks:
            tasks.create_task(sidework.work())
            stopping = tasks.create_task(set_after(self.ends.stop, sidework.end))
            await self._work_through_cycles(bearing)
            stopping.cancel()
            sidework.end.set()

    async def carry_out(self, wish: Wish) -> None:
        """Do this one alone; what fails shows in the pulse."""
        bearing = self._bearing()
        match wish.job:
            case Job.POLL | Job.FULL:
                await self._cycle(wish, bearing)
            case Job.AUDIT | Job.ROLLING | Job.PRUNE | Job.LEVELS:
                async with bearing.borne():
                    await self._sidework(bearing, self.ends.stop).carry_out(wish)
            case _:
                assert_never(wish.job)

    def _bearing(self) -> Bearing:
        return Bearing(self.pulse, self.ends, self.come_back)

    def _sidework(self, bearing: Bearing, end: asyncio.Event) -> Sidework:
        return Sidework(self.account, self.wishes.beside, bearing, self._request, end)

    async def _work_through_cycles(self, bearing: Bearing) -> None:
        while (wish := await next_wish(self.wishes.cycles, self.ends.over)) is not None:
            try:
                await self._cycle(wish, bearing)
            finally:
                self.pulse.cycle.rest()

    async def _cycle(self, wish: Wish, bearing: Bearing) -> None:
        ports, terms = self.account.ports, self.account.terms
        self.owes_whole_read = self.owes_whole_read or wish.job is Job.FULL
        self.pulse.cycle.phase("beginning a cycle", None)
        has_looked = False
        async with bearing.borne():
            told = await events_about(wish.pointed_at, ports.state)
            result = await run_cycle(ports, terms, self._request(wish))
            has_looked = _has_looked(result) and not self.ends.stop.is_set()
            self.owes_whole_read = self.owes_whole_read and result.fault is not None
            bearing.take_in(result, is_whole=not wish.only)
            if has_looked:
                await see_to(told, ports.state)
        if not has_looked:
            self.wishes.cycles.owe(wish.pointed_at)

    def _request(self, wish: Wish) -> CycleRequest:
        return CycleRequest(
            id=new_cycle_id(self.account.ports.clock.now()),
            mode=Mode.SCHEDULED,
            holder=self.account.holder,
            only=wish.only,
            doubted=wish.pointed_at,  # whoever points at a SKU may have changed its item
            wait=timedelta(),
            sees_to_orphans=True,
            incremental=not self.owes_whole_read,
            progress=self.pulse.cycle,
            stop=self.ends.stop,
            turn=self._turn,
        )


def _has_looked(result: CycleResult) -> bool:
    """Whether the cycle came as far as what was pointed at: not with the key of another account."""
    return result.error is None and all(stop.guard is not Guard.ACCOUNT for stop in result.guards)


async def set_after(first: asyncio.Event, then: asyncio.Event) -> None:
    """Let one event follow another."""
    await first.wait()
    then.set()
