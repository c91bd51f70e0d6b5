"""Whole reads of tables in SQLite, which writes the lines itself: the same cells as by a cursor."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from syncd.catalog.from_database.lining import as_lines
from syncd.catalog.from_database.selection import Selection
from syncd.config import SqlCatalog
from tests.integration.from_database.conftest import Shop, shop_in

NAMES = ("sku", 'or"der', "50%, {0}", ":from")
"""What has to be quoted, in one language or another."""
Cell = str | int | float | bytes | None

_NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.floats() | st.floats(-1e6, 1e6)
_TEXTS = st.text(alphabet=st.sampled_from("aé€𝄞 \",;\r\n\t\0'%\\")) | st.text(max_size=5)
CELLS = st.none() | _NUMBERS | _TEXTS | st.binary(max_size=6)
ROWS = st.lists(st.tuples(*[CELLS] * len(NAMES)), min_size=1, max_size=12)


@settings(max_examples=60)
@example([("A\0B", 1.5, b"\0\xff", '"'), ("", 0.1 + 0.2, 2**53, float("inf")), ("x",) * 4])
@given(ROWS)
def test_every_cell_is_as_a_cursor_gives_it(rows: Sequence[Sequence[Cell]]) -> None:
    with TemporaryDirectory() as folder, shop_in(Path(folder)) as shop:
        _make(shop, NAMES, rows)

        own = shop.read(columns=NAMES, id=None)
        by_cursor = shop.read(columns=NAMES, id=None, query="SELECT * FROM products")

    assert own.cells == by_cursor.cells
    assert own.fetched.evidence == by_cursor.fetched.evidence
    assert own.fetched.doubts == ()


@pytest.mark.parametrize("kind", ["TEXT", "INTEGER", "REAL", "NUMERIC(9, 2)", "BLOB", ""])
def test_it_does_not_matter_what_a_column_says_that_it_holds(shop: Shop, kind: str) -> None:
    cells = ("1", "1.50", 7, 7.0, 0.1, "seven", b"seven", None, "", "1e3", "0x1F", " 8 ")
    _make(shop, ("sku", "mpn"), [(f"S{at}", cell) for at, cell in enumerate(cells)], kind)

    assert shop.read().cells == shop.read(query="SELECT * FROM products").cells


def test_order_and_collation_of_the_databases_own_making_are_not_needed(shop: Shop) -> None:
    """Whoever wrote the table may have had functions that nobody has here."""
    with closing(_opened(shop)) as connection, connection:
        connection.create_collation("german", lambda one, other: (one > other) - (one < other))
        connection.execute("CREATE TABLE products (sku TEXT COLLATE german, mpn TEXT)")
        connection.execute("INSERT INTO products VALUES ('ä', 'P')")

    assert shop.read().rows == [{"sku": "ä", "mpn": "P"}]


def test_text_that_takes_two_bytes_a_letter_is_read(shop: Shop) -> None:
    with closing(_opened(shop)) as connection, connection:
        connection.execute("PRAGMA encoding = 'UTF-16'")
        connection.execute("CREATE TABLE products (sku TEXT, mpn TEXT)")
        connection.execute("INSERT INTO products VALUES ('ä𝄞', 'P')")

    assert shop.read().rows == [{"sku": "ä𝄞", "mpn": "P"}]


@pytest.mark.parametrize("count", [90, 200])
def test_a_table_may_have_more_columns_than_a_function_takes_values(shop: Shop, count: int) -> None:
    names = [f"c{number}" for number in range(count)]
    with_a_nul = [f"{name}\0" for name in names]
    _make(shop, names, [names, with_a_nul])

    assert shop.read(columns=names, id=None).cells == [names, with_a_nul]


@pytest.mark.parametrize(
    ("keys", "most", "takes"),
    [
        ({"table": "products"}, None, True),
        ({"table": "main.products"}, None, True),
        ({"table": "shown"}, None, False),
        ({"query": "SELECT * FROM products"}, None, False),
        ({"table": "products"}, 100, False),
    ],
    ids=["a table", "a table in a schema", "a view", "a query", "a sample"],
)
def test_nothing_is_worked_out_more_than_once(
    shop: Shop, keys: dict[str, str], most: int | None, *, takes: bool
) -> None:
    """A line names each cell several times, so a cell must cost nothing but a look."""
    _make(shop, ("sku", "mpn"), [])
    shop.run("CREATE VIEW shown AS SELECT sku, upper(mpn) AS mpn FROM products")
    given = {"type": "sql", "url": shop.url, "mapping": {"id": "sku", "part_number": "mpn"}, **keys}
    selection = Selection(SqlCatalog.model_validate(given), ("sku", "mpn"), most)

    with shop.engine.connect() as connection:
        assert (as_lines(connection, selection) is not None) is takes


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with shop_in(tmp_path) as shop:
        yield shop


def _opened(shop: Shop) -> sqlite3.Connection:
    return sqlite3.connect(shop.url.removeprefix("sqlite:///"))


def _make(shop: Shop, names: Sequence[str], rows: Sequence[Sequence[Cell]], kind: str = "") -> None:
    quoted = ", ".join('"{}" {}'.format(name.replace('"', '""'), kind) for name in names)
    places = ", ".join("?" * len(names))
    with closing(_opened(shop)) as connection, connection:
        connection.execute(f"CREATE TABLE products ({quoted})")
        connection.executemany(f"INSERT INTO products VALUES ({places})", rows)
