"""The shelf as a table, in each database."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sqlalchemy import NullPool, create_engine, text

from syncd.catalog import FetchedSource
from syncd.catalog.fetching import Fetched
from syncd.catalog.from_database import SqlFetcher
from syncd.config import SqlCatalog
from syncd.ports import Advance, CatalogSource, unseen
from tests.contract.catalog.reads import MAPPING
from tests.contract.catalog.shelf import Content


class SqlShelf(Content):
    """A table of the database that a URL leads to, which shows nothing of itself."""

    shows_itself = False

    def __init__(self, url: str) -> None:
        super().__init__()
        self._engine = create_engine(url, poolclass=NullPool)
        self._settings = SqlCatalog.model_validate(
            {"type": "sql", "url": url, "table": "goods", "threads": 1, "mapping": MAPPING}
        )

    @property
    def source(self) -> CatalogSource:
        fetcher = SqlFetcher.of_catalog(self._settings)
        judged = DoubtedFetcher(fetcher) if self.cut else fetcher
        return FetchedSource(judged, self._settings, self.meaning)

    def rewrite(self) -> None:
        rows = [dict(zip("ipo", entry, strict=True)) for entry in self.entries()]
        columns = "sku VARCHAR(20), mpn VARCHAR(20), origin VARCHAR(20)"
        with self._engine.begin() as connection:
            connection.execute(text("DROP TABLE IF EXISTS goods"))
            connection.execute(text(f"CREATE TABLE goods ({columns})"))
            connection.execute(text("INSERT INTO goods VALUES (:i, :p, :o)"), rows)


class DoubtedFetcher:
    """Reads from a database that does not hold its rows still, as none does that is here."""

    def __init__(self, fetcher: SqlFetcher) -> None:
        self.name, self.identity, self.meaning = fetcher.name, fetcher.identity, fetcher.meaning
        self._fetcher = fetcher

    def fetch(self, folder: Path, since: str | None, advance: Advance = unseen) -> Fetched:
        fetched = self._fetcher.fetch(folder, since, advance)
        return replace(fetched, doubts=("rows may have moved",))
