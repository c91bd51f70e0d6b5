"""A column is known by its name, however that is written."""

from __future__ import annotations

import pytest

from syncd.engine.guess.known import KNOWN_NAMES
from syncd.engine.guess.names import (
    AMONG_NOISE,
    UNLIKE,
    likeness,
    tells_physical,
    tells_update,
    words_of,
)
from syncd.engine.guess.target import Target


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("countryOfOrigin", "country of origin"),
        ("HSCode", "hs code"),
        ("Country/Region of Origin", "country region of origin"),
        ("Art.-Nr.", "art nr"),
        ("Código", "codigo"),
        ("Größe", "grosse"),
        ("Meta: _hs_code", "meta hs code"),
        ("Numer artykułu", "numer artykulu"),
        ("商品", ""),
    ],
)
def test_names_are_split_into_plain_words(name: str, words: str) -> None:
    assert " ".join(words_of(name)) == words


@pytest.mark.parametrize(
    ("column", "target"),
    [
        ("Variant SKU", Target.ID),
        ("MATNR", Target.ID),
        ("Artikel-Nr.", Target.ID),
        ("default_code", Target.ID),
        ("Manufacturer Part #", Target.PART_NUMBER),
        ("MFRPN", Target.PART_NUMBER),
        ("Réf. fabricant", Target.PART_NUMBER),
        ("Vendor Item No.", Target.PART_NUMBER),
        ("Vendor", Target.MANUFACTURER_ID),
        ("hersteller", Target.MANUFACTURER_ID),
        ("COO", Target.COUNTRY_OF_ORIGIN),
        ("HERKL", Target.COUNTRY_OF_ORIGIN),
        ("PAÍS DE ORIGEN", Target.COUNTRY_OF_ORIGIN),
        ("country_of_manufacture", Target.COUNTRY_OF_ORIGIN),
        ("USExportControlECCN", Target.ECCN),
        ("Zolltarif-Nr.", Target.HS_CODE),
        ("STAWN", Target.HS_CODE),
        ("Tariff No.", Target.HS_CODE),
        ("Backorders allowed?", Target.ALLOW_OVERSELL),
        ("Variant Inventory Policy", Target.ALLOW_OVERSELL),
    ],
)
def test_what_shops_and_erps_call_a_column_is_known(column: str, target: Target) -> None:
    scores = {each: likeness(column, each).score for each in Target}

    assert max(scores, key=lambda each: scores[each]) is target
    assert scores[target] > AMONG_NOISE


@pytest.mark.parametrize("column", ["custitem_hs_code", "Meta: _hs_code", "product hs code value"])
def test_words_around_a_name_are_seen_through(column: str) -> None:
    assert likeness(column, Target.HS_CODE).score == AMONG_NOISE
    assert likeness(column, Target.HS_CODE).name == "HS Code"


def test_a_name_within_a_longer_one_counts_less() -> None:
    found = likeness("Country of origin (main plant)", Target.COUNTRY_OF_ORIGIN)

    assert 0 < found.score < AMONG_NOISE
    assert found.name == "Country of Origin"


@pytest.mark.parametrize(
    "column", ["Ship To Country", "Supplier Country", "Tax Country Code", "Title", "Price", ""]
)
def test_other_columns_are_no_countries_of_origin(column: str) -> None:
    assert likeness(column, Target.COUNTRY_OF_ORIGIN) == UNLIKE


def test_the_surer_of_two_names_wins() -> None:
    assert likeness("SKU", Target.ID).score > likeness("Internal ID", Target.ID).score


def test_no_name_is_listed_for_two_targets() -> None:
    keys = ["".join(words_of(name)) for names in KNOWN_NAMES.values() for name in set(names)]
    shared = [
        key
        for key in set(keys)
        if sum(key in {"".join(words_of(one)) for one in names} for names in KNOWN_NAMES.values())
        > 1
    ]
    assert shared == []


@pytest.mark.parametrize(
    ("column", "tells"),
    [("updated_at", True), ("LastModifiedDate", True), ("LAEDA", True), ("created_at", False)],
)
def test_the_time_of_the_last_change_is_known_by_name(column: str, tells: bool) -> None:
    assert tells_update(column) is tells


def test_goods_are_told_from_downloads_by_name() -> None:
    assert tells_physical("Variant Requires Shipping")
    assert tells_physical("is_physical")
    assert not tells_physical("Weight")
