"""Reads of changes in SQLite: with an index, they look at nothing but what has changed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from tests.integration.from_database.conftest import COLUMNS, Got, Shop, shop_in

ROWS = 300
SINCE = "'2026-11-21 11:00:00'"
INDEXES = ("CREATE INDEX by_time ON products (changed)", "CREATE INDEX by_sku ON products (sku)")
STATISTICS = {
    "none": ("DELETE FROM sqlite_stat1",),
    "of a table in which nearly all rows share one time": (),
    "of a smaller table": ("UPDATE sqlite_stat1 SET stat = '50 50'",),
    "of another table": ("UPDATE sqlite_stat1 SET stat = '1000000 1000000'",),
}
SOURCES = {
    "a table": {"table": "products"},
    "a view": {"table": "shown"},
    "a query": {"query": "SELECT sku, upper(mpn) AS mpn, changed, gone FROM products"},
    "a query of two tables": {
        "query": "SELECT p.sku, m.name AS mpn, p.changed, p.gone FROM makers m"
        " JOIN products p ON p.maker = m.id WHERE m.name <> ''"
    },
    "two tables as one": {"query": "SELECT * FROM products UNION ALL SELECT * FROM products"},
}
Asked = list[tuple[str, tuple[Any, ...]]]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """Products of which all but four were changed at one time, and two never."""
    with shop_in(tmp_path) as shop:
        shop.run(
            "CREATE TABLE makers (id INTEGER PRIMARY KEY, name TEXT)",
            "CREATE TABLE products (sku TEXT, mpn TEXT, changed TEXT, gone INT, maker INT)",
            "CREATE VIEW shown AS SELECT * FROM products",
        )
        with closing(_opened(shop)) as connection, connection:
            makers = ((number, f"Maker {number}") for number in range(9))
            connection.executemany("INSERT INTO makers VALUES (?, ?)", makers)
            rows = ((f"S{at:03}", f"P{at}", _changed(at), at % 2, at % 9) for at in range(ROWS))
            connection.executemany("INSERT INTO products VALUES (?, ?, ?, ?, ?)", rows)
        yield shop


def _changed(number: int) -> str | None:
    return {7: "2026-11-21 11:30:00", 8: "2026-11-21 11:40:00", 50: None, 51: None}.get(
        number, "2026-11-20 00:00:00"
    )


def _opened(shop: Shop) -> sqlite3.Connection:
    return sqlite3.connect(shop.url.removeprefix("sqlite:///"))


@pytest.mark.parametrize("statistics", STATISTICS)
@pytest.mark.parametrize("source", SOURCES)
def test_only_what_has_changed_is_looked_at(shop: Shop, source: str, statistics: str) -> None:
    shop.run(*INDEXES, "ANALYZE", *STATISTICS[statistics])

    with _watched() as asked:
        got = _poll(shop, **SOURCES[source])

    times = 2 if source == "two tables as one" else 1
    assert got.ids == sorted(["S008", "S050"] * times)
    assert got.removed == ["S007", "S051"]
    assert got.fetched.doubts == ()
    assert f"count(*) in the same transaction is {4 * times}, as many as were read" in (
        got.fetched.evidence
    )
    assert not [
        step for steps in _plans(shop, _of_changes(asked)) for step in steps if _scans(step)
    ]


def test_what_has_siblings_is_found_by_index_as_well(shop: Shop) -> None:
    shop.run(*INDEXES, "UPDATE products SET sku = 'S008' WHERE sku = 'S120'", "ANALYZE")

    with _watched() as asked:
        got = _poll(shop, table="products")

    assert got.ids == ["S008", "S008", "S050"]
    assert not [
        step for steps in _plans(shop, _of_changes(asked)) for step in steps if _scans(step)
    ]


@pytest.mark.parametrize(
    "index",
    [
        None,
        "by_maker ON products (maker)",
        "by_time ON products (changed) WHERE changed IS NOT NULL",
    ],
    ids=["no index", "another index", "an index of rows with a time"],
)
def test_without_an_index_the_table_is_looked_through_once_and_no_more(
    shop: Shop, index: str | None
) -> None:
    shop.run(*([f"CREATE INDEX {index}"] if index else []))

    with _watched() as asked:
        got = _poll(shop, query="SELECT * FROM products WHERE maker >= 0", deleted_column=None)

    assert got.ids == ["S007", "S008", "S050", "S051"]
    rows, count = _plans(shop, _of_changes(asked))
    assert len(rows) == len(count) == 1


@contextmanager
def _watched() -> Iterator[Asked]:
    """Note what is asked of any database, with its values."""
    asked: Asked = []

    def note(_: object, __: object, statement: str, given: Any, *___: object) -> None:  # noqa: ANN401 - as a driver takes them
        asked.append((statement, given))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def _of_changes(asked: Asked) -> Asked:
    """Those that ask for rows by their time."""
    return [one for one in asked if one[0].startswith("SELECT") and "changed >=" in one[0]]


def _plans(shop: Shop, asked: Asked) -> list[list[str]]:
    with closing(_opened(shop)) as connection:
        plans = (connection.execute(f"EXPLAIN QUERY PLAN {one}", given) for one, given in asked)
        return [[step[3] for step in plan] for plan in plans]


def _scans(step: str) -> bool:
    """Whether it looks through a table; what it finds it may well look through."""
    return "SCAN" in step and step not in {"SCAN CONSTANT ROW", "SCAN catalog"}


def _poll(shop: Shop, **keys: object) -> Got:
    given: dict[str, object] = {"deleted_column": "gone", **keys}
    return shop.read(SINCE, COLUMNS, "sku", updated_column="changed", overlap="0", **given)
