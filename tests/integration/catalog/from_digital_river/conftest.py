"""A sandbox, and the catalog that its SKUs are."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from syncd.catalog import FetchedSource
from syncd.catalog.from_digital_river import SkuFetcher
from syncd.config import DigitalRiverCatalog, DigitalRiverSettings
from syncd.config.digital_river_catalog import SKU_MAPPING
from syncd.digital_river.pacer import MemoryPacer
from syncd.digital_river.sku_listing import AccountSkus
from syncd.sandbox import RunningSandbox, SandboxSettings, running_sandbox
from tests.contract.catalog.reads import Read, read
from tests.fakes.clocks import WallClock
from tests.vendor_document import check_logged, load_vendor_document

KEY = "sk_test_1"


@dataclass(frozen=True)
class Account:
    """One account, as its owner and as a reader of its SKUs."""

    sandbox: RunningSandbox
    folder: Path
    http: httpx.Client

    @property
    def listing(self) -> AccountSkus:
        settings = DigitalRiverSettings(base_url=self.sandbox.url, api_key=SecretStr(KEY))
        clock = WallClock()
        return AccountSkus(settings, lambda: MemoryPacer(2000.0, clock), clock, "0.0.0")

    @property
    def source(self) -> FetchedSource:
        catalog = DigitalRiverCatalog.model_validate(
            {"type": "digital_river", "overlap": "0s", "mapping": SKU_MAPPING}
        )
        fetcher = SkuFetcher(catalog, self.listing, "account", WallClock().now)
        return FetchedSource(fetcher, catalog, "meaning")

    def read(self) -> Read:
        return read(self.source, self.folder)

    def send(self, method: str, path: str, json: object = None) -> None:
        """Do something to the account that the vendor takes."""
        answer = self.http.request(method, path, json=json)
        assert answer.is_success, answer.text

    def check_requests(self) -> None:
        """See that the vendor's document knows all that was asked and answered."""
        document = load_vendor_document()
        if document is not None:
            check_logged(document, self.sandbox.store.requests())


@pytest.fixture(scope="session")
def sandbox_of_session() -> Iterator[RunningSandbox]:
    with running_sandbox(SandboxSettings(rate_limit=0, keep_answers=True)) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def http(sandbox_of_session: RunningSandbox) -> Iterator[httpx.Client]:
    headers = {"authorization": f"Bearer {KEY}"}
    url, no_tls = sandbox_of_session.url, ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    with httpx.Client(base_url=url, headers=headers, verify=no_tls) as client:
        yield client


@pytest.fixture
def account(sandbox_of_session: RunningSandbox, tmp_path: Path, http: httpx.Client) -> Account:
    sandbox_of_session.store.reset()
    return Account(sandbox_of_session, tmp_path, http)
