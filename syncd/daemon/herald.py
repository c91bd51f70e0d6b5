"""Tells people what the daemon sees, beside its work and never in its way."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import structlog

from syncd.daemon.news import News
from syncd.service.announce import PATIENCE
from syncd.service.courier import Courier
from syncd.service.glimpse import Subject
from syncd.service.messages import gone_wrong
from syncd.service.outbox import Posted
from syncd.service.telling import AT_WORK, LONGEST, Telling, TellingTerms

if TYPE_CHECKING:
    from syncd.errors import SyncdError
    from syncd.ports import Notifier
    from syncd.service.terms import Ports

SOON: Final = 1.0
"""Seconds between two rounds at least, and before another process's work is looked after again."""
TURN: Final = timedelta(seconds=0.5)
"""How long a round waits for a turn of its own where processes work one after the other."""
LATER: Final = 60.0
"""Seconds that a mistake in syncd itself keeps from further ones."""
GRACE: Final = 1.0
"""Seconds that a stop leaves to the targets: who answers later is told again by the next daemon."""

LAST_WORDS: Final = 5.0
"""Seconds that the targets have to hear what ends the daemon."""

_log = structlog.get_logger()


@dataclass(slots=True)
class Herald:
    """Works as long as one configuration does: `end` has to be awaited before its state closes."""

    news: News
    telling: Telling
    courier: Courier
    _over: asyncio.Event = field(default_factory=asyncio.Event)
    _answered: asyncio.Event = field(default_factory=asyncio.Event)
    _task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Work from now on."""
        loop = asyncio.get_running_loop()
        self.courier.when_done = lambda: _in(loop, self._answered)
        self._task = asyncio.create_task(self._work())

    async def end(self) -> None:
        """Remember what was seen last, and send it, but do not wait for it."""
        self._over.set()
        if self._task is not None:
            await self._task

    async def _work(self) -> None:
        while not self._over.is_set():
            again = await self._round()
            await _first_of(self._over.wait(), seconds=again or SOON)
            if again is None:
                await _first_of(*self._signs(), seconds=self._until_due())
        await self._round()

    async def _round(self) -> float | None:
        """Tell what is to be told; the seconds to wait where that could not be."""
        for seen in self.news.take():
            self.telling.see(seen)
        try:
            await asyncio.to_thread(self.telling.round)
            await self._answers()
            await asyncio.to_thread(self.telling.settle)
        except AT_WORK:
            return SOON
        except Exception:  # noqa: BLE001 - whoever cannot tell must not end whoever works
            _log.exception("daemon.bug")
            return LATER
        return None

    def _signs(self) -> tuple[Coroutine[Any, Any, object], ...]:
        """What is worth a round before anything is due; answers may come late, and leave a rest."""
        return self._over.wait(), self.news.come(), self._answered.wait()

    async def _answers(self) -> None:
        """Wait until every target is done, or has had its time."""
        await _first_of(self._all_done(), self._over.wait(), seconds=LONGEST)
        if self._over.is_set():
            await _first_of(self._all_done(), seconds=GRACE)

    async def _all_done(self) -> None:
        while True:
            self._answered.clear()
            if not self.courier.is_busy:
                return
            await self._answered.wait()

    def _until_due(self) -> float | None:
        due = self.telling.due_at()
        return None if due is None else max(0.0, (due - self.telling.now()).total_seconds())


def herald(ports: Ports, notifier: Notifier, news: News, holder: str) -> Herald:
    """Put one together for these ports."""
    courier = Courier(notifier)
    terms = TellingTerms(f"{holder}, telling", PATIENCE, wait=TURN)
    return Herald(news, Telling(ports.state, courier, ports.clock.now, terms), courier)


async def say_last_words(notifier: Notifier, error: SyncdError, now: datetime) -> None:
    """Tell what ends the daemon, which no state can remember any more."""
    courier = Courier(notifier)
    everybody = frozenset(target.id for target in notifier.targets)
    message = gone_wrong(Subject.STATE, f"{error} The service has ended.")
    courier.send([Posted("the end", message, now, everybody, now)])
    await asyncio.to_thread(courier.wait, LAST_WORDS)


def _in(loop: asyncio.AbstractEventLoop, event: asyncio.Event) -> None:
    """Set it from another thread, unless the loop has ended meanwhile."""
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(event.set)


async def _first_of(*waits: Coroutine[Any, Any, object], seconds: float | None) -> None:
    """Wait for one of these, or so long."""
    tasks = [asyncio.create_task(one) for one in waits]
    try:
        await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
