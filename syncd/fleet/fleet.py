"""The fleet's story: who belongs to it, what is due, doing it, rescuing what was dropped."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final

import structlog

from syncd.daemon.tour import cancelled
from syncd.errors import ConfigurationError, StateAwayError
from syncd.fleet.due import Calendar, paces
from syncd.fleet.errand import Errand
from syncd.fleet.queue import BEAT
from syncd.service.pulse import LONGEST_STANDSTILL, Trouble

if TYPE_CHECKING:
    from syncd.daemon.service_manager import ServiceManager
    from syncd.fleet.queue import Queue
    from syncd.fleet.roll import Roll
    from syncd.fleet.runner import Runner
    from syncd.service.pulse import Pulse

_LOOK: Final = 2.0
_TICK: Final = 1.0
_BREATH: Final = 2.0

_log = structlog.get_logger()


@dataclass(slots=True)
class Fleet:
    """One process of the fleet; `pulse` is that of its own loop."""

    roll: Roll
    queue: Queue
    runner: Runner
    manager: ServiceManager
    pulse: Pulse
    now: Callable[[], datetime]
    _calendar: Calendar = field(default_factory=Calendar)
    _unsent: dict[Errand, datetime] = field(default_factory=dict)
    _follows: bool = False

    async def serve(self) -> None:
        """Serve until the runner's stop; what fails at the start is raised, later it is borne."""
        async with self.queue.opened():
            await self._look()
            self.manager.ready()
            besides = [
                asyncio.create_task(self._every(_LOOK, self._look)),
                asyncio.create_task(self._every(_TICK, self._put_what_is_due)),
                asyncio.create_task(self._every(BEAT, self._rescue)),
                asyncio.create_task(self._every(_TICK, self._beat)),
            ]
            working = asyncio.create_task(self._work())
            try:
                with self._listening():
                    await self.runner.stop.wait()
            finally:
                self.manager.stopping()
                await cancelled(*besides[:-1])
                await cancelled(working)
                await cancelled(besides[-1])

    async def _work(self) -> None:
        while True:
            with self._bearing_its_absence():
                await self.queue.work(self._do)
            await asyncio.sleep(_BREATH)

    async def _do(self, errand: Errand, attempts: int) -> None:
        again = await self.runner.run(errand, attempts)
        for job, moment in again.items():
            with suppress(StateAwayError):  # the next one by schedule sees to it
                await self.queue.put_for(Errand(errand.account, job), moment)

    async def _every(self, seconds: float, do: Callable[[], Awaitable[None]]) -> None:
        while True:
            with self._bearing_its_absence():
                await do()
            await asyncio.sleep(seconds)

    @contextmanager
    def _bearing_its_absence(self) -> Iterator[None]:
        """Tell where the database is away, and go on."""
        try:
            yield
        except StateAwayError as away:
            if self.pulse.trouble(Trouble.STATE, str(away)):
                _log.error("fleet.trouble", reason=str(away))
        except ConfigurationError as wrong:
            if self.pulse.trouble(Trouble.CONFIGURATION, str(wrong)):
                _log.error("fleet.trouble", reason=str(wrong))
        except Exception:  # noqa: BLE001 - one bug must not end the service; it is told
            _log.exception("fleet.bug")

    async def _look(self) -> None:
        """Read what is new in a thread: ten thousand files would keep the loop for a minute."""
        before = self.roll.accounts
        await asyncio.to_thread(self.roll.look)
        self.pulse.relief(Trouble.CONFIGURATION)
        accounts = self.roll.accounts
        if accounts == before and self._follows:
            return
        self._follows = True
        wanted = [pace for name, one in accounts.items() for pace in paces(name, one.schedule)]
        self._calendar.follow(frozenset(wanted), self.now())
        self._unsent = {
            errand: due for errand, due in self._unsent.items() if errand.account in accounts
        }

    async def _put_what_is_due(self) -> None:
        self._unsent |= self._calendar.due(self.now())
        for errand, moment in [*self._unsent.items()]:
            if await self.queue.put(errand, moment):
                _log.debug("errand.put", account=errand.account, job=errand.job.value)
            self._unsent.pop(errand, None)

    async def _rescue(self) -> None:
        await self.queue.rescue()
        if self.pulse.relief(Trouble.STATE):
            _log.info("fleet.relieved")

    async def _beat(self) -> None:
        """Beat, unless some work is stuck: then the service manager has to find out."""
        self.pulse.beat()
        at_work = self.runner.at_work
        if all(pulse.standstill() < LONGEST_STANDSTILL for pulse in at_work):
            self.manager.beat()
        known = len(self.roll.accounts)
        self.manager.status(f"{known} accounts, at work for {len(at_work)}")

    @contextmanager
    def _listening(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGHUP, self.roll.forget)
        try:
            yield
        finally:
            loop.remove_signal_handler(signal.SIGHUP)
