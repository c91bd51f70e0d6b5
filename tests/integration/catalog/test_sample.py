"""Some rows with all their columns, whatever the mapping names."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import duckdb
import pytest

from syncd.catalog import FetchedSource, Files, Source
from syncd.catalog.from_database import SqlFetcher
from syncd.config import FileKeys, SqlCatalog
from syncd.domain.attributes import Attribute
from syncd.domain.sample import Sample
from syncd.errors import CatalogError
from tests.contract.catalog.reads import file_catalog
from tests.integration.catalog.conftest import HEADER, Catalog


def sampled(catalog: Catalog, name: str = "catalog.csv", limit: int = 10, **changed: Any) -> Sample:  # noqa: ANN401 - as in TOML
    with catalog.source(name, **changed).read(None) as snapshot:
        return snapshot.sample(limit)


def test_rows_are_shown_as_they_stand_and_as_they_are_mapped(catalog: Catalog) -> None:
    catalog.write('sku,name,mpn,origin\n A ,"two\nlines",1,China\nB,,2,\n')

    found = sampled(
        catalog, mapping={"country_of_origin": {"field": "origin", "countries": "names"}}
    )

    assert found.columns == ("sku", "name", "mpn", "origin")
    first, second = found.rows
    assert (first.row, first.cells) == (2, (" A ", "two\nlines", "1", "China"))
    assert (first.id, first.values[Attribute.COUNTRY_OF_ORIGIN]) == ("A", "CN")
    assert (second.row, second.values[Attribute.COUNTRY_OF_ORIGIN]) == (3, None)


def test_no_more_rows_are_read_than_asked_for(catalog: Catalog) -> None:
    catalog.write(HEADER + b"".join(b"S%d,1,DK\n" % number for number in range(50)))

    assert [row.id for row in sampled(catalog, limit=3).rows] == ["S0", "S1", "S2"]


def test_what_is_no_row_is_left_out(catalog: Catalog) -> None:
    catalog.write(HEADER + b"A,1,DK\nB,2\nC,\xff,DK\nD,4,DK\n")

    assert [row.id for row in sampled(catalog).rows] == ["A", "D"]


def test_a_mapped_column_that_is_not_there_reads_as_empty(catalog: Catalog) -> None:
    catalog.write("sku,mpn\nA,1\n")

    [row] = sampled(catalog).rows

    assert (row.id, dict(row.values)) == (
        "A",
        {Attribute.PART_NUMBER: "1", Attribute.COUNTRY_OF_ORIGIN: None},
    )


def test_the_filter_says_which_rows_take_part(catalog: Catalog) -> None:
    catalog.write("sku,mpn,origin,physical\nA,1,DK,true\nB,2,DK,no\n")

    rows = sampled(catalog, filter={"physical": "true"}).rows

    assert [row.takes_part for row in rows] == [True, False]


def test_a_filter_on_a_column_that_is_not_there_lets_nothing_pass(catalog: Catalog) -> None:
    catalog.write(HEADER + b"A,1,DK\n")

    assert [row.takes_part for row in sampled(catalog, filter={"nowhere": "x"}).rows] == [False]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (
            "catalog.jsonl",
            '{"sku": "A", "mpn": 1.0, "more": {"x": 1}}\n[]\n{"sku": "B", "late": 1e5}\n',
        ),
        (
            "catalog.json",
            '[{"sku": "A", "mpn": 1.0, "more": {"x": 1}}, 7, {"sku": "B", "late": 1e5}]',
        ),
    ],
)
def test_json_has_the_fields_that_any_of_its_records_has(
    catalog: Catalog, name: str, content: str
) -> None:
    catalog.write(content, name)

    found = sampled(catalog, name)

    assert found.columns == ("sku", "mpn", "more", "late")
    assert [row.cells[:2] for row in found.rows] == [("A", "1"), ("B", None)]
    assert [row.row for row in found.rows] == [1, 3]


def test_parquet_shows_its_columns_of_single_values(catalog: Catalog) -> None:
    path = catalog.folder / "catalog.parquet"
    rows = "SELECT 'A' AS sku, 1.0 AS mpn, [1] AS list, {'x': 1} AS struct"
    duckdb.execute(f"COPY ({rows}) TO '{path}'")

    found = sampled(catalog, "catalog.parquet")

    assert (found.columns, found.rows[0].cells) == (("sku", "mpn"), ("A", "1"))


@pytest.mark.parametrize(("name", "content"), [("a.jsonl", "7\n"), ("a.json", "[]")])
def test_what_has_no_fields_gives_nothing(catalog: Catalog, name: str, content: str) -> None:
    catalog.write(content, name)

    assert sampled(catalog, name) == Sample((), ())


def test_what_cannot_be_read_at_all_is_said(catalog: Catalog) -> None:
    catalog.write(b"")

    with pytest.raises(CatalogError, match="it is an empty file"):
        sampled(catalog)


def test_columns_of_joined_sources_are_among_them(catalog: Catalog) -> None:
    catalog.write("sku,mpn\nA,1\nB,2\n")
    catalog.write("item,coo\n A ,China\n", "erp.csv")
    erp = {"name": "erp", "key": "item", "path": str(catalog.folder / "erp.csv")}
    origin = {"field": "erp.coo", "countries": "names"}
    settings = file_catalog(
        catalog.folder / "catalog.csv", join=[erp], mapping={"country_of_origin": origin}
    )
    source = Source(settings, "meaning", Files(settings), [Files(FileKeys(path=erp["path"]))])

    with source.read(None) as snapshot:
        found = snapshot.sample(10)

    assert found.columns == ("sku", "mpn", "erp.coo")
    assert [row.cells for row in found.rows] == [("A", "1", "China"), ("B", "2", None)]
    assert [row.values[Attribute.COUNTRY_OF_ORIGIN] for row in found.rows] == ["CN", None]


def test_a_glance_at_a_database_fetches_no_more_rows_than_it_needs(catalog: Catalog) -> None:
    path = catalog.folder / "erp.db"
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE items (sku, mpn, more)")
        database.executemany("INSERT INTO items VALUES (?, 1, 2)", [(n,) for n in range(50)])
    mapping = {"id": "sku", "part_number": "mpn"}
    settings = SqlCatalog.model_validate(
        {"type": "sql", "url": f"sqlite:///{path}", "table": "items", "mapping": mapping}
    )
    source = FetchedSource(SqlFetcher(settings, most=3), settings, "")

    with source.read(None) as snapshot, snapshot.compare(None) as found:
        assert snapshot.sample(10).columns == ("sku", "mpn", "more")
        assert found.certificate.records == 3
        assert not found.certificate.complete
