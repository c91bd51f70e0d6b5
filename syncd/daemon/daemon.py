"""The daemon's story: come on duty, work by a configuration until it is replaced, end well."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import (
    AbstractContextManager,
    ExitStack,
    asynccontextmanager,
    suppress,
)
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

import structlog

from syncd.daemon.bearing import kept_going
from syncd.daemon.beats import Beats
from syncd.daemon.changes import changes
from syncd.daemon.garbage import keep_what_lasts
from syncd.daemon.herald import Herald, herald, say_last_words
from syncd.daemon.listening import listening
from syncd.daemon.news import News
from syncd.daemon.sidework import Account
from syncd.daemon.tour import Tour, cancelled
from syncd.daemon.wishes import Wishes
from syncd.daemon.worker import set_after
from syncd.errors import (
    ConfigurationError,
    LeaseHeldError,
    LeaseLostError,
    StateError,
    SyncdError,
)
from syncd.service.helping import help_until
from syncd.service.pulse import Job, Pulse, Trouble
from syncd.service.side_by_side import hurried_by

if TYPE_CHECKING:
    from syncd.config import Settings
    from syncd.daemon.service_manager import ServiceManager
    from syncd.domain.attributes import ItemId
    from syncd.ports import Duty, Inventory, Notifier, Turns
    from syncd.service.terms import Ports, Terms

STAND_BY: Final = 1.0
"""Seconds between two looks at whether the one on duty is gone."""
SHOW: Final = 3.0
"""Seconds between two signs of life of the one on duty."""

_Entered = TypeVar("_Entered")

_log = structlog.get_logger()


class Opened(Protocol):
    """What a configuration names, ready to be used."""

    @property
    def ports(self) -> Ports: ...

    @property
    def listing(self) -> Inventory: ...

    @property
    def terms(self) -> Terms: ...

    @property
    def notifier(self) -> Notifier | None: ...


@dataclass(slots=True)
class Daemon:
    """Serves one account for months; `read` reads the configuration, and `adapt` follows it.

    `open` opens what a configuration names, and raises `StateError` where that cannot be. `adapt`
    sees to what stands outside, such as the log. All three may take their time, and are called in
    threads; `read` and `adapt` by one after the other.
    """

    settings: Settings
    open: Callable[[Settings], AbstractContextManager[Opened]]
    read: Callable[[], Settings]
    adapt: Callable[[Settings], None]
    manager: ServiceManager
    pulse: Pulse
    holder: str
    _over: asyncio.Event = field(default_factory=asyncio.Event)
    _asked_to_reload: asyncio.Event = field(default_factory=asyncio.Event)
    _changing: asyncio.Lock = field(default_factory=asyncio.Lock)
    _wishes: Wishes = field(default_factory=Wishes)
    _news: News = field(default_factory=News)
    _former: Settings | None = None
    _notifier: Notifier | None = None

    async def serve(self, stop: asyncio.Event) -> None:
        """Serve until a stop; what fails at the start is raised, what fails later is borne."""
        async with self._watched(stop):
            while not stop.is_set():
                self._over.clear()
                try:
                    async with self._opened() as account:
                        await self._tour(account, stop)
                except StateError as error:
                    await self._say_last_words(error)
                    raise

    def poll(self) -> None:
        """Look at everything as soon as nothing else goes on; to be called in the loop."""
        _log.info("daemon.asked_to_poll")
        self._wishes.add(Job.POLL)

    def point_at(self, ids: Iterable[ItemId]) -> None:
        """Look at these SKUs as soon as nothing else goes on; to be called in the loop."""
        self._wishes.point_at(ids)

    @asynccontextmanager
    async def _watched(self, stop: asyncio.Event) -> AsyncIterator[None]:
        """Beat, heed signals, and end the tour at a stop, for as long as the daemon serves."""
        beats = Beats(self.pulse, self.manager)
        besides = [
            asyncio.create_task(kept_going("beats", beats.go_on, self.pulse)),
            asyncio.create_task(kept_going("reload", self._reload_when_asked, self.pulse)),
            asyncio.create_task(set_after(stop, self._over)),
            asyncio.create_task(keep_what_lasts()),
        ]
        heard = {signal.SIGHUP: self._asked_to_reload.set, signal.SIGUSR1: self.poll}
        try:
            with listening(heard):
                yield
        finally:
            self.manager.stopping()
            await cancelled(*besides)

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[Opened]:
        """Open what the configuration names, or where a reload names what cannot be, the former."""
        stack = ExitStack()
        try:
            yield await self._entered(stack)
        finally:
            await asyncio.to_thread(stack.close)

    async def _entered(self, stack: ExitStack) -> Opened:
        async with self._changing:
            try:
                account = await _entered(stack, self.open(self.settings))
            except SyncdError as error:
                if self._former is None or self._former == self.settings:
                    raise
                self._refuse(error)
                await self._take(self._former)
                account = await _entered(stack, self.open(self.settings))
            self._former = self.settings
        return account

    async def _tour(self, opened: Opened, stop: asyncio.Event) -> None:
        """Work by the present configuration until it is replaced, or the duty is lost."""
        self.manager.ready()
        async with self._on_duty(opened) as duty:
            if duty is None:
                return
            account = Account(opened.ports, opened.listing, opened.terms, self.holder)
            herald = self._herald(opened)
            tour = Tour(self.settings, account, self.pulse, self._wishes, stop, self._over, herald)
            show = partial(self._show, duty)
            showing = asyncio.create_task(kept_going("duty", show, self.pulse))
            try:
                async with hurried_by(stop, account.ports.state):
                    await tour.run()
            finally:
                await cancelled(showing)
                await account.ports.remote.aclose()

    def _herald(self, opened: Opened) -> Herald | None:
        """Tell people of what is seen, where the configuration names any."""
        self._notifier = opened.notifier
        self.pulse.listener = self._news if opened.notifier else None
        if opened.notifier is None:
            return None
        return herald(opened.ports, opened.notifier, self._news, self.holder)

    async def _say_last_words(self, error: StateError) -> None:
        if self._notifier is not None:
            await say_last_words(self._notifier, error, datetime.now(UTC))

    @asynccontextmanager
    async def _on_duty(self, opened: Opened) -> AsyncIterator[Duty | None]:
        """Be on duty for the block, once nobody else is; None where a stop or a reload is first."""
        stack = ExitStack()
        try:
            async with self._helping(opened):
                duty = await self._once_on_duty(opened.ports.state, stack)
            yield duty
        finally:
            await asyncio.to_thread(stack.close)

    @asynccontextmanager
    async def _helping(self, opened: Opened) -> AsyncIterator[None]:
        """Help for the block whoever works; what is in flight at its end is seen to its end."""
        enough = asyncio.Event()
        help_on = partial(help_until, enough, opened.ports, opened.terms)
        helping = asyncio.create_task(kept_going("helping", help_on, self.pulse))
        try:
            yield
        finally:
            enough.set()
            await helping

    async def _once_on_duty(self, turns: Turns, stack: ExitStack) -> Duty | None:
        while not self._over.is_set():
            try:
                duty = await _entered(stack, turns.duty(self.holder))
            except LeaseHeldError as held:
                self._stand_by(held.reason)
            else:
                self._stand_by(None)
                return duty
            with suppress(TimeoutError):
                await asyncio.wait_for(self._over.wait(), STAND_BY)
        return None

    def _stand_by(self, reason: str | None) -> None:
        if reason is None and self.pulse.stands_by_for is not None:
            self._news.took_over(self.pulse.stands_by_for)
        if self.pulse.stands_by_for != reason:
            if reason is None:
                _log.info("daemon.came_on_duty")
            else:
                _log.info("daemon.stands_by", reason=reason)
        self.pulse.stands_by_for = reason

    async def _show(self, duty: Duty) -> None:
        """Show that the one on duty is alive; end the tour where another has come on duty."""
        while True:
            try:
                await asyncio.to_thread(duty.show)
            except LeaseLostError as lost:
                _log.error("daemon.duty_lost", reason=lost.reason)
                self._over.set()
                return
            await asyncio.sleep(SHOW)

    # --------------------------------------------------------------------------- reloads

    async def _reload_when_asked(self) -> None:
        while True:
            await self._asked_to_reload.wait()
            self._asked_to_reload.clear()
            self.manager.reloading()
            async with self._changing:
                await self._reload()

    async def _reload(self) -> None:
        """Take the new configuration if it is right, and say what it changes."""
        try:
            settings = await asyncio.to_thread(self.read)
        except ConfigurationError as error:
            self._refuse(error)
            self.manager.ready()
            return
        self.pulse.relief(Trouble.CONFIGURATION)
        _log.info("daemon.reloaded", changed=changes(self.settings, settings) or "nothing")
        await self._take(settings)
        self._over.set()

    async def _take(self, settings: Settings) -> None:
        self.settings = settings
        await asyncio.to_thread(self.adapt, settings)

    def _refuse(self, error: SyncdError) -> None:
        words = f"{error} The former configuration goes on."
        self.pulse.trouble(Trouble.CONFIGURATION, words)
        _log.error("daemon.not_reloaded", reason=words)


async def _entered(stack: ExitStack, context: AbstractContextManager[_Entered]) -> _Entered:
    """Enter a context in a thread, for whatever it waits for must not keep the loop waiting."""
    return await asyncio.to_thread(stack.enter_context, context)
