"""The same shop in each database, and reads of it."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import Engine, create_engine, text

from syncd.catalog.fetching import Fetched
from syncd.catalog.from_database import SqlFetcher
from syncd.config import SqlCatalog
from tests.servers import Server, mariadb_server, postgres_server

__all__ = ["mariadb_server", "postgres_server"]

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
COLUMNS = ("sku", "mpn")
KINDS: Mapping[str, Mapping[str, str]] = {
    "sqlite": {"moment": "TEXT", "bytes": "BLOB"},
    "postgresql": {"moment": "TIMESTAMPTZ", "bytes": "BYTEA"},
    "mariadb": {"moment": "DATETIME(6)", "bytes": "VARBINARY(40)"},
}


class Got:
    """What one read brought, with the rows as another reader of CSV sees them."""

    def __init__(self, fetched: Fetched) -> None:
        self.fetched = fetched
        self.columns, *self.cells = _cells_of(fetched.files[0])
        self.removed = _lines_of(fetched.removed)

    @property
    def rows(self) -> list[dict[str, str]]:
        return [dict(zip(self.columns, cells, strict=True)) for cells in self.cells]

    @property
    def ids(self) -> list[str]:
        return sorted(cells[0] for cells in self.cells)


def _cells_of(file: Path) -> list[list[str]]:
    with file.open(encoding="utf-8", errors="surrogateescape", newline="") as lines:
        return list(csv.reader(lines, strict=True))


def _lines_of(file: Path | None) -> list[str] | None:
    if file is None:
        return None
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


class Shop:
    """A database with tables that a test makes."""

    def __init__(self, kind: str, url: str, engine: Engine) -> None:
        self.kind = kind
        self.url = url
        self.engine = engine
        self.now = NOON

    def run(self, *statements: str, **values: object) -> None:
        """Carry statements out in one transaction; `{moment}` and the like are this one's types."""
        with self.engine.begin() as connection:
            for statement in statements:
                connection.execute(text(statement.format_map(KINDS[self.kind])), values)

    def fill(self, *rows: tuple[object, ...]) -> None:
        """Insert into `products`: id, part number, and what other columns it has."""
        with self.engine.begin() as connection:
            for row in rows:
                values = {f"c{place}": value for place, value in enumerate(row)}
                places = ", ".join(f":{name}" for name in values)
                connection.execute(text(f"INSERT INTO products VALUES ({places})"), values)

    def time(self, written: str) -> object:
        """A moment as this database wants it; SQLite has no type for it."""
        moment = datetime.fromisoformat(f"{written}+00:00")
        return written if self.kind == "sqlite" else moment

    def fetcher(
        self, columns: Sequence[str] = COLUMNS, id: str | None = "sku", **keys: object
    ) -> SqlFetcher:
        mapping = {"id": "sku", "part_number": "mpn"}
        where = keys if {"query", "table"} & keys.keys() else {"table": "products", **keys}
        given = {"type": "sql", "url": self.url, "mapping": mapping, **where}
        return SqlFetcher(SqlCatalog.model_validate(given), columns, id, lambda: self.now)

    def read(
        self,
        since: str | None = None,
        columns: Sequence[str] = COLUMNS,
        id: str | None = "sku",
        **keys: object,
    ) -> Got:
        """Read the table `products`, unless the keys name something else."""
        with TemporaryDirectory() as folder:
            return Got(self.fetcher(columns, id, **keys).fetch(Path(folder), since))


@contextmanager
def shop_on(server: Server) -> Iterator[Shop]:
    with server.database() as url, _engine(url) as engine:
        yield Shop(server.kind, url, engine)


@contextmanager
def shop_in(folder: Path) -> Iterator[Shop]:
    url = f"sqlite:///{folder / 'shop.db'}"
    with _engine(url) as engine:
        yield Shop("sqlite", url, engine)


@contextmanager
def _engine(url: str) -> Iterator[Engine]:
    engine = create_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    """An empty shop in each of the databases."""
    servers = {"postgresql": "postgres_server", "mariadb": "mariadb_server"}
    with ExitStack() as stack:
        if request.param == "sqlite":
            yield stack.enter_context(shop_in(tmp_path))
        else:
            server = request.getfixturevalue(servers[request.param])
            yield stack.enter_context(shop_on(server))
