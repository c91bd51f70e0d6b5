"""The only place that builds adapters: settings in, ports and terms out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from syncd.config import Settings, account_digest, digest_of_meaning, parts_of_meaning
from syncd.domain.attributes import ItemId
from syncd.domain.change import Change
from syncd.domain.delivery import Outcome
from syncd.domain.item import RemoteItem
from syncd.errors import StateError
from syncd.ports import CatalogSource, Clock, Remote, State
from syncd.service.terms import Ports, Terms

if TYPE_CHECKING:
    from syncd.digital_river.client import DigitalRiver
    from syncd.digital_river.pacer import Pacer


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(seconds, 0))


class RemoteOnDemand:
    """A remote that is built when first asked: a quiet cycle never does, and starts sooner."""

    def __init__(self, build: Callable[[], Remote]) -> None:
        self._build = build
        self._built: Remote | None = None
        self._held = False

    @property
    def requests(self) -> int:
        return 0 if self._built is None else self._built.requests

    async def items(self, ids: Sequence[ItemId]) -> Mapping[ItemId, RemoteItem]:
        return await self._remote.items(ids)

    async def managed(self, ids: Sequence[ItemId]) -> frozenset[ItemId]:
        return await self._remote.managed(ids)

    async def stocked(self, ids: Sequence[ItemId]) -> frozenset[ItemId]:
        return await self._remote.stocked(ids)

    async def carry_out(self, change: Change) -> Outcome:
        return await self._remote.carry_out(change)

    def search(
        self, part_number: str | None, manufacturer: str | None
    ) -> AsyncIterator[RemoteItem]:
        return self._remote.search(part_number, manufacturer)

    def hold(self) -> None:
        self._held = True
        if self._built is not None:
            self._built.hold()

    async def aclose(self) -> None:
        if self._built is not None:
            await self._built.aclose()

    @property
    def _remote(self) -> Remote:
        if self._built is None:
            self._built = self._build()
            if self._held:
                self._built.hold()
        return self._built


class Wired:
    """One account, ready to be served; what a command does not ask for is never built.

    The remote holds connections of an event loop: whoever used it closes it there, by
    `await wired.remote.aclose()`.
    """

    def __init__(self, settings: Settings, state: State) -> None:
        """Take an open state, which whoever opened it closes."""
        self.settings = settings
        self.state = state
        self.clock: Clock = SystemClock()

    @cached_property
    def ports(self) -> Ports:
        remote = RemoteOnDemand(lambda: self.remote)
        return Ports(self.catalog, remote, self.state, self.clock)

    @cached_property
    def catalog(self) -> CatalogSource:
        from syncd.catalog import FileSource

        return FileSource(self.settings.catalog, digest_of_meaning(self.settings))

    @cached_property
    def remote(self) -> DigitalRiver:
        from syncd import __version__
        from syncd.digital_river.client import DigitalRiver

        account = self.settings.digital_river
        return DigitalRiver(account, _pacer(self.settings, self.clock), self.clock, __version__)

    @cached_property
    def terms(self) -> Terms:
        settings = self.settings
        return Terms(
            policy=settings.policy.to_policy(settings.guards),
            limits=settings.guards.to_limits(),
            rules=settings.rules.to_rule_book(),
            account=account_digest(settings),
            in_flight=settings.digital_river.max_in_flight,
            request_timeout=settings.digital_river.timeout,
            orchestrated=settings.digital_river.model == "orchestrated",
            meaning=parts_of_meaning(settings),
        )


@contextmanager
def wired(settings: Settings) -> Iterator[Wired]:
    """Build for a command that may write; the state is made and migrated where need be."""
    from syncd.state import open_state

    with closing(open_state(settings.state.url)) as state:
        yield Wired(settings, state)


@contextmanager
def wired_read_only(settings: Settings) -> Iterator[Wired]:
    """Build for a command that only looks: the state is neither made nor changed."""
    from syncd.state import open_existing_read_only

    with closing(open_existing_read_only(settings.state.url)) as state:
        yield Wired(settings, state)


def _pacer(settings: Settings, clock: Clock) -> Pacer:
    """The pacer that all processes on this state share; one's own where its folder is closed."""
    from syncd.digital_river.pacer import FilePacer, MemoryPacer
    from syncd.state import file_beside

    rate = settings.digital_river.rate
    try:
        return FilePacer(file_beside(settings.state.url, "pacer"), rate, clock)
    except StateError:
        return MemoryPacer(rate, clock)
