"""The same shelf of products behind each source."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import httpx
import pytest

from syncd.catalog import FetchedSource, Files, FileSource
from syncd.catalog.from_digital_river import SkuFetcher
from syncd.catalog.from_http.fetcher import HttpFetcher
from syncd.config import DigitalRiverCatalog, FileKeys, HttpCatalog
from syncd.domain.snapshot import CatalogRow, Defect
from syncd.ports import CatalogSource
from tests.contract.catalog.databases import SqlShelf
from tests.contract.catalog.platforms import Platform, PlatformShelf, platforms
from tests.contract.catalog.reads import MAPPING, Known, Read, file_catalog, read
from tests.contract.catalog.shelf import Content, Shelf
from tests.fakes.catalog import FakeCatalog
from tests.fakes.fetcher import FakeFetcher
from tests.fakes.skus import FakeSkuListing
from tests.servers import Server, mariadb_server, postgres_server
from tests.stubs.raw import RawServer, Reply, raw_server

__all__ = ["mariadb_server", "postgres_server"]

SOURCES = (
    *("file", "joined", "fetched", "http", "digital_river", "fake"),
    *("sqlite", "postgresql", "mariadb"),
    *("shopify", "woocommerce", "adobe_commerce", "bigcommerce", "commercetools"),
)


class FileShelf(Content):
    """A CSV file."""

    counts_rows = False  # of a file, bytes are seen

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._path = folder / "catalog.csv"
        self._written = 0

    @property
    def source(self) -> CatalogSource:
        return FileSource(file_catalog(self._path), self.meaning)

    def rewrite(self) -> None:
        rows = [f"{item or ''},{part},{origin or ''}" for item, part, origin in self.entries()]
        self._write(self._path, ["sku,mpn,origin", *rows])

    def _write(self, path: Path, lines: list[str]) -> None:
        path.write_text("\n".join(lines) + ("" if self.cut else "\n"), encoding="utf-8")
        self._written += 1
        os.utime(path, ns=(self._written, self._written))


class JoinedShelf(FileShelf):
    """A shop's file, and the ERP's that is joined to it, which alone is ever cut."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._erp = folder / "erp.csv"

    @property
    def source(self) -> CatalogSource:
        join = {"name": "erp", "key": "item_no", "type": "file", "path": str(self._erp)}
        mapping = {"country_of_origin": "erp.origin"}
        catalog = file_catalog(self._path, mapping=mapping, join=[join])
        origins = [Files(one) for one in catalog.join if isinstance(one, FileKeys)]
        return FileSource(catalog, self.meaning, origins)

    def rewrite(self) -> None:
        is_cut, self.cut = self.cut, False
        shop = [f"{item or ''},{part}" for item, part, _ in self.entries()]
        self._write(self._path, ["sku,mpn", *shop])
        self.cut = is_cut
        erp = [f"{item},{origin or ''}" for item, origin in self.rows.items()]
        self._write(self._erp, ["item_no,origin", *erp])


class FakeShelf(Content):
    """A catalog in memory."""

    def __init__(self) -> None:
        super().__init__()
        self._fake = FakeCatalog()

    @property
    def source(self) -> CatalogSource:
        self._fake.meaning = self.meaning
        return self._fake

    def rewrite(self) -> None:
        self._fake.rows.clear()
        for item, origin in self.rows.items():
            self._fake.put(item, part_number=f"P-{item}", country_of_origin=origin)
        self._fake.repeated = set(self.repeated)
        nameless = CatalogRow(None, None, {}, 9, None, Defect("id", "", "every row needs an id"))
        self._fake.strays = [nameless] if self.stray else []
        doubted = self.stray or self.cut
        self._fake.doubts = ("the test says that it is not complete",) if doubted else ()
        self._fake.rewrite()


class FetchedShelf(Content):
    """Whatever a fetcher copies."""

    def __init__(self) -> None:
        super().__init__()
        self._fetcher = FakeFetcher()
        self._written = 0

    @property
    def source(self) -> CatalogSource:
        return FetchedSource(self._fetcher, file_catalog("nowhere"), self.meaning)

    def rewrite(self) -> None:
        self._fetcher.records = [dict(record) for record in _records(self)]
        self._fetcher.doubts = ("the last page is not there",) if self.cut else ()
        self._written += 1
        self._fetcher.shown = f"version-{self._written}"


