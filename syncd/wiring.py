"""The only place that builds adapters: settings in, ports and terms out."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Final, assert_never

from syncd.config import (
    DigitalRiverCatalog,
    DigitalRiverKeys,
    DigitalRiverSettings,
    FileCatalog,
    FileKeys,
    HttpCatalog,
    HttpKeys,
    Settings,
    SourceSection,
    SqlCatalog,
    SqlJoin,
    account_digest,
    account_label,
    digest_of_meaning,
    parts_of_meaning,
)
from syncd.domain.attributes import ItemId
from syncd.domain.change import Change
from syncd.domain.delivery import Outcome
from syncd.domain.event import Event
from syncd.domain.item import RemoteItem, RemoteSku
from syncd.domain.level import LevelFilter, Levels
from syncd.domain.listing import CountedSpan
from syncd.domain.window import windows_of
from syncd.errors import StateError
from syncd.ports import (
    CatalogSource,
    Clock,
    Inventory,
    Notifier,
    Onlooker,
    Permit,
    State,
    TakeItems,
    TakePairedSkus,
)
from syncd.service.terms import Ports, Terms

if TYPE_CHECKING:
    from syncd.catalog import Origin
    from syncd.catalog.fetching import Fetcher
    from syncd.catalog.from_digital_river import SkuFetcher
    from syncd.digital_river.client import DigitalRiver
    from syncd.digital_river.pacer import Pacer
    from syncd.notify import AppriseNotifier
    from syncd.state.moving import Moved
    from syncd.state.postgres_fleet import FleetPlace


GLANCE: Final = 300
"""How many rows tell what a catalog is like."""
LOOKING: Final = timedelta(seconds=1)
"""How long a page waits for a locked state."""
RECEIVING: Final = timedelta(seconds=2)
"""How long an event waits for it: Digital River wants its answer within three."""


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(seconds, 0))


class StateClock:
    """The time that all processes on one state go by, whatever this machine's clock says."""

    def __init__(self, state: State) -> None:
        self._state = state

    def now(self) -> datetime:
        return self._state.now()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(seconds, 0))


class RemoteOnDemand:
    """A remote that is built when first asked: a quiet cycle never does, and starts sooner."""

    def __init__(self, build: Callable[[], DigitalRiver]) -> None:
        """Take what builds it, in a thread, for that asks the state."""
        self._build = build
        self._building = asyncio.Lock()
        self._built: DigitalRiver | None = None
        self._held = False
        self._permit: Permit | None = None

    @property
    def requests(self) -> int:
        return 0 if self._built is None else self._built.requests

    async def items(self, ids: Sequence[ItemId]) -> Mapping[ItemId, RemoteItem]:
        return await (await self._remote()).items(ids)

    async def managed(self, ids: Sequence[ItemId]) -> frozenset[ItemId]:
        return await (await self._remote()).managed(ids)

    async def skus(self, ids: Sequence[ItemId]) -> Mapping[ItemId, RemoteSku]:
        return await (await self._remote()).skus(ids)

    async def stocked(self, ids: Sequence[ItemId]) -> frozenset[ItemId]:
        return await (await self._remote()).stocked(ids)

    async def carry_out(self, change: Change) -> Outcome:
        return await (await self._remote()).carry_out(change)

    async def search(
        self, part_number: str | None, manufacturer: str | None
    ) -> AsyncIterator[RemoteItem]:
        remote = await self._remote()
        async for found in remote.search(part_number, manufacturer):
            yield found

    async def every_item(self, take: TakeItems) -> Sequence[CountedSpan]:
        return await (await self._remote()).every_item(take)

    async def every_sku(self, take: TakePairedSkus) -> Sequence[CountedSpan]:
        return await (await self._remote()).every_sku(take)

    async def levels(self, ids: Sequence[ItemId], wanted: LevelFilter) -> Levels:
        return await (await self._remote()).levels(ids, wanted)

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

    async def _remote(self) -> DigitalRiver:
        if self._built is not None:
            return self._built
        async with self._building:
            if self._built is None:
                built = await asyncio.to_thread(self._build)
                built.depart_by(self._permit)
                if self._held:
                    built.hold()
                self._built = built
            return self._built


