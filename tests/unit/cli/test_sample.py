"""The demo's catalog: believable, and broken where it is meant to be."""

from __future__ import annotations

import csv
import tomllib
from collections import Counter

import pytest

from syncd.cli.sample import CONFIGURATION, items_beforehand, sample_catalog, skus_beforehand
from syncd.config import Settings
from syncd.data import load_rule_book
from syncd.domain.attributes import ItemId
from syncd.domain.snapshot import CatalogRow
from syncd.domain.tracking import Held
from syncd.engine.translate import Translator

ROWS = list(csv.DictReader(sample_catalog().splitlines()))


def test_it_has_a_few_hundred_products() -> None:
    assert 200 <= len(ROWS) <= 500


def test_one_id_stands_in_it_twice() -> None:
    counted = Counter(row["sku"] for row in ROWS)

    assert [id for id, count in counted.items() if count > 1] == ["NK-SOX-102"]


@pytest.fixture(scope="module")
def settings() -> Settings:
    return Settings.model_validate(tomllib.loads(CONFIGURATION.format(url="http://127.0.0.1:8080")))


def test_some_rows_are_held_each_for_a_reason_of_its_own(settings: Settings) -> None:
    translator = Translator(load_rule_book())
    mapping = settings.catalog.mapping.by_attribute()
    held = {}
    for row in ROWS:
        values = {
            attribute: column.values.get(text, text) or column.default
            for attribute, column in mapping.items()
            for text in [row[column.field or ""]]
        }
        wish = translator.translate(CatalogRow(ItemId(row["sku"]), None, values))
        if row["physical"] == "true" and isinstance(wish, Held):
            held[row["sku"]] = wish.attribute

    assert held == {
        "NK-CAM-107": "hsCode",
        "NK-LEN-104": "partNumber",
        "NK-TRI-103": "countryOfOrigin",
        "NK-HUB-110 B": "id",
        "NK-NET-101": "eccn",
        "NK-CHG-105": "countryOfOrigin",
        "NK-BAG-109": "allowOversell",
        "NK-STV-102": "hsCode",
        "NK-KIT-101": "eccn",
    }


def test_the_account_has_some_items_beforehand_and_one_that_is_nobody_s() -> None:
    items = items_beforehand(load_rule_book())
    ids = {row["sku"] for row in ROWS}

    assert len(items) > 40
    assert [item["id"] for item in items if item["id"] not in ids] == ["NK-OLD-042"]


def test_one_sku_is_fulfilled_by_digital_river() -> None:
    [sku] = skus_beforehand()

    assert sku["managedFulfillment"] == "DRGlobalFulfillment"
    assert sku["id"] in {row["sku"] for row in ROWS}
