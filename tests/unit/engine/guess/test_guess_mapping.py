"""Names and values together tell which column is which."""

from __future__ import annotations

import pytest

from syncd.engine.guess import (
    Confidence,
    Table,
    Target,
    Treatment,
    guess_mapping,
    guess_physical,
    look_at,
)
from tests.unit.engine.guess.exports import WORDS, numbered, table

SHOPIFY = numbered(
    "Handle | Title | Vendor | Variant SKU | Variant Inventory Policy | COO | HS Code",
    "h# | Shoe # | Acme | SKU-# | deny | CN | 640420",
)
GERMAN_ERP = numbered(
    "Artikelnummer | Bezeichnung | Hersteller | Hersteller-Artikelnummer | Ursprungsland |"
    " Zolltarifnummer | EAN",
    "A-# | Schuh | Acme | P-# | Deutschland | '64042010 | 400000000000#",
)
SAP = numbered("MATNR | MAKTX | MFRPN | MFRNR | HERKL | STAWN", "1# | x | P# | 7 | DE | 64042010")
ADOBE = numbered(
    "entity_id | sku | manufacturer | mpn | country_of_manufacture | backorders",
    "# | S# | Acme | P# | CHN | 2",
)


def columns(export: Table) -> dict[Target, str]:
    return {target: guess.column for target, guess in guess_mapping(export, WORDS).items()}


@pytest.mark.parametrize(
    ("export", "id", "part_number", "hs_code"),
    [
        (SHOPIFY, "Variant SKU", None, "HS Code"),
        (GERMAN_ERP, "Artikelnummer", "Hersteller-Artikelnummer", "Zolltarifnummer"),
        (SAP, "MATNR", "MFRPN", "STAWN"),
        (ADOBE, "sku", "mpn", None),
    ],
)
def test_exports_are_read_by_their_names(
    export: Table, id: str, part_number: str | None, hs_code: str | None
) -> None:
    found = columns(export)

    assert found[Target.ID] == id
    assert found.get(Target.PART_NUMBER) == part_number
    assert found.get(Target.HS_CODE) == hs_code


@pytest.mark.parametrize(
    ("export", "target", "treatment"),
    [
        (SHOPIFY, Target.ALLOW_OVERSELL, Treatment(values={"continue": "true", "deny": "false"})),
        (SHOPIFY, Target.COUNTRY_OF_ORIGIN, Treatment()),
        (GERMAN_ERP, Target.COUNTRY_OF_ORIGIN, Treatment(countries="names")),
        (GERMAN_ERP, Target.HS_CODE, Treatment(strip="'")),
        (ADOBE, Target.COUNTRY_OF_ORIGIN, Treatment(countries="alpha-3")),
        (ADOBE, Target.ALLOW_OVERSELL, Treatment(values={"2": "true"})),
    ],
)
def test_what_it_takes_to_read_the_values_is_found(
    export: Table, target: Target, treatment: Treatment
) -> None:
    assert guess_mapping(export, WORDS)[target].treatment == treatment


@pytest.mark.parametrize(
    ("values", "treatment"),
    [
        (
            "Deny | Continue",
            {"continue": "true", "deny": "false", "Deny": "false", "Continue": "true"},
        ),
        ("1 | notify", {"notify": "true"}),
        ("true | false", {}),
    ],
)
def test_the_words_of_a_shop_are_taken_as_it_writes_them(
    values: str, treatment: dict[str, str]
) -> None:
    export = table("sku | backorders", *(f"S{n} | {v}" for n, v in enumerate(values.split("|"))))

    assert guess_mapping(export, WORDS)[Target.ALLOW_OVERSELL].treatment.values == treatment


def test_yes_and_no_in_another_language_ask_for_boolean() -> None:
    export = table("sku | Überverkauf", "A | Ja", "B | Nein")

    assert guess_mapping(export, WORDS)[Target.ALLOW_OVERSELL].treatment == Treatment(boolean=True)


def test_values_alone_tell_eccns_hs_codes_and_perhaps_countries() -> None:
    export = table(
        "a | b | c | d",
        "K1 | 8471.30 | EAR99 | DK",
        "K2 | 8471.30 | 5A992.c | DE",
        "K3 | 8517.62 | | DE",
    )
    export = Table(export.columns, (*export.rows, ("K4", "6404.20", "5A992", "US")))

    found = guess_mapping(export, WORDS)

    assert {target: guess.column for target, guess in found.items()} == {
        Target.ID: "a",
        Target.HS_CODE: "b",
        Target.ECCN: "c",
        Target.COUNTRY_OF_ORIGIN: "d",
    }
    assert found[Target.ECCN].confidence is found[Target.HS_CODE].confidence is Confidence.LIKELY
    assert found[Target.ID].confidence is Confidence.UNSURE
    assert found[Target.COUNTRY_OF_ORIGIN].confidence is Confidence.UNSURE


def test_numbers_of_eight_digits_that_never_repeat_are_no_hs_codes() -> None:
    assert Target.HS_CODE not in columns(numbered("sku | barcode", "S# | 4006381#"))


def test_countries_where_goods_are_sent_are_not_where_they_come_from() -> None:
    assert Target.COUNTRY_OF_ORIGIN not in columns(numbered("sku | ship_country", "S# | DK"))


def test_an_id_that_repeats_gives_way_to_one_that_does_not() -> None:
    export = table("sku | Item Number", "A | 1", "A | 2", "A | 3", "B | 4")

    assert columns(export)[Target.ID] == "Item Number"


def test_a_known_name_whose_values_do_not_fit_is_unsure() -> None:
    export = table(
        "sku | hs_code", *(f"S{n} | {v}" for n, v in enumerate(["x", "6404.20", "y", "z"]))
    )

    found = guess_mapping(export, WORDS)[Target.HS_CODE]

    assert found.confidence is Confidence.UNSURE
    assert found.reason == "by its name, 1 of 4 values read as HS codes"


def test_an_empty_column_with_a_known_name_is_likely() -> None:
    found = guess_mapping(numbered("sku | ECCN", "S# | "), WORDS)[Target.ECCN]

    assert (found.confidence, found.reason) == (
        Confidence.LIKELY,
        "by its name, it is empty in the sample",
    )


def test_one_column_is_guessed_for_one_attribute_only() -> None:
    found = columns(numbered("sku | HS Code | Tariff Code", "S# | 6404.20 | 6404.20"))

    assert found[Target.HS_CODE] == "HS Code"
    assert len(set(found.values())) == len(found)


def test_a_column_that_somebody_chose_is_read_all_the_same() -> None:
    found = look_at(numbered("sku | x", "S# | Germany"), "x", Target.COUNTRY_OF_ORIGIN, WORDS)

    assert found.treatment == Treatment(countries="names")
    assert found.reason == "9 of 9 values read as countries"


def test_nothing_is_guessed_of_nothing() -> None:
    assert columns(Table((), ())) == {}
    assert columns(Table(("a", "b"), ())) == {}


@pytest.mark.parametrize(
    ("value", "found"), [("TRUE", ("requires_shipping", ("true", "1", "yes"))), ("no", None)]
)
def test_goods_are_told_from_downloads_where_some_are_there(
    value: str, found: tuple[str, tuple[str, ...]] | None
) -> None:
    assert guess_physical(numbered("sku | requires_shipping", f"S# | {value}")) == found