class Wired:
    """One account, ready to be served; what a command does not ask for is never built.

    The remote holds connections of an event loop: whoever used it closes it there, by
    `await wired.remote.aclose()`.
    """

    def __init__(self, settings: Settings, state: State, onlooker: Onlooker | None = None) -> None:
        """Take an open state, which whoever opened it closes."""
        self.settings = settings
        self.state = state
        self.onlooker = onlooker
        self.clock: Clock = StateClock(state)

    @cached_property
    def ports(self) -> Ports:
        return Ports(self.catalog, self.on_demand, self.state, self.clock)

    @cached_property
    def on_demand(self) -> RemoteOnDemand:
        """The remote for whoever may not need it: as a `Remote`, an `ItemListing`, a `Stock`."""
        return RemoteOnDemand(lambda: self.remote)

    @property
    def listing(self) -> Inventory:
        """The same, for whoever reads in bulk."""
        return self.on_demand

    @cached_property
    def catalog(self) -> CatalogSource:
        from syncd.catalog import Source

        catalog = self.settings.catalog
        joined = [self._origin(join) for join in catalog.join]
        own = self._origin(catalog)
        return Source(catalog, digest_of_meaning(self.settings), own, joined)

    @cached_property
    def glance(self) -> CatalogSource:
        """The catalog with all columns that it has, if need be without most of its rows."""
        catalog = self.settings.catalog
        if isinstance(catalog, FileCatalog):
            return self.catalog
        from syncd.catalog import FetchedSource

        joined = [self._origin(join) for join in catalog.join]
        return FetchedSource(self._glancing(catalog), catalog, "", joined)

    def _glancing(self, catalog: SqlCatalog | HttpCatalog | DigitalRiverCatalog) -> Fetcher:
        match catalog:
            case SqlCatalog():
                from syncd.catalog.from_database import SqlFetcher

                return SqlFetcher(catalog, most=GLANCE)
            case HttpCatalog():
                from syncd import __version__
                from syncd.catalog.from_http.glance import HttpGlance

                return HttpGlance(catalog, __version__, GLANCE)
            case DigitalRiverCatalog():
                return self._sku_fetcher(catalog, most=GLANCE)
            case _:
                assert_never(catalog)

    @cached_property
    def remote(self) -> DigitalRiver:
        """Raise `KeyRefusedError` where the key must not travel with this state."""
        from syncd import __version__
        from syncd.digital_river.client import DigitalRiver
        from syncd.service.account import refuse_other_kind

        refuse_other_kind(self.state, self.terms)
        account = self.settings.digital_river
        pacer = _pacer(account, self.settings, self.clock)
        return DigitalRiver(account, pacer, self.clock, __version__, self.onlooker)

    @cached_property
    def notifier(self) -> Notifier | None:
        """Whoever is to be told when something needs a person; None where that is nobody."""
        return notifier_of(self.settings)

    @cached_property
    def terms(self) -> Terms:
        settings = self.settings
        return Terms(
            policy=settings.policy.to_policy(
                settings.guards, skus=settings.digital_river.manages_skus
            ),
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
            repair=settings.policy.repair,
            rolling=settings.schedule.rolling,
        )

    def _origin(self, keys: SourceSection) -> Origin:
        """Where the rows of the catalog, or of a source that is joined to it, come from."""
        from syncd.catalog import Copies, Files, needed_of

        match keys:
            case FileKeys():
                return Files(keys)
            case HttpKeys():
                from syncd import __version__
                from syncd.catalog.from_http.fetcher import HttpFetcher
                from syncd.catalog.from_http.timing import Time

                return Copies(HttpFetcher(keys, __version__, Time(self.clock.now)))
            case SqlCatalog():
                from syncd.catalog.from_database import SqlFetcher

                return Copies(SqlFetcher.of_catalog(keys, self.clock.now))
            case SqlJoin():
                from syncd.catalog.from_database import SqlFetcher

                needed = needed_of(keys, self.settings.catalog)
                return Copies(SqlFetcher(keys, needed, now=self.clock.now))
            case DigitalRiverKeys():
                return Copies(self._sku_fetcher(keys))
            case _:
                raise TypeError(keys)

    def _sku_fetcher(self, keys: DigitalRiverKeys, most: int | None = None) -> SkuFetcher:
        """Read SKUs at the pace of their key, which may be the one that items are written with."""
        from syncd import __version__
        from syncd.catalog.from_digital_river import SkuFetcher
        from syncd.digital_river.sku_listing import AccountSkus

        account = keys.account(self.settings.digital_river)
        onlooker = self.onlooker if _is_main(account, self.settings) else None
        skus = AccountSkus(
            account, lambda: self._pacer_for_skus(account), self.clock, __version__, onlooker
        )
        return SkuFetcher(keys, skus, account_digest(account), self.clock.now, most)

    def _pacer_for_skus(self, account: DigitalRiverSettings) -> Pacer:
        """Raise `KeyRefusedError` where the key is the main one and must not travel."""
        if _is_main(account, self.settings):
            from syncd.service.account import refuse_other_kind

            refuse_other_kind(self.state, self.terms)
        return _pacer(account, self.settings, self.clock)


