"""What a report says of how its read was proven complete: each piece, for each source."""

from __future__ import annotations

import gzip
import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from typing import Any

import duckdb
import pytest

from tests.integration.cli.conftest import ShopHere
from tests.shop import KEY
from tests.stubs.paged import PagedList
from tests.stubs.raw import RawServer, Reply, raw_server

ROWS = [{"sku": f"S-{number}", "mpn": f"P-{number}"} for number in range(5)]
CSV = "sku,mpn\n" + "".join(f"{row['sku']},{row['mpn']}\n" for row in ROWS)
REMOTE = """
[digital_river]
base_url = "{url}"
api_key = "{key}"
[state]
url = "sqlite:///state.db"
"""


def _file_with_a_sidecar(shop: ShopHere, _: RawServer) -> str:
    shop.catalog.write_text(CSV)
    digest = hashlib.sha256(CSV.encode()).hexdigest()
    shop.catalog.with_name("catalog.csv.sha256").write_text(f"{digest}  catalog.csv\n")
    return 'type = "file"\npath = "catalog.csv"'


def _packed_file_with_a_trailer(shop: ShopHere, _: RawServer) -> str:
    packed = gzip.compress(f"{CSV}# rows: 5\n".encode())
    (shop.folder / "catalog.csv.gz").write_bytes(packed)
    return 'type = "file"\npath = "catalog.csv.gz"\ntrailer = "# rows: {count}"'


def _array_of_json(shop: ShopHere, _: RawServer) -> str:
    (shop.folder / "catalog.json").write_text(json.dumps(ROWS))
    return 'type = "file"\npath = "catalog.json"'


def _columns_of_parquet(shop: ShopHere, _: RawServer) -> str:
    shop.catalog.write_text(CSV)
    with duckdb.connect() as engine:
        engine.read_csv(str(shop.catalog)).write_parquet(str(shop.folder / "catalog.parquet"))
    return 'type = "file"\npath = "catalog.parquet"'


def _table_with_deleted_rows(shop: ShopHere, _: RawServer) -> str:
    with closing(sqlite3.connect(shop.folder / "shop.db")) as database, database:
        database.execute("CREATE TABLE goods (sku, mpn, gone)")
        rows = [(*row.values(), row["sku"] == "S-4") for row in ROWS]
        database.executemany("INSERT INTO goods VALUES (?, ?, ?)", rows)
    return 'type = "sql"\nurl = "sqlite:///shop.db"\ntable = "goods"\ndeleted_column = "gone"'


def _pages_with_a_total(_: ShopHere, server: RawServer) -> str:
    return _pages(server, PagedList(server.url, ROWS, "cursor")) + '\ntotal = "total"'


def _pages_with_an_end(_: ShopHere, server: RawServer) -> str:
    return _pages(server, PagedList(server.url, ROWS, "cursor", declares=False))


def _pages(server: RawServer, pages: PagedList) -> str:
    server.answers(pages)
    return (
        f'type = "http"\nurl = "{server.url}/list"\nrecords = "items"\n'
        "requests_per_second = 900.0\n"
        'paging = { type = "cursor", parameter = "at", next = "cursor" }'
    )


def _export_by_http(_: ShopHere, server: RawServer) -> str:
    reply = Reply(body=json.dumps(ROWS).encode(), headers={"content-type": "application/json"})
    server.answers(lambda _: reply)
    return f'type = "http"\nurl = "{server.url}/all"'


def _file_joined_to_a_file(shop: ShopHere, _: RawServer) -> str:
    shop.catalog.write_text(CSV)
    origins = [{"item": row["sku"], "origin": "DK"} for row in ROWS]
    (shop.folder / "erp.json").write_text(json.dumps(origins))
    join = '[[catalog.join]]\nname = "erp"\nkey = "item"\ntype = "file"\npath = "erp.json"'
    mapped = '[catalog.mapping]\ncountry_of_origin = "erp.origin"'
    return f'type = "file"\npath = "catalog.csv"\n{join}\n{mapped}'


SAME = "size, time and inode were the same before and after reading"
COUNTED = "its records, counted apart from reading them, are 5, as many as were read"
LINE_END = "its last line has its line end"
PROOFS: Mapping[Callable[[ShopHere, RawServer], str], tuple[str, ...]] = {
    _file_with_a_sidecar: (SAME, COUNTED, LINE_END, "the SHA-256 beside it matches"),
    _packed_file_with_a_trailer: (
        *(SAME, COUNTED, "its trailer counts as many records"),
        "it was decompressed up to its end mark",
    ),
    _array_of_json: (SAME, "its array is closed"),
    _columns_of_parquet: (SAME, "its footer is there"),
    _table_with_deleted_rows: (
        "it was read in one transaction that sees a single moment of the database",
        "count(*) in the same transaction is 5, as many as were read",
        "rows left out, for gone says that they are deleted: 1",
    ),
    _pages_with_a_total: (
        "5 records came in 3 pages (2 × 2, 1)",
        "5 records declared, as many as came",
    ),
    _pages_with_an_end: (
        "5 records came in 3 pages (2 × 2, 1)",
        "the last page says that nothing follows",
    ),
    _export_by_http: ("its JSON array is closed",),
    _file_joined_to_a_file: (SAME, LINE_END, f"erp: {SAME}", "erp: its array is closed"),
}


@pytest.fixture(scope="module")
def server() -> Iterator[RawServer]:
    with raw_server() as server:
        yield server


@pytest.mark.parametrize("source", PROOFS, ids=lambda source: source.__name__.strip("_"))
def test_each_piece_stands_in_the_report(
    shop: ShopHere, server: RawServer, source: Callable[[ShopHere, RawServer], str]
) -> None:
    catalog = _report_of(shop, source(shop, server))

    assert catalog["complete"]
    assert set(PROOFS[source]) <= set(catalog["evidence"])


def test_every_page_stands_there_with_its_count(shop: ShopHere, server: RawServer) -> None:
    catalog = _report_of(shop, _pages_with_a_total(shop, server))

    assert catalog["pages"] == [
        {"list": "", "first": 1, "last": 2, "records": 2},
        {"list": "", "first": 3, "last": 3, "records": 1},
    ]


def _report_of(shop: ShopHere, catalog: str) -> Any:  # noqa: ANN401 - the JSON's own
    """Map two columns, in the way that a source with columns of its own goes on."""
    mapped = "" if "[catalog.mapping]" in catalog else "[catalog.mapping]"
    rows = f'{mapped}\nid = "sku"\npart_number = "mpn"\n'
    shop.configuration.write_text(
        f"[catalog]\n{catalog}\n{rows}" + REMOTE.format(url=shop.url, key=KEY)
    )
    run = shop.run("--dry-run", "--format", "json")
    assert run.code == 0, run.stderr
    return run.json()["catalog"]
