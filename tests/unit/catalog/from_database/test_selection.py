"""Names of tables."""

from __future__ import annotations

import pytest

from syncd.catalog.from_database.selection import Place


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("products", Place(None, "products")),
        ("shop.products", Place("shop", "products")),
        ("server.shop.products", Place("server.shop", "products")),
        ('"shop.old".products', Place("shop.old", "products")),
        ('shop."Pro. ducts"', Place("shop", "Pro. ducts")),
        (" products ", Place(None, "products")),
    ],
)
def test_a_schema_stands_before_the_last_dot(text: str, place: Place) -> None:
    assert Place.of(text) == place
