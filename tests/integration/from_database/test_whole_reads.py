"""Whole reads: every row, exactly, at one moment, with the evidence for it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from syncd.catalog.from_database.connecting import Database
from syncd.domain.snapshot import Scope
from syncd.errors import CatalogError, SuspectCatalogError
from tests.integration.from_database.conftest import Shop


def test_every_row_of_a_table_comes(shop: Shop) -> None:
    shop.run("CREATE TABLE products (sku VARCHAR(20), mpn VARCHAR(20), note VARCHAR(20))")
    shop.fill(("A", "P-1", "x"), ("B", "P-2", "x"), ("C", None, "x"))

    got = shop.read()

    assert got.rows == [
        {"sku": "A", "mpn": "P-1"},
        {"sku": "B", "mpn": "P-2"},
        {"sku": "C", "mpn": ""},
    ]
    assert got.fetched.scope is Scope.WHOLE
    assert got.fetched.doubts == ()
    assert got.fetched.evidence == (
        "it was read in one transaction that sees a single moment of the database",
        "count(*) in the same transaction is 3, as many as were read",
    )
    assert got.fetched.watermark is None
    assert got.removed is None


def test_more_rows_than_one_batch_come(shop: Shop) -> None:
    shop.run("CREATE TABLE products (sku VARCHAR(20), mpn VARCHAR(20))")
    numbers = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4500)"
        if shop.kind != "mariadb"
        else ""
    )
    series = "seq_1_to_4500" if shop.kind == "mariadb" else "n"
    number = "seq" if shop.kind == "mariadb" else "i"
    shop.run(f"INSERT INTO products {numbers} SELECT {number}, {number} FROM {series}")

    got = shop.read()

    assert sorted(map(int, got.ids)) == list(range(1, 4501))


def test_all_columns_come_where_none_is_named(shop: Shop) -> None:
    shop.run("CREATE TABLE products (sku VARCHAR(20), mpn VARCHAR(20), note VARCHAR(20))")
    shop.fill(("A", "P-1", "x"))

    got = shop.read(columns=(), id=None)

    assert got.rows == [{"sku": "A", "mpn": "P-1", "note": "x"}]


def test_values_of_other_types_come_as_text(shop: Shop) -> None:
    shop.run(
        "CREATE TABLE products (sku VARCHAR(20), whole DECIMAL(12, 2), part DECIMAL(12, 2),"
        " big BIGINT, half DOUBLE PRECISION, day DATE, moment TIMESTAMP, bytes {bytes})"
    )
    values: tuple[object, ...] = (Decimal("640420.00"), Decimal("1.50"), 2**40, 0.5)
    if shop.kind == "sqlite":
        values = (640420, 1.5, 2**40, 0.5)
    moment = datetime(2026, 11, 21, 9, 30)  # noqa: DTZ001 - the column has no zone
    times = (date(2026, 11, 21), moment)
    written = tuple(map(str, times)) if shop.kind == "sqlite" else times
    shop.fill(("A", *values, *written, "naïve ✓".encode()), ("B", *[None] * 7))
    columns = ("sku", "whole", "part", "big", "half", "day", "moment", "bytes")

    got = shop.read(columns=columns)

    part = "1.5" if shop.kind == "sqlite" else "1.50"
    assert got.cells[0] == [
        *("A", "640420", part, str(2**40), "0.5"),
        *("2026-11-21", "2026-11-21 09:30:00", "naïve ✓"),
    ]
    assert got.cells[1] == ["B", *[""] * 7]


def test_text_comes_as_it_stands(shop: Shop) -> None:
    shop.run("CREATE TABLE products (sku VARCHAR(20), mpn VARCHAR(20))")
    texts = ["two\nlines", "re\r\nturn", "\r", 'quo"ted', "com,ma", " spaces ", "'", "\\", "%s :x"]
    texts += ["日本 🚲", "", "\ufeffbom", "\x1f"]
    shop.fill(*((f"{place:02d}", text) for place, text in enumerate(texts)))

    assert [cells[1] for cells in sorted(shop.read().cells)] == texts


def test_bytes_that_are_no_text_come_as_they_stand(shop: Shop) -> None:
    shop.run("CREATE TABLE products (sku VARCHAR(20), mpn {bytes})")
    shop.fill(("A", b"\xff\x00\xfe"))

    assert shop.read().rows == [{"sku": "A", "mpn": "\udcff\0\udcfe"}]


def test_truth_values_are_spelt_out(shop: Shop) -> None:
    shop.run("CREATE TABLE products (sku VARCHAR(20), mpn BOOLEAN)")
    shop.fill(("A", True), ("B", False))

    yes, no = ("true", "false") if shop.kind == "postgresql" else ("1", "0")
    assert [row["mpn"] for row in shop.read().rows] == [yes, no]


def test_names_need_no_quoting(shop: Shop) -> None:
    quote = "`" if shop.kind == "mariadb" else '"'
    shop.run(
        f"CREATE TABLE {quote}Pro. ducts{quote} (sku VARCHAR(20), {quote}Part % No:1{quote} INT)"
    )
    shop.run(f"INSERT INTO {quote}Pro. ducts{quote} VALUES ('A', 7)")

    got = shop.read(table='"Pro. ducts"', columns=("sku", "Part % No:1"))

    assert got.rows == [{"sku": "A", "Part % No:1": "7"}]


def test_a_table_of_another_schema_is_read(shop: Shop) -> None:
    shop.run("CREATE TABLE products (sku VARCHAR(20), mpn VARCHAR(20))")
    shop.fill(("A", "P-1"))
    with shop.engine.connect() as connection:
        asked = {"postgresql": "SELECT current_schema()", "mariadb": "SELECT database()"}
        schema = connection.exec_driver_sql(asked.get(shop.kind, "SELECT 'main'")).scalar_one()

    assert shop.read(table=f"{schema}.products").ids == ["A"]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT id AS sku, part AS mpn FROM goods WHERE part LIKE 'P-%' ORDER BY id;",
        "SELECT id AS sku, part AS mpn FROM goods -- WHERE id = 'B'",
        "WITH g AS (SELECT * FROM goods) SELECT id AS sku, ':part' AS mpn FROM g ;\n",
        "SELECT id AS sku, max(part) AS mpn FROM goods GROUP BY id HAVING count(*) = 1",
    ],
)
def test_a_query_is_read_as_it_stands(shop: Shop, query: str) -> None:
    shop.run("CREATE TABLE goods (id VARCHAR(20), part VARCHAR(20))")
    shop.run("INSERT INTO goods VALUES ('A', 'P-1'), ('B', 'P-2')")

    got = shop.read(query=query)

    assert got.ids == ["A", "B"]
    assert {row["mpn"] for row in got.rows} in ({"P-1", "P-2"}, {":part"})


def test_rows_that_are_marked_as_deleted_are_left_out(shop: Shop) -> None:
    shop.run("CREATE TABLE products (sku VARCHAR(20), mpn VARCHAR(20), gone BOOLEAN)")
    shop.fill(("A", "P-1", False), ("B", "P-2", True), ("C", "P-3", None))

    got = shop.read(deleted_column="gone")

    assert got.ids == ["A", "C"]
    assert got.removed is None
    assert got.fetched.doubts == ()
    assert "rows left out, for gone says that they are deleted: 1" in got.fetched.evidence


@pytest.mark.parametrize("flags", [(), (True, True)])
def test_nothing_at_all_is_suspect(shop: Shop, flags: tuple[bool, ...]) -> None:
    shop.run("CREATE TABLE products (sku VARCHAR(20), mpn VARCHAR(20), gone BOOLEAN)")
    shop.fill(*((f"A{place}", "P", flag) for place, flag in enumerate(flags)))

    with pytest.raises(SuspectCatalogError, match="no rows"):
        shop.read(deleted_column="gone")


def test_a_read_sees_one_moment(shop: Shop) -> None:
    shop.run("CREATE TABLE products (sku VARCHAR(20), mpn VARCHAR(20))")
    if shop.kind == "sqlite":
        shop.run("PRAGMA journal_mode = WAL")  # else the writer had to wait for the reader
    shop.fill(("A", "P-1"), ("B", "P-2"))

    with Database("test", shop.url).moment() as moment:
        before = moment.connection.exec_driver_sql("SELECT sku FROM products").fetchall()
        shop.run("DELETE FROM products WHERE sku = 'A'", "INSERT INTO products VALUES ('C', 'P')")
        after = moment.connection.exec_driver_sql("SELECT sku FROM products").fetchall()

    assert before == after
    assert shop.read().ids == ["B", "C"]


def test_a_read_cannot_write(shop: Shop) -> None:
    shop.run("CREATE TABLE products (sku VARCHAR(20), mpn VARCHAR(20))")
    shop.fill(("A", "P-1"))

    with (
        pytest.raises(CatalogError, match="only read"),
        Database("test", shop.url).moment() as moment,
    ):
        moment.connection.exec_driver_sql("DELETE FROM products")

    assert shop.read().ids == ["A"]


@pytest.mark.parametrize("shop", ["sqlite"], indirect=True)  # servers see to it that text is text
def test_a_text_that_is_no_utf8_comes_as_it_stands(shop: Shop) -> None:
    shop.run("CREATE TABLE products (sku TEXT, mpn TEXT)")
    shop.run("INSERT INTO products VALUES ('A', 'P-1'), ('B', CAST(x'50ff31' AS TEXT))")

    assert [row["mpn"] for row in shop.read().rows] == ["P-1", "P\udcff1"]


@pytest.mark.parametrize("shop", ["postgresql"], indirect=True)  # the only one that has lists
def test_a_list_in_a_cell_is_refused(shop: Shop) -> None:
    shop.run("CREATE TABLE products (sku TEXT, mpn TEXT[])")
    shop.run("INSERT INTO products VALUES ('A', ARRAY['x'])")

    with pytest.raises(CatalogError, match='a column "mpn" that holds a list'):
        shop.read()


@pytest.mark.parametrize("shop", ["postgresql"], indirect=True)  # it can be made to count itself
def test_a_query_that_gives_other_rows_when_it_is_asked_again_proves_nothing(shop: Shop) -> None:
    shop.run("CREATE TABLE products (sku TEXT, mpn TEXT)")
    shop.fill(("A", "P-1"), ("B", "P-2"), ("C", "P-3"))
    looks = "coalesce(nullif(current_setting('syncd.looks', true), ''), '0')::int + 1"
    first_four = f"set_config('syncd.looks', ({looks})::text, true)::int <= 4"

    got = shop.read(query=f"SELECT * FROM products WHERE {first_four}")

    assert len(got.rows) == 3
    assert got.fetched.doubts == ("count(*) in the same transaction is 1, but 3 rows were read",)


class EnoughError(Exception):
    """Whoever watches has seen enough."""


def test_rows_are_streamed_and_a_read_may_be_given_up_at_any_row(
    shop: Shop, tmp_path: Path
) -> None:
    """Ten thousand million rows would not come in time, nor find room, if they came at once."""
    sources = {
        "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS"
        " sku, i AS mpn FROM n",
        "postgresql": "SELECT a.i AS sku, b.i AS mpn FROM generate_series(1, 100000) a(i),"
        " generate_series(1, 100000) b(i)",
        "mariadb": "SELECT a.seq AS sku, b.seq AS mpn FROM seq_1_to_100000 a, seq_1_to_100000 b",
    }
    shop.run("CREATE TABLE products (sku VARCHAR(20))")
    told: list[int] = []

    def advance(rows: int) -> None:
        told.append(rows)
        if sum(told) > 5000:
            raise EnoughError

    with pytest.raises(EnoughError):
        shop.fetcher(query=sources[shop.kind]).fetch(tmp_path, None, advance)

    assert sum(told) < 10_000
