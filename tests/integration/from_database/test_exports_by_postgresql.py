"""What PostgreSQL writes itself is cell for cell what we write of the rows that it gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import make_url

from syncd.catalog.from_database.connecting import Database
from syncd.catalog.from_database.copy_out import CopyOut
from syncd.catalog.from_database.copying import Export
from syncd.catalog.from_database.selection import Selection
from syncd.config import SqlCatalog
from syncd.errors import CatalogError
from tests.integration.from_database.conftest import Got, Shop

TEXTS = [
    *("two\nlines", "re\r\nturn", "\r", 'quo"ted', "com,ma", " spaces ", "", "\\.", "\\N", "NULL"),
    *("日本 🚲", "\ufeffbom", "\x1f", "'", "%s :x", '"', "\\"),
]
NUMERICS = ["640420.00", "1.50", "NaN", "Infinity", "-Infinity", "0.000001", "-0.00", "100"]
NUMERICS += ["1e30", "123456789012345678901234567890.12", "-7.0", "1e-20", "0"]
COPIED: Mapping[str, Sequence[str]] = {
    "text": TEXTS,
    "varchar(40)": TEXTS,
    "char(5)": ["ab", "", "a b", "abcde"],
    "name": ["ab", ""],
    "smallint": ["-5", "0"],
    "integer": ["-5", "2147483647"],
    "bigint": ["-5", "9223372036854775807"],
    "boolean": ["true", "false"],
    "numeric": NUMERICS,
    "numeric(12, 2)": ["640420.00", "1.50", "0.10", "-0.00"],
    "uuid": ["A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"],
    "mood": ["so so", "bad"],
    "mood[]": ['{"so so",bad}'],
    "short": ["640420"],
}
FETCHED: Mapping[str, Sequence[str]] = {
    "real": ["0.1", "1000000", "1e10", "NaN", "Infinity"],
    "double precision": ["0.1", "1e15", "1234567890123456.5", "9007199254740993", "1e16", "-0"],
    "date": ["2026-11-21", "0001-01-01"],
    "timestamp": ["2026-11-21 09:30:00", "2026-11-21 09:30:00.5"],
    "timestamptz": ["2026-11-21 09:30:00+05"],
    "time": ["09:30", "09:30:00.25"],
    "interval": ["1 day 2 hours"],
    "bytea": ["\\x50ff", ""],
    "jsonb": ['"x"', "1.50", "true"],
    "inet": ["10.0.0.1", "10.0.0.0/8"],
    "oid": ["7"],
}
NESTED: Mapping[str, Sequence[str]] = {"text[]": ["{a,b}"], "jsonb": ['{"a": 1}'], "json": ["[1]"]}
TYPES = (
    "CREATE TYPE mood AS ENUM ('so so', 'bad')",
    "CREATE DOMAIN short AS varchar(9) CHECK (value <> 'long')",
)

pytestmark = pytest.mark.parametrize("shop", ["postgresql"], indirect=True)


@pytest.fixture
def copied(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements with which PostgreSQL was asked to write rows itself."""
    asked: list[str] = []
    lines = CopyOut.lines

    def noted(self: CopyOut, statement: str) -> Iterator[Sequence[bytes]]:
        asked.append(statement)
        yield from lines(self, statement)

    monkeypatch.setattr(CopyOut, "lines", noted)
    return asked


@contextmanager
def by_cursor() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Export, "of", lambda *_: None)
        yield


def both_ways(shop: Shop, **keys: Any) -> tuple[Got, Got]:  # noqa: ANN401 - as in TOML
    one = shop.read(**keys)
    with by_cursor():
        return one, shop.read(**keys)


