"""One configuration at work: its timetable, its worker and its probe, until it is over."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Final

from syncd.daemon.bearing import TROUBLES, Ends, kept_going, tell_relief, tell_trouble
from syncd.daemon.hearsay import told_before
from syncd.daemon.sidework import Account
from syncd.daemon.timetable import Entry, Timetable, due_again
from syncd.daemon.wishes import Wishes
from syncd.daemon.worker import Worker
from syncd.domain.attributes import ItemId
from syncd.domain.cycle import Fault
from syncd.errors import StateError
from syncd.service.past_audits import last_audit
from syncd.service.probe import item_to_ask_for, probe
from syncd.service.prune import PACE, pruned_next
from syncd.service.pulse import Job, Pulse
from syncd.service.rounds import step_of
from syncd.service.stock import last_shot

if TYPE_CHECKING:
    from syncd.config import Settings
    from syncd.daemon.herald import Herald

REFRESH: Final = 1.0
"""Seconds after which what the pulse tells of times to come is brought up to date."""
PROBED: Final = (Fault.REMOTE, Fault.KEY)
"""What a probe can tell of: it does not look at the catalog."""


@dataclass(frozen=True, slots=True)
class Tour:
    """What goes on under one configuration; `over` ends it once nothing is under way.

    `stop` does so as well, and has a cycle that is under way settle what is in flight and end.
    """

    settings: Settings
    account: Account
    pulse: Pulse
    wishes: Wishes
    stop: asyncio.Event
    over: asyncio.Event
    herald: Herald | None = None

    async def run(self) -> None:
        """Work by the timetable; the first poll is due at once."""
        self.wishes.point_at(await told_before(self.account.ports.state))
        timetable = Timetable(self.wishes.add, self.account.ports.clock.now)
        timetable.follow(await asyncio.to_thread(self._entries))
        worker = Worker(
            self.account, self.pulse, self.wishes, Ends(self.stop, self.over), timetable.again_at
        )
        tell_times = partial(self._tell_times, timetable)
        besides = [
            asyncio.create_task(kept_going("times", tell_times, self.pulse)),
            asyncio.create_task(kept_going("probe", self._probe, self.pulse)),
        ]
        try:
            if self.herald is not None:
                self.herald.begin()
            await worker.work()
        finally:
            timetable.end()
            await cancelled(*besides)
            if self.herald is not None:
                await self.herald.end()

    def _entries(self) -> tuple[Entry, ...]:
        schedule, now = self.settings.schedule, self.account.ports.clock.now()
        poll = Entry(Job.POLL, schedule.poll, schedule.jitter, begins=now)
        full = Entry(Job.FULL, schedule.full, schedule.jitter)
        due = due_again(schedule.audit, self._last_audit(), now)
        audit = Entry(Job.AUDIT, schedule.audit, schedule.jitter, begins=due)
        prune = Entry(Job.PRUNE, PACE, schedule.jitter, begins=self._pruned_next(now))
        return poll, full, audit, prune, *self._entries_if_wanted(now)

    def _entries_if_wanted(self, now: datetime) -> Iterator[Entry]:
        schedule = self.settings.schedule
        if schedule.rolling:
            yield Entry(Job.ROLLING, step_of(schedule.rolling), schedule.jitter)
        if schedule.levels is not None:
            due = due_again(schedule.levels, self._last_levels(), now)
            yield Entry(Job.LEVELS, schedule.levels, schedule.jitter, begins=due)

    def _last_audit(self) -> datetime | None:
        with suppress(StateError):  # which the first cycle tells of
            past = last_audit(self.account.ports.state)
            return None if past is None else past.began
        return None

    def _last_levels(self) -> datetime | None:
        with suppress(StateError):
            past = last_shot(self.account.ports.state)
            return None if past is None else past.began
        return None

    def _pruned_next(self, now: datetime) -> datetime:
        with suppress(StateError):
            return pruned_next(self.account.ports.state, now)
        return now

    async def _tell_times(self, timetable: Timetable) -> None:
        windows = self.account.terms.windows
        while True:
            self.pulse.next_runs = timetable.next_runs()
            self.pulse.writes_open_at = windows.open_next(self.account.ports.clock.now())
            await asyncio.sleep(REFRESH)

    async def _probe(self) -> None:
        """Ask now and then while nothing else does."""
        ports, every = self.account.ports, self.settings.service.probe
        if not every:
            return
        item: ItemId | None = None
        while True:
            await asyncio.sleep(every.total_seconds())
            with suppress(StateError):  # which the next cycle tells of
                if item is None:
                    item = await asyncio.to_thread(item_to_ask_for, ports.state)
                await self._ask(item)

    async def _ask(self, item: ItemId) -> None:
        if self.pulse.doing.is_idle:
            unanswered = await probe(self.account.ports.remote, item)
            if unanswered is not None:
                tell_trouble(self.pulse, TROUBLES[unanswered.fault], unanswered.reason)
                return
            for fault in PROBED:
                tell_relief(self.pulse, TROUBLES[fault])


async def cancelled(*tasks: asyncio.Task[None]) -> None:
    """Cancel these tasks and see them to their end."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
