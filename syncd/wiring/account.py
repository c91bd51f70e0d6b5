"""One account's adapters, built as they are asked for."""

from __future__ import annotations

import socket
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
from syncd.domain.window import windows_of
from syncd.ports import CatalogSource, Clock, Inventory, Notifier, Onlooker, State
from syncd.service.terms import Ports, Terms
from syncd.wiring.clocks import StateClock
from syncd.wiring.on_demand import RemoteOnDemand
from syncd.wiring.pacing import is_main, shared_pacer

if TYPE_CHECKING:
    from syncd.catalog import Origin
    from syncd.catalog.fetching import Fetcher
    from syncd.catalog.from_digital_river import SkuFetcher
    from syncd.digital_river.client import DigitalRiver
    from syncd.digital_river.pacer import Pacer
    from syncd.notify import AppriseNotifier

GLANCE: Final = 300
"""How many rows tell what a catalog is like."""


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
        pacer = shared_pacer(account, self.settings, self.clock)
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
        onlooker = self.onlooker if is_main(account, self.settings) else None
        skus = AccountSkus(
            account, lambda: self._pacer_for_skus(account), self.clock, __version__, onlooker
        )
        return SkuFetcher(keys, skus, account_digest(account), self.clock.now, most)

    def _pacer_for_skus(self, account: DigitalRiverSettings) -> Pacer:
        """Raise `KeyRefusedError` where the key is the main one and must not travel."""
        if is_main(account, self.settings):
            from syncd.service.account import refuse_other_kind

            refuse_other_kind(self.state, self.terms)
        return shared_pacer(account, self.settings, self.clock)


def notifier_of(settings: Settings) -> AppriseNotifier | None:
    """Whoever the configuration wants to be told; None where that is nobody."""
    urls = [url.get_secret_value() for url in settings.notify.urls]
    if not urls:
        return None
    from syncd.notify import AppriseNotifier
    from syncd.telemetry import Redaction

    signature = f"From syncd on {socket.gethostname()}, account {account_label(settings)}"
    return AppriseNotifier(urls, signature, Redaction(settings.secrets()).text)
