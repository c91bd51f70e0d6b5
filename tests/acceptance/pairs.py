"""A shop that keeps both halves of each pair: its catalog's columns, and the SKUs they ask for."""

from __future__ import annotations

from collections.abc import Sequence

from tests.shop import COLUMNS, Row, Shop, item_of, row

MAPPED = """\
id = "sku"
name = "title"
tax_code = "tax"
weight = "weight"
weight_unit = { default = "kg" }
metadata = "extra"
"""
MANAGED = """\
[digital_river]
manage = ["skus", "inventory_items"]
"""
GUARDS = """
[guards]
max_delete = 1.0
max_update = 1.0
max_same_change = 1.0
delete_after = "0s"
delete_reads = 1
"""
MORE = ("title", "tax", "weight", "extra")


def pair(number: int, **changed: str) -> Row:
    """A sound row of a catalog whose SKUs are managed."""
    more = {
        "title": f"Shoe {number}",
        "tax": "5300.1",
        "weight": "1.50",
        "extra": '{"b":1,"a":"x"}',
    }
    return row(number) | more | changed


def sku_of(wanted: Row) -> dict[str, object]:
    """The SKU that it asks for, by the API's names."""
    shared = {name: value for name, value in item_of(wanted).items() if name != "allowOversell"}
    more = {
        "name": wanted["title"],
        "taxCode": wanted["tax"],
        "weight": 1.5,
        "weightUnit": "kg",
        "metadata": {"a": "x", "b": 1},
        "physical": True,
    }
    return shared | more


def configure(shop: Shop, more: str = "") -> None:
    shop.configure(GUARDS + more)
    text = shop.configuration.read_text().replace('id = "sku"\n', MAPPED)
    shop.configuration.write_text(text.replace("[digital_river]\n", MANAGED))


def stock(shop: Shop, rows: Sequence[Row]) -> None:
    shop.stock(rows, (*COLUMNS, *MORE))
