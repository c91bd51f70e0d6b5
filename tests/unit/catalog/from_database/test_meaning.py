"""What makes the watermark of an earlier read worthless."""

from __future__ import annotations

import pytest

from syncd.catalog.from_database import SqlFetcher
from syncd.config import SqlCatalog

URL = "postgresql://reader:old@host/shop?options=-csearch_path%3Dmain&sslpassword=old"


def meaning(url: str = URL, columns: tuple[str, ...] = ("sku", "mpn"), **keys: object) -> str:
    where = {"table": "products"} if "query" not in keys else {}
    mapping = {"id": "sku", "part_number": "mpn"}
    given = {"type": "sql", "url": url, "mapping": mapping, **where, **keys}
    return SqlFetcher(SqlCatalog.model_validate(given), columns, "sku").meaning()


@pytest.mark.parametrize(
    "other",
    [
        meaning(table="others"),
        meaning(query="SELECT * FROM products"),
        meaning(updated_column="changed"),
        meaning(deleted_column="changed"),
        meaning(columns=("sku",)),
        meaning(URL.replace("host", "elsewhere")),
        meaning(URL.replace("/shop", "/other")),
        meaning(URL.replace("main", "test")),
        meaning(URL.replace("reader", "writer")),
    ],
)
def test_other_rows_have_another_meaning(other: str) -> None:
    assert other != meaning()


@pytest.mark.parametrize(
    "same",
    [
        meaning(URL.replace("old", "new")),
        meaning(URL.replace("postgresql:", "postgresql+psycopg:")),
        meaning(overlap="1h"),
    ],
)
def test_a_new_password_and_more_patience_change_no_meaning(same: str) -> None:
    assert same == meaning()


def test_a_catalog_needs_its_own_columns_alone() -> None:
    catalog = SqlCatalog.model_validate(
        {
            "type": "sql",
            "url": URL,
            "table": "products",
            "mapping": {"id": "sku", "part_number": "mpn", "hs_code": "erp.hs"},
            "filter": {"kind": "physical"},
            "join": [{"name": "erp", "key": "item", "type": "file", "path": "erp.csv"}],
        }
    )

    assert SqlFetcher.of_catalog(catalog).meaning() == meaning(columns=("sku", "mpn", "kind"))
