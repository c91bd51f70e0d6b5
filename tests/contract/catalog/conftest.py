"""The same shelf of products behind each source."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import pytest

from syncd.catalog import FetchedSource, FileSource
from syncd.catalog.fetching import Fetched
from syncd.catalog.from_database import SqlFetcher
from syncd.catalog.from_digital_river import SkuFetcher
from syncd.catalog.from_http.fetcher import HttpFetcher
from syncd.config import DigitalRiverCatalog, HttpCatalog, SqlCatalog
from syncd.domain.snapshot import CatalogRow, Defect
from syncd.ports import Advance, CatalogSource, unseen
from tests.contract.catalog.reads import MAPPING, Known, Read, file_catalog, read
from tests.fakes.catalog import FakeCatalog
from tests.fakes.fetcher import FakeFetcher
from tests.fakes.skus import FakeSkuListing
from tests.stubs.raw import RawServer, Reply, raw_server


class Shelf(Protocol):
    """A catalog whose content a test sets; nothing is seen of it before `rewrite`."""

    rows: dict[str, str | None]
    repeated: set[str]
    stray: bool
    cut: bool
    meaning: str

    @property
    def source(self) -> CatalogSource: ...

    def rewrite(self) -> None: ...


class FileShelf:
    """A CSV file."""

    def __init__(self, folder: Path) -> None:
        self.rows: dict[str, str | None] = {}
        self.repeated: set[str] = set()
        self.stray = self.cut = False
        self.meaning = "meaning-1"
        self._path = folder / "catalog.csv"
        self._written = 0

    @property
    def source(self) -> CatalogSource:
        return FileSource(file_catalog(self._path), self.meaning)

    def rewrite(self) -> None:
        lines = [f"{item},P-{item},{origin or ''}" for item, origin in self.rows.items()]
        lines += [f"{item},P-{item},{self.rows[item] or ''}" for item in sorted(self.repeated)]
        lines += [",P-stray,DK"] if self.stray else []
        text = "\n".join(["sku,mpn,origin", *lines])
        self._path.write_text(text + ("" if self.cut else "\n"), encoding="utf-8")
        self._written += 1
        os.utime(self._path, ns=(self._written, self._written))


class FakeShelf:
    """A catalog in memory."""

    def __init__(self) -> None:
        self.rows: dict[str, str | None] = {}
        self.repeated: set[str] = set()
        self.stray = self.cut = False
        self.meaning = "meaning-1"
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


class FetchedShelf:
    """Whatever a fetcher copies."""

    def __init__(self) -> None:
        self.rows: dict[str, str | None] = {}
        self.repeated: set[str] = set()
        self.stray = self.cut = False
        self.meaning = "meaning-1"
        self._fetcher = FakeFetcher()
        self._written = 0

    @property
    def source(self) -> CatalogSource:
        return FetchedSource(self._fetcher, file_catalog("nowhere"), self.meaning)

    def rewrite(self) -> None:
        ids = [*self.rows, *sorted(self.repeated)]
        self._fetcher.records = [
            {"sku": item, "mpn": f"P-{item}", "origin": self.rows[item]} for item in ids
        ]
        if self.stray:
            self._fetcher.records.append({"sku": None, "mpn": "P-stray", "origin": "DK"})
        self._fetcher.doubts = ("the last page is not there",) if self.cut else ()
        self._written += 1
        self._fetcher.shown = f"version-{self._written}"


class HttpShelf:
    """JSON lines behind an address."""

    def __init__(self, server: RawServer) -> None:
        self.rows: dict[str, str | None] = {}
        self.repeated: set[str] = set()
        self.stray = self.cut = False
        self.meaning = "meaning-1"
        self._server = server
        self._settings = HttpCatalog.model_validate(
            {"type": "http", "url": f"{server.url}/export.jsonl", "mapping": MAPPING}
        )
        self._written = 0

    @property
    def source(self) -> CatalogSource:
        return FetchedSource(HttpFetcher(self._settings, "0.0.0"), self._settings, self.meaning)

    def rewrite(self) -> None:
        rows = [
            {"sku": item, "mpn": f"P-{item}", "origin": self.rows[item]}
            for item in [*self.rows, *sorted(self.repeated)]
        ]
        if self.stray:
            rows.append({"sku": None, "mpn": "P-stray", "origin": "DK"})
        text = "\n".join(map(json.dumps, rows)) + ("" if self.cut else "\n")
        self._written += 1
        headers = {"content-type": "application/jsonl", "etag": f'"{self._written}"'}
        reply = Reply(body=text.encode(), headers=headers)
        self._server.answers(lambda _: reply)


class SqlShelf:
    """A table of a database."""

    def __init__(self, folder: Path) -> None:
        self.rows: dict[str, str | None] = {}
        self.repeated: set[str] = set()
        self.stray = self.cut = False
        self.meaning = "meaning-1"
        self._file = folder / "shop.db"
        self._settings = SqlCatalog.model_validate(
            {"type": "sql", "url": f"sqlite:///{self._file}", "table": "goods", "mapping": MAPPING}
        )

    @property
    def source(self) -> CatalogSource:
        fetcher = SqlFetcher.of_catalog(self._settings)
        judged = DoubtedFetcher(fetcher) if self.cut else fetcher
        return FetchedSource(judged, self._settings, self.meaning)

    def rewrite(self) -> None:
        rows: list[tuple[str | None, ...]] = [
            (item, f"P-{item}", origin) for item, origin in self.rows.items()
        ]
        rows += [(item, f"P-{item}", self.rows[item]) for item in sorted(self.repeated)]
        rows += [(None, "P-stray", "DK")] if self.stray else []
        with closing(sqlite3.connect(self._file)) as connection, connection:
            connection.execute("DROP TABLE IF EXISTS goods")
            connection.execute("CREATE TABLE goods (sku TEXT, mpn TEXT, origin TEXT)")
            connection.executemany("INSERT INTO goods VALUES (?, ?, ?)", rows)


class DoubtedFetcher:
    """Reads from a database that does not hold its rows still, as none does that is here."""

    def __init__(self, fetcher: SqlFetcher) -> None:
        self.name, self.identity, self.meaning = fetcher.name, fetcher.identity, fetcher.meaning
        self._fetcher = fetcher

    def fetch(self, folder: Path, since: str | None, advance: Advance = unseen) -> Fetched:
        fetched = self._fetcher.fetch(folder, since, advance)
        return replace(fetched, doubts=("rows may have moved",))


class SkuShelf:
    """SKUs at Digital River; whatever else the port forbids, a listing may have them twice."""

    def __init__(self) -> None:
        self.rows: dict[str, str | None] = {}
        self.repeated: set[str] = set()
        self.stray = self.cut = False
        self.meaning = "meaning-1"
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
            {"id": item, "partNumber": f"P-{item}", "countryOfOrigin": self.rows[item]}
            for item in [*self.rows, *sorted(self.repeated)]
        ]
        if self.stray:
            self._listing.skus.append({"id": None, "partNumber": "P-stray"})


def _now() -> datetime:
    return datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def server() -> Iterator[RawServer]:
    with raw_server() as server:
        yield server


@pytest.fixture(params=["file", "fetched", "http", "sql", "digital_river", "fake"])
def shelf(request: pytest.FixtureRequest, tmp_path: Path, server: RawServer) -> Shelf:
    shelves: dict[str, Callable[[], Shelf]] = {
        "file": lambda: FileShelf(tmp_path),
        "fetched": FetchedShelf,
        "http": lambda: HttpShelf(server),
        "sql": lambda: SqlShelf(tmp_path),
        "digital_river": SkuShelf,
        "fake": FakeShelf,
    }
    shelf = shelves[request.param]()
    shelf.rows.update({"A": "DK", "B": "US", "C": None})
    shelf.rewrite()
    return shelf


class Reader:
    """Reads a shelf with what is known, and remembers nothing itself."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, shelf: Shelf, known: Iterable[Known] = ()) -> Read:
        return read(shelf.source, self._folder, known)


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    return Reader(tmp_path)
