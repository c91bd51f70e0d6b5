"""The only place that builds adapters: settings in, ports and terms out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Final

from syncd.config import (
    DigitalRiverCatalog,
    DigitalRiverKeys,
    DigitalRiverSettings,
    FileKeys,
    HttpKeys,
    Settings,
    SourceSection,
    SqlCatalog,
    SqlJoin,
    account_digest,
    digest_of_meaning,
    parts_of_meaning,
)
from syncd.domain.attributes import ItemId
from syncd.domain.change import Change
from syncd.domain.delivery import Outcome
from syncd.domain.item import RemoteItem
from syncd.domain.window import windows_of
from syncd.errors import StateError
from syncd.ports import CatalogSource, Clock, Permit, Remote, State
from syncd.service.account import refuse_other_kind
from syncd.service.terms import Ports, Terms

if TYPE_CHECKING:
    from syncd.catalog import Origin
    from syncd.catalog.from_digital_river import SkuFetcher
    from syncd.digital_river.client import DigitalRiver
    from syncd.digital_river.pacer import Pacer


GLANCE: Final = 300
"""How many rows tell what a catalog is like."""


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
        self._permit: Permit | None = None

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

    def depart_by(self, permit: Permit | None) -> None:
        self._permit = permit
        if self._built is not None:
            self._built.depart_by(permit)

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
            self._built.depart_by(self._permit)
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
        from syncd.catalog import Source

        catalog = self.settings.catalog
        joined = [_origin(join, self.settings, self.clock) for join in catalog.join]
        own = _origin(catalog, self.settings, self.clock)
        return Source(catalog, digest_of_meaning(self.settings), own, joined)

    @cached_property
    def glance(self) -> CatalogSource:
        """The catalog with all columns that it has, if need be without most of its rows."""
        catalog = self.settings.catalog
        if not isinstance(catalog, SqlCatalog | DigitalRiverCatalog):
            return self.catalog
        from syncd.catalog import FetchedSource

        if isinstance(catalog, DigitalRiverCatalog):
            skus = _sku_fetcher(catalog, self.settings, self.clock, most=GLANCE)
            return FetchedSource(skus, catalog, "")
        from syncd.catalog.from_database import SqlFetcher

        return FetchedSource(SqlFetcher(catalog, most=GLANCE), catalog, "")

    @cached_property
    def remote(self) -> DigitalRiver:
        """Raise `KeyRefusedError` where the key must not travel with this state."""
        from syncd import __version__
        from syncd.digital_river.client import DigitalRiver

        refuse_other_kind(self.state, self.terms)
        account = self.settings.digital_river
        pacer = _pacer(account, self.settings, self.clock)
        return DigitalRiver(account, pacer, self.clock, __version__)

    @cached_property
    def terms(self) -> Terms:
        settings = self.settings
        return Terms(
            policy=settings.policy.to_policy(settings.guards),
            limits=settings.guards.to_limits(),
            rules=settings.rules.to_rule_book(),
            account=account_digest(settings.digital_river),
            key_kind="test" if settings.digital_river.is_test else "live",
            in_flight=settings.digital_river.max_in_flight,
            request_timeout=settings.digital_river.timeout,
            orchestrated=settings.digital_river.model == "orchestrated",
            meaning=parts_of_meaning(settings),
            windows=windows_of(settings.schedule.windows),
            keep_journal=settings.state.keep_journal,
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


def _origin(keys: SourceSection, settings: Settings, clock: Clock) -> Origin:
    """Where the rows of the catalog, or of a source that is joined to it, come from."""
    from syncd.catalog import Copies, Files, needed_of

    match keys:
        case FileKeys():
            return Files(keys)
        case HttpKeys():
            from syncd import __version__
            from syncd.catalog.from_http.fetcher import HttpFetcher

            return Copies(HttpFetcher(keys, __version__))
        case SqlCatalog():
            from syncd.catalog.from_database import SqlFetcher

            return Copies(SqlFetcher.of_catalog(keys))
        case SqlJoin():
            from syncd.catalog.from_database import SqlFetcher

            return Copies(SqlFetcher(keys, needed_of(keys, settings.catalog)))
        case DigitalRiverKeys():
            return Copies(_sku_fetcher(keys, settings, clock))
        case _:
            raise TypeError(keys)


def _sku_fetcher(
    keys: DigitalRiverKeys, settings: Settings, clock: Clock, most: int | None = None
) -> SkuFetcher:
    """Read SKUs at the pace of their key, which may be the one that items are written with."""
    from syncd import __version__
    from syncd.catalog.from_digital_river import SkuFetcher
    from syncd.digital_river.sku_listing import AccountSkus

    account = keys.account(settings.digital_river)
    skus = AccountSkus(account, lambda: _pacer(account, settings, clock), clock, __version__)
    return SkuFetcher(keys, skus, account_digest(account), clock.now, most)


def _pacer(account: DigitalRiverSettings, settings: Settings, clock: Clock) -> Pacer:
    """The pacer that all processes on this state share for a key; one's own if that cannot be."""
    from syncd.digital_river.pacer import FilePacer, MemoryPacer
    from syncd.state import file_beside

    is_main = account.api_key == settings.digital_river.api_key
    name = "pacer" if is_main else f"pacer-{account_digest(account)}"
    try:
        return FilePacer(file_beside(settings.state.url, name), account.rate, clock)
    except StateError:
        return MemoryPacer(account.rate, clock)