def stock(shop: Shop, kinds: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Make a column of each type, where its values stand in the first rows; the rest is null."""
    names = tuple(f"c{place}" for place in range(len(kinds)))
    columns = ", ".join(f"{name} {kind}" for name, kind in zip(names, kinds, strict=True))
    shop.run(*TYPES, f"CREATE TABLE products (sku integer, {columns})")
    longest = max(map(len, kinds.values()))
    for row in range(longest + 1):
        shop.run(f"INSERT INTO products (sku) VALUES ({row})")
        for name, (kind, values) in zip(names, kinds.items(), strict=True):
            if row < len(values):
                shop.run(
                    f"UPDATE products SET {name} = CAST(CAST(:value AS text) AS {kind})"
                    f" WHERE sku = {row}",
                    value=values[row],
                )
    return names


def test_it_writes_every_cell_as_we_do(shop: Shop, copied: list[str]) -> None:
    names = stock(shop, COPIED)

    exported, fetched = both_ways(shop, columns=("sku", *names))

    assert len(copied) == 1
    assert exported.columns == fetched.columns
    assert sorted(exported.cells) == sorted(fetched.cells)
    assert exported.fetched.evidence == fetched.fetched.evidence
    assert (exported.fetched.doubts, len(exported.cells)) == ((), len(TEXTS) + 1)


def test_what_it_would_write_otherwise_is_fetched(shop: Shop, copied: list[str]) -> None:
    names = stock(shop, FETCHED)

    for name in names:
        exported, fetched = both_ways(shop, columns=("sku", name))
        assert exported.cells == fetched.cells

    assert copied == []


def test_what_is_no_single_value_is_refused_both_ways(shop: Shop, copied: list[str]) -> None:
    for name in stock(shop, NESTED):
        with pytest.raises(CatalogError, match=r"holds a (list|dict)"):
            shop.read(columns=("sku", name))

    assert copied == []


@pytest.mark.parametrize(
    ("kind", "values", "overlap"),
    [
        ("timestamp", ["2026-11-21 10:00", "2026-11-22 01:59", "2026-11-22 02:01"], "1m"),
        ("timestamptz", ["2026-11-21 10:00+00", "2026-11-21 12:02+00"], "1m"),
        ("timestamptz", ["2026-11-21 10:00+00", "2026-11-21 13:00:59+01"], "1m"),
        ("date", ["2026-11-20", "2026-11-22", "2099-01-01"], "0"),
        ("bigint", ["7", "12", "-3"], 2),
        ("timestamptz", ["2099-01-01"], "1m"),
    ],
    ids=str,
)
def test_it_finds_the_same_mark(
    shop: Shop, copied: list[str], kind: str, values: Sequence[str], overlap: str | int
) -> None:
    shop.run(f"CREATE TABLE products (sku text, mpn text, changed {kind})")
    shop.run(
        "INSERT INTO products VALUES ('none', 'P', null)",
        *(f"INSERT INTO products VALUES ('A{at}', 'P', '{at}')" for at in values),
    )

    exported, fetched = both_ways(shop, updated_column="changed", overlap=overlap)

    assert len(copied) == 1
    assert exported.fetched.watermark == fetched.fetched.watermark
    assert sorted(exported.cells) == sorted(fetched.cells)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda shop: shop.run("ALTER TABLE products ADD changed text DEFAULT '2026-11-21'"),
        lambda shop: shop.run("ALTER TABLE products ADD gone boolean DEFAULT false"),
    ],
    ids=["texts of times", "deletions"],
)
def test_marks_that_only_we_can_judge_are_fetched(
    shop: Shop, copied: list[str], spoil: Callable[[Shop], None]
) -> None:
    shop.run("CREATE TABLE products (sku text, mpn text)")
    shop.fill(("A", "P-1"))
    spoil(shop)
    names = {"changed": "updated_column", "gone": "deleted_column"}
    (key,) = (
        {names[column]: column}
        for column in names
        if column in shop.read(columns=(), id=None).columns
    )
    copied.clear()

    assert shop.read(**key).ids == ["A"]
    assert copied == []


def test_another_encoding_on_the_wire_changes_nothing(shop: Shop, copied: list[str]) -> None:
    shop.run("CREATE TABLE products (sku text, mpn text)")
    shop.fill(("A", "naïve"))
    url = make_url(shop.url).update_query_dict({"client_encoding": "latin1"})
    shop.url = url.render_as_string(hide_password=False)

    assert shop.read().rows == [{"sku": "A", "mpn": "naïve"}]
    assert copied == []


def test_an_error_behind_many_rows_is_no_end(shop: Shop, copied: list[str]) -> None:
    query = "SELECT i AS sku, 1 / (5000 - i) AS mpn FROM generate_series(1, 9000) s(i)"

    with pytest.raises(CatalogError, match="division by zero"):
        shop.read(query=query)
    assert len(copied) == 1


def test_the_time_limit_of_a_batch_is_none_for_the_whole(shop: Shop) -> None:
    """And no helpers of the server bring the rows into another order each time."""
    names = ("statement_timeout", "max_parallel_workers_per_gather")
    query = "SELECT n AS sku, current_setting(n) AS mpn FROM unnest(ARRAY['{}', '{}']) s(n)"
    keys = SqlCatalog.model_validate(
        {
            "type": "sql",
            "url": shop.url,
            "query": query.format(*names),
            "mapping": {"id": "sku", "part_number": "mpn"},
        }
    )

    with Database("test", shop.url).moment() as moment:
        export = Export.of(moment.connection, Selection(keys, ("sku", "mpn")))
        assert export is not None
        before = [moment.connection.exec_driver_sql(f"SHOW {name}").scalar() for name in names]
        lines = [bytes(line).decode() for portion in export.lines() for line in portion]
        after = [moment.connection.exec_driver_sql(f"SHOW {name}").scalar() for name in names]

    assert lines == [f"{name},0\n" for name in names]
    assert before == after == ["14min", "2"]