class HttpShelf(Content):
    """JSON lines behind an address."""

    def __init__(self, server: RawServer) -> None:
        super().__init__()
        self._server = server
        self._settings = HttpCatalog.model_validate(
            {"type": "http", "url": f"{server.url}/export.jsonl", "mapping": MAPPING}
        )
        self._written = 0

    @property
    def source(self) -> CatalogSource:
        return FetchedSource(HttpFetcher(self._settings, "0.0.0"), self._settings, self.meaning)

    def rewrite(self) -> None:
        text = "\n".join(map(json.dumps, _records(self))) + ("" if self.cut else "\n")
        self._written += 1
        headers = {"content-type": "application/jsonl", "etag": f'"{self._written}"'}
        reply = Reply(body=text.encode(), headers=headers)
        self._server.answers(lambda _: reply)


def _records(content: Content) -> list[Mapping[str, str | None]]:
    return [
        {"sku": item, "mpn": part, "origin": origin} for item, part, origin in content.entries()
    ]


class SkuShelf(Content):
    """SKUs at Digital River; whatever else the port forbids, a listing may have them twice."""

    shows_itself = False
    id_column = "id"

    def __init__(self) -> None:
        super().__init__()
        self._listing = FakeSkuListing()
        columns = {"id": "id", "part_number": "partNumber", "country_of_origin": "countryOfOrigin"}
        self._settings = DigitalRiverCatalog.model_validate(
            {"type": "digital_river", "mapping": columns}
        )

    @property
    def source(self) -> CatalogSource:
        most = len(self.rows) if self.cut else None
        fetcher = SkuFetcher(self._settings, self._listing, "account", _now, most)
        return FetchedSource(fetcher, self._settings, self.meaning)

    def rewrite(self) -> None:
        self._listing.skus = [
            {"id": item, "partNumber": part, "countryOfOrigin": origin}
            for item, part, origin in self.entries()
        ]


def _now() -> datetime:
    return datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture(scope="session", autouse=True)
def _trust_once() -> Iterator[None]:
    """Load the certificates of the world once, and not for every fetcher."""
    with pytest.MonkeyPatch.context() as patch:
        made = cache(httpx.create_ssl_context)
        patch.setattr("httpx._transports.default.create_ssl_context", lambda **_: made())
        yield


@pytest.fixture(scope="session")
def server() -> Iterator[RawServer]:
    with raw_server() as server:
        yield server


@pytest.fixture(scope="session")
def served() -> Iterator[Mapping[str, Platform]]:
    """All platforms, by their presets."""
    with platforms() as platform:
        yield platform


@pytest.fixture(scope="session")
def postgresql(postgres_server: Server) -> Iterator[str]:
    with postgres_server.database() as url:
        yield url


@pytest.fixture(scope="session")
def mariadb(mariadb_server: Server) -> Iterator[str]:
    with mariadb_server.database() as url:
        yield url


@pytest.fixture(params=SOURCES)
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> Shelf:
    shelf = _shelf(request, request.param, tmp_path)
    shelf.rows.update({"A": "DK", "B": "US", "C": None})
    shelf.rewrite()
    return shelf


def _shelf(request: pytest.FixtureRequest, kind: str, folder: Path) -> Shelf:
    """Start no more servers than the chosen tests need."""
    shelves: dict[str, Callable[[], Shelf]] = {
        "file": lambda: FileShelf(folder),
        "joined": lambda: JoinedShelf(folder),
        "fetched": FetchedShelf,
        "http": lambda: HttpShelf(request.getfixturevalue("server")),
        "digital_river": SkuShelf,
        "fake": FakeShelf,
        "sqlite": lambda: SqlShelf(f"sqlite:///{folder / 'shop.db'}"),
        "postgresql": lambda: SqlShelf(request.getfixturevalue("postgresql")),
        "mariadb": lambda: SqlShelf(request.getfixturevalue("mariadb")),
    }
    if kind in shelves:
        return shelves[kind]()
    return PlatformShelf(request.getfixturevalue("served")[kind])


class Reader:
    """Reads a shelf with what is known, and remembers nothing itself."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, shelf: Shelf, known: Iterable[Known] = ()) -> Read:
        return read(shelf.source, self._folder, known)


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    return Reader(tmp_path)
