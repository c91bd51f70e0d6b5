"""What reading a database costs beside fetching the same rows and throwing them away.

The yardstick is the driver's own streaming cursor on the same query; it is measured turn by turn
with the source, each in a process of its own, without its start.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from itertools import islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import pymysql
import pytest
from sqlalchemy import create_engine, make_url

from syncd.catalog import FetchedSource
from syncd.catalog.from_database import SqlFetcher
from syncd.config import SqlCatalog
from syncd.domain.snapshot import Scope
from syncd.ports import Fingerprints, every_row
from tests.bench.conftest import Measure, Tell
from tests.bench.figure import Beside, Figure, at_most
from tests.bench.memory import peak_megabytes
from tests.contract.catalog.reads import write_fingerprints
from tests.servers import mariadb, own_postgres

FEW = 10_000
CHANGED = 100
TURNS = 5
LIMIT = at_most(3.0)
POLLS = 21
BATCH = 2000
COLUMNS = ("sku", "manufacturer", "mpn", "origin", "eccn", "hs_code", "policy")
MAPPING = {
    "id": "sku",
    "manufacturer_id": "manufacturer",
    "part_number": "mpn",
    "country_of_origin": "origin",
    "eccn": "eccn",
    "hs_code": "hs_code",
    "allow_oversell": "policy",
}
QUERY = "SELECT sku, manufacturer, mpn, origin, eccn, hs_code, policy FROM products"
OLD, NEW = "2026-11-20 10:00:00", "2026-11-21 10:00:00"
WATERMARKS = {"sqlite": f"'{NEW}'", "postgresql": NEW.replace(" ", "T"), "mariadb": ""}
WATERMARKS["mariadb"] = WATERMARKS["postgresql"]
Figures = dict[str, float]

pytestmark = [
    pytest.mark.timeout(1800),
    pytest.mark.parametrize("kind", ["sqlite", "postgresql", "mariadb"]),
]


def test_a_whole_read(measure: Measure, kind: str, tmp_path: Path, tell: Tell, rows: int) -> None:
    with database(kind, tmp_path) as url:
        fill(url, rows)
        known = know(url, tmp_path)
        turns = measure(_turns, url, known)

    beside = Beside("bare cursor", _seconds(turns["bare"]))
    peak = max(one["megabytes"] for one in turns["compare"])
    name = f"{rows:,} rows of {kind}"
    tell(Figure(f"{name}, spooled", _seconds(turns["fetch"]), "s", None, beside))
    tell(Figure(f"{name}, read and compared", _seconds(turns["compare"]), "s", LIMIT, beside))
    tell(Figure(f"{name}, read and compared: peak", peak, "MB", at_most(400)))
    assert turns["compare"][-1]["rows"] == 0


def test_a_read_of_changes(
    measure: Measure, kind: str, tmp_path: Path, tell: Tell, rows: int
) -> None:
    with ExitStack() as stack:
        urls = []
        for number in (FEW, rows):
            (folder := tmp_path / str(number)).mkdir(exist_ok=True)
            urls.append(stack.enter_context(database(kind, folder)))
            fill(urls[-1], number)
        few, many = measure(_polls, urls)

    name = f"{CHANGED} changes of {rows:,} rows of {kind}"
    tell(Figure(name, many * 1000, "ms", at_most(1.2), Beside(f"of {FEW:,} rows", few * 1000)))


# ------------------------------------------------------------------------------ the databases


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """Give the URL of an empty database."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'shop.db'}"
        return
    run = own_postgres if kind == "postgresql" else mariadb
    with run() as server, server.database() as url:
        yield url


def fill(url: str, rows: int) -> None:
    """Write the same rows each time; the last of them were changed last."""
    products = _products(rows)
    with _connection(url) as connection:
        cursor = connection.cursor()
        text = "VARCHAR(40) NOT NULL"
        columns = ", ".join(f"{name} {text}" for name in COLUMNS)
        moment = "DATETIME" if "mariadb" in url else "TIMESTAMP"
        cursor.execute(f"CREATE TABLE products ({columns}, updated_at {moment})")
        place = "?" if "sqlite" in url else "%s"
        marks = ", ".join([place] * (len(COLUMNS) + 1))
        into = f"INSERT INTO products VALUES ({marks})"  # noqa: S608 - marks alone
        while batch := list(islice(products, 10_000)):
            if "postgresql" in url:
                with cursor.copy("COPY products FROM STDIN") as copy:
                    for row in batch:
                        copy.write_row(row)
            else:
                cursor.executemany(into, batch)
        cursor.execute("CREATE INDEX by_time ON products (updated_at)")
        cursor.execute("ANALYZE TABLE products" if "mariadb" in url else "ANALYZE products")


