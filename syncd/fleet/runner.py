"""Doing one errand: the account is opened, the daemon's own worker does the job, all is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Protocol

import structlog

from syncd.daemon.bearing import Ends
from syncd.daemon.news import News
from syncd.daemon.sidework import Account
from syncd.daemon.wishes import Wish, Wishes
from syncd.daemon.worker import Worker
from syncd.errors import StateError, SyncdError
from syncd.fleet.errand import Errand, NotDoneError
from syncd.service.courier import Courier
from syncd.service.fleet_standing import FleetStanding, standing_of
from syncd.service.pulse import Job, Pulse, Told, Trouble
from syncd.service.telling import Telling, TellingTerms, tell_once

if TYPE_CHECKING:
    from syncd.config import Settings
    from syncd.daemon.daemon import Opened
    from syncd.service.glimpse import Glimpse

_PATIENT: Final = 5
"""So many times an errand waits for a process that knows its account, some five minutes in all."""

_TELLING: Final = timedelta(seconds=10)
"""How long remembering what was told waits for a cycle that runs."""

_log = structlog.get_logger()


class Board(Protocol):
    """Where the standing of every account is posted for all processes; the calls block."""

    def post(self, account: str, text: str, success: datetime | None) -> None:
        """Post a text in the place of the one before; raises `StateError`."""

    def posted(self, account: str) -> str | None:
        """The text that was posted last."""


@dataclass(frozen=True, slots=True)
class Means:
    """What a runner works with, and the name by which others know its process.

    `now` is the fleet's time, which all its processes go by.
    """

    settings_of: Callable[[str], Settings | None]
    open: Callable[[Settings], AbstractContextManager[Opened]]
    board: Board
    now: Callable[[], datetime]
    holder: str


@dataclass(slots=True)
class Runner:
    """Does errands, any number at a time, until a stop; to be used in one loop.

    Two may be about one account, where the database has been away: then they take turns by its
    lease, like those of two processes.
    """

    means: Means
    stop: asyncio.Event
    at_work: set[Pulse] = field(default_factory=set)
    _told: dict[str, Told] = field(default_factory=dict)

    async def run(self, errand: Errand, attempts: int) -> Mapping[Job, datetime]:
        """Do an errand; returns which jobs it wishes for, and when, such as for writes to retry.

        Raises `NotDoneError` to put it back.
        """
        settings = self.means.settings_of(errand.account)
        if settings is None:
            self._told.pop(errand.account, None)
            self._give_up(errand, attempts)
            return {}
        with structlog.contextvars.bound_contextvars(account=errand.account):
            pulse = self._pulse_of(errand.account)
            self.at_work.add(pulse)
            try:
                again = await self._work(errand, settings, pulse)
            finally:
                self.at_work.remove(pulse)
                self._told[errand.account] = pulse.told
                await self._post(errand, settings, pulse)
        self._refuse_undone(pulse)
        return again

    def _pulse_of(self, account: str) -> Pulse:
        """A new one, that knows what this process has told of the account before."""
        pulse = Pulse(self.means.now)
        if account in self._told:
            pulse.follow(self._told[account])
        return pulse

    def _give_up(self, errand: Errand, attempts: int) -> None:
        """Leave it to a process that has the account's file; where none has, it is over."""
        if attempts < _PATIENT:
            raise NotDoneError("no file for this account here")
        _log.info("errand.dropped", account=errand.account, job=errand.job.value)

    async def _work(
        self, errand: Errand, settings: Settings, pulse: Pulse
    ) -> Mapping[Job, datetime]:
        news, again = News(), dict[Job, datetime]()
        pulse.listener = news
        with ExitStack() as stack:
            try:
                opened = await asyncio.to_thread(stack.enter_context, self.means.open(settings))
                account = Account(opened.ports, opened.listing, opened.terms, self.means.holder)
                ends = Ends(self.stop, asyncio.Event())
                is_full = errand.job is Job.FULL
                worker = Worker(account, pulse, Wishes(), ends, again.__setitem__, is_full)
                try:
                    await worker.carry_out(Wish(errand.job))
                finally:
                    await opened.ports.remote.aclose()
                await asyncio.to_thread(self._tell, opened, news.take())
            except SyncdError as error:
                if pulse.trouble(Trouble.STATE, str(error)):
                    _log.error("errand.failed", job=errand.job.value, reason=str(error))
            except Exception as bug:  # noqa: BLE001 - one account's bug must not end the others' work
                pulse.trouble(Trouble.UNKNOWN, f"{type(bug).__name__}: {bug}")
                _log.exception("fleet.bug")
        return again

    def _tell(self, opened: Opened, seen: Sequence[Glimpse]) -> None:
        """Tell people at once: which process tries again, and when, nobody knows."""
        if opened.notifier is None or not seen:
            return
        terms = TellingTerms(f"{self.means.holder}, telling", timedelta(), _TELLING)
        courier = Courier(opened.notifier)
        telling = Telling(opened.ports.state, courier, opened.ports.clock.now, terms)
        for one in seen[:-1]:
            telling.see(one)
        tell_once(telling, seen[-1])

    async def _post(self, errand: Errand, settings: Settings, pulse: Pulse) -> None:
        standing = standing_of(errand.job.value, self.means.holder, pulse, settings.schedule)
        with suppress(StateError):  # the next errand posts, and the page says that it is late
            await asyncio.to_thread(self._posted, errand.account, standing, pulse)

    def _posted(self, account: str, standing: FleetStanding, pulse: Pulse) -> None:
        """Post it after the former one; of two at the same moment the later one stays.

        What guards keep back a cycle that failed does not know, and this process may have it from
        long before others.
        """
        board = self.means.board
        text = board.posted(account)
        if text is not None:
            former = FleetStanding.from_text(text)
            standing = standing.after(former)
            if pulse.last is not None and pulse.last.error is not None:
                standing = replace(standing, stops=former.stops)
        board.post(account, standing.to_text(), pulse.last_success)

    def _refuse_undone(self, pulse: Pulse) -> None:
        if self.stop.is_set():
            raise NotDoneError("this process was stopped", at_once=True)
        if pulse.troubles:
            raise NotDoneError("; ".join(pulse.troubles.values()))