@contextmanager
def wired(settings: Settings, onlooker: Onlooker | None = None) -> Iterator[Wired]:
    """Build for whoever may write; the state is made and migrated where need be."""
    from syncd.state import open_state

    with closing(open_state(settings.state.url, account=settings.state.account)) as state:
        yield Wired(settings, state, onlooker)


@contextmanager
def wired_beside(settings: Settings, onlooker: Onlooker | None = None) -> Iterator[Wired]:
    """Build for whoever looks on in a process that works on the state, as its pages do."""
    with state_beside(settings) as state:
        yield Wired(settings, state, onlooker)


@contextmanager
def state_beside(settings: Settings) -> Iterator[State]:
    """Open the state alone to look on; one that is locked is not waited for long."""
    from syncd.state import open_state_beside

    url, account = settings.state.url, settings.state.account
    with closing(open_state_beside(url, LOOKING, account)) as state:
        yield state


def keep(settings: Settings, event: Event) -> bool:
    """Keep an event once and for all; False where it was kept already, `StateError` if it fails."""
    from syncd.state import open_state_to_receive

    url, account = settings.state.url, settings.state.account
    with (
        closing(open_state_to_receive(url, RECEIVING, account)) as state,
        state.transaction() as transaction,
    ):
        return transaction.receive(event)


def places_of_records(settings: Settings) -> tuple[str, ...]:
    """Where an address has lists of records within its answer; see the function that looks."""
    from syncd import __version__
    from syncd.catalog.from_http.finding import places_of_records as found_in

    catalog = settings.catalog
    return found_in(catalog, __version__) if isinstance(catalog, HttpCatalog) else ()


@contextmanager
def wired_read_only(settings: Settings) -> Iterator[Wired]:
    """Build for a command that only looks: the state is neither made nor changed."""
    from syncd.state import open_existing_read_only

    url, account = settings.state.url, settings.state.account
    with closing(open_existing_read_only(url, account)) as state:
        yield Wired(settings, state)


def move_state(source: str, target: str, account: str | None, holder: str) -> Moved:
    """Move a state between two URLs; `syncd.state.move_state` says how, and what it raises."""
    from syncd.state import move_state

    return move_state(source, target, account, holder, SystemClock().now())


def reclaim_state(url: str, account: str | None) -> int:
    """Take a state back that was moved; returns how many items will be looked up first."""
    from syncd.state import reclaim_state

    return reclaim_state(url, account)


def fleet_place(database: str) -> FleetPlace:
    """Where a fleet keeps what belongs to no single account; raises `ConfigurationError`."""
    from syncd.state import fleet_place

    return fleet_place(database)


def notifier_of(settings: Settings) -> AppriseNotifier | None:
    """Whoever the configuration wants to be told; None where that is nobody."""
    urls = [url.get_secret_value() for url in settings.notify.urls]
    if not urls:
        return None
    from syncd.notify import AppriseNotifier
    from syncd.telemetry import Redaction

    signature = f"From syncd on {socket.gethostname()}, account {account_label(settings)}"
    return AppriseNotifier(urls, signature, Redaction(settings.secrets()).text)


def _is_main(account: DigitalRiverSettings, settings: Settings) -> bool:
    return account.api_key == settings.digital_river.api_key


def _pacer(account: DigitalRiverSettings, settings: Settings, clock: Clock) -> Pacer:
    """The pacer that all processes on this state share for a key; one's own if that cannot be."""
    from syncd.digital_river.pacer import FilePacer, MemoryPacer
    from syncd.state import file_beside, open_pacer

    state, key = settings.state, account_digest(account)
    shared = open_pacer(state.url, state.account, key, account.rate, clock)
    if shared is not None:
        return shared
    is_main = _is_main(account, settings)
    name = "pacer" if is_main else f"pacer-{key}"
    try:
        return FilePacer(file_beside(settings.state.url, name), account.rate, clock)
    except StateError:
        return MemoryPacer(account.rate, clock)