def _products(rows: int) -> Iterator[tuple[str, ...]]:
    chance = random.Random(20261121)
    for number in range(rows):
        yield (
            f"SKU-{number:08d}",
            f"Maker {chance.randrange(500)}",
            f"PN-{chance.getrandbits(30)}",
            chance.choice(("DK", "CN", "US", "DE")),
            "EAR99",
            str(chance.randrange(100_000, 999_999)),
            chance.choice(("continue", "deny")),
            NEW if number >= rows - CHANGED else OLD,
        )


@contextmanager
def _connection(url: str) -> Iterator[Any]:
    """The driver's own connection; three drivers share no type."""
    engine = create_engine(url)
    with closing(engine.raw_connection()) as connection:
        yield connection.driver_connection
        connection.commit()
    engine.dispose()


# ---------------------------------------------------------------------------- what is measured


def _source(url: str) -> FetchedSource:
    settings = {
        "type": "sql",
        "url": url,
        "table": "products",
        "mapping": MAPPING,
        "updated_column": "updated_at",
        "overlap": "0",
    }
    catalog = SqlCatalog.model_validate(settings)
    return FetchedSource(SqlFetcher.of_catalog(catalog), catalog, "meaning")


def know(url: str, folder: Path) -> Path:
    """Write the fingerprints of all rows, as a state has them after a first read."""
    known = folder / "known.parquet"
    with _source(url).read(None) as snapshot, snapshot.compare(None) as first:
        rows = (row for batch in every_row(first) for row in batch)
        write_fingerprints(known, ((str(row.id), row.fingerprint, False) for row in rows))
    return known


def _turns(url: str, known: Path) -> dict[str, list[Figures]]:
    """Measure all turn by turn, so that a slow minute of the machine slows each of them."""
    measured: dict[str, list[Figures]] = {"bare": [], "fetch": [], "compare": []}
    for _ in range(TURNS):
        for what, found in measured.items():
            found.append(_in_a_process(what, url, known))
    return measured


def _seconds(turns: list[Figures]) -> float:
    return median(one["seconds"] for one in turns)


def _polls(urls: list[str]) -> list[float]:
    """Poll turn by turn, as a daemon does; gives the median of the seconds for each database."""
    sources = [_source(url) for url in urls]
    seconds: list[list[float]] = [[] for _ in urls]
    for _ in range(POLLS):
        for source, url, found in zip(sources, urls, seconds, strict=True):
            began = time.perf_counter()
            assert _changes(source, url) == CHANGED
            found.append(time.perf_counter() - began)
    return [median(found) for found in seconds]


def _changes(source: FetchedSource, url: str) -> int:
    since = WATERMARKS[make_url(url).get_backend_name()]
    with source.read(since) as snapshot, snapshot.compare(None) as found:
        assert snapshot.scope is Scope.CHANGES
        return sum(map(len, every_row(found)))


def _in_a_process(what: str, url: str, known: Path) -> Figures:
    command = [sys.executable, "-m", "tests.bench.bench_sql_source", what, url, str(known)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    figures: Figures = json.loads(answer.stdout)
    return figures


# --------------------------------------------------------------------- in a process of its own


def bare(url: str, _: Path) -> int:
    """Fetch every row with the driver's streaming cursor, and nothing else."""
    kind = make_url(url).get_backend_name()
    with _connection(url) as connection:
        if kind == "mariadb":
            cursor = connection.cursor(pymysql.cursors.SSCursor)
        else:
            cursor = connection.cursor(*(["bare"] if kind == "postgresql" else []))
        cursor.execute(QUERY)
        while cursor.fetchmany(BATCH):
            pass
        cursor.close()
    return 0


def fetch(url: str, _: Path) -> int:
    """Spool the rows."""
    catalog = SqlCatalog.model_validate(
        {"type": "sql", "url": url, "table": "products", "mapping": MAPPING}
    )
    with TemporaryDirectory() as folder:
        SqlFetcher.of_catalog(catalog).fetch(Path(folder), None)
    return 0


def compare(url: str, known: Path) -> int:
    """Read and compare, and take every row that comes out."""
    with _source(url).read(None) as snapshot, snapshot.compare(Fingerprints(known)) as found:
        assert found.certificate.complete
        return sum(map(len, every_row(found)))


def main(what: str, url: str, known: str) -> None:
    """Measure one of the three, and print the figures."""
    import duckdb  # noqa: F401 - what takes time to start is not measured

    measured: dict[str, Callable[[str, Path], int]] = {
        "bare": bare,
        "fetch": fetch,
        "compare": compare,
    }
    began = time.perf_counter()
    rows = measured[what](url, Path(known))
    seconds = time.perf_counter() - began
    print(json.dumps({"seconds": seconds, "megabytes": peak_megabytes(), "rows": rows}))  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
