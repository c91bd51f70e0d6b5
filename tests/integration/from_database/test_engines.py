"""Engines of MariaDB that have no transactions: what they keep is read, and proves nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.from_database.conftest import Shop, shop_on
from tests.servers import Server

TABLE = "(sku VARCHAR(20), mpn VARCHAR(20), changed DATETIME)"
VIEW = "CREATE VIEW listed AS SELECT * FROM products"
DOUBT = (
    "the engine of its table {} has no transactions, so rows may have moved while they were read"
)


@pytest.fixture
def maria(mariadb_server: Server) -> Iterator[Shop]:
    with shop_on(mariadb_server) as shop:
        yield shop


@pytest.mark.parametrize("engine", ["MyISAM", "Aria", "MEMORY"])
@pytest.mark.parametrize(
    "keys",
    [
        {"table": "products"},
        {"table": "Listed"},
        {"query": "SELECT * FROM `products` p WHERE p.sku <> 'X'"},
    ],
    ids=["table", "view", "query"],
)
def test_a_read_of_what_an_engine_does_not_hold_still_is_partial(
    maria: Shop, engine: str, keys: dict[str, str]
) -> None:
    maria.run(f"CREATE TABLE products {TABLE} ENGINE={engine}", VIEW.replace("listed", "Listed"))
    maria.fill(("A", "P-1", "2026-11-21 10:00:00"))

    got = maria.read(updated_column="changed", **keys)

    assert got.ids == ["A"]
    assert got.fetched.doubts == (DOUBT.format(f"products ({engine})"),)


@pytest.mark.parametrize("keys", [{"table": "products"}, {"query": "SELECT * FROM products"}])
def test_other_tables_that_are_not_held_still_do_no_harm(maria: Shop, keys: dict[str, str]) -> None:
    maria.run(
        f"CREATE TABLE products {TABLE} ENGINE=InnoDB",
        f"CREATE TABLE product {TABLE} ENGINE=MyISAM",
        f"CREATE TABLE products_old {TABLE} ENGINE=MyISAM",
    )
    maria.fill(("A", "P-1", "2026-11-21 10:00:00"))

    assert maria.read(**keys).fetched.doubts == ()
