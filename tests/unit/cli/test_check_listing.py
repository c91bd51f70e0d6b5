"""What `syncd check` shows of the rows it looked at."""

from __future__ import annotations

import json

from syncd.cli.shown.check import check_listing
from syncd.domain.snapshot import HeldSku
from syncd.domain.tracking import Held
from syncd.report import Format, render_listing
from syncd.service.check import CatalogFinding, Finding, Health
from syncd.service.sample import BadExample, Example, Outcome

FINDING = Finding("catalog", Health.LOOK, "catalog.csv: 1,200 rows", "Mend the held rows")
ORIGIN = Outcome(
    name="countryOfOrigin",
    columns=("land",),
    absent={},
    rows=100,
    filled=90,
    usable=88,
    examples=(Example("Deutschland", "DE"),),
    bad=(BadExample(10_044, "Atlantis", "Atlantis", "a country has two letters"),),
)
ABSENT = Outcome("hsCode", ("hs code",), {"hs code": "HS Code"}, 100, 0, 100, (), ())
EMPTY = Outcome("eccn", ("eccn",), {}, 100, 0, 100, (), ())
ALIKE = Outcome("manufacturerId", (), {}, 100, 100, 100, (), ())
JOINED = Outcome("partNumber", ("maker", "model"), {}, 100, 100, 100, (), ())
HELD = HeldSku("A", Held("hsCode", "12", "an HS code has six digits", 10_044))


def text_of(*outcomes: Outcome, held: tuple[HeldSku, ...] = ()) -> str:
    listing = check_listing([FINDING], CatalogFinding(FINDING, held, outcomes))
    return render_listing(listing, Format.TEXT)


def test_each_attribute_has_its_column_its_counts_and_its_examples() -> None:
    text = text_of(ORIGIN)

    assert "in the first 100 rows that take part" in text
    assert "countryOfOrigin  land        90      88  see below which values" in text
    assert "countryOfOrigin  Deutschland     DE\n" in text
    assert "countryOfOrigin  10044  Atlantis" in text


def test_a_column_that_is_not_there_is_named_with_the_nearest() -> None:
    assert "there is no column “hs code”: is it “HS Code”?" in text_of(ABSENT)


def test_an_attribute_without_any_value_is_worth_a_look() -> None:
    assert "no row has a value; is it the right column?" in text_of(EMPTY)


def test_several_columns_and_none_at_all_are_told_apart() -> None:
    text = text_of(ALIKE, JOINED)

    assert "manufacturerId  the default" in text
    assert "partNumber      maker + model" in text


def test_row_numbers_are_written_as_they_are_looked_up() -> None:
    assert "10044" in text_of(held=(HELD,))
    assert "1,200 rows" in text_of(held=(HELD,))


def test_json_has_it_all_under_keys_of_its_own() -> None:
    listing = check_listing([FINDING], CatalogFinding(FINDING, (HELD,), (ORIGIN,)))

    told = json.loads(render_listing(listing, Format.JSON))

    assert told["attributes"] == [
        {
            "attribute": "countryOfOrigin",
            "column": "land",
            "filled": 90,
            "usable": 88,
            "advice": "see below which values are refused, and why",
        }
    ]
    assert told["examples"] == [
        {"attribute": "countryOfOrigin", "raw": "Deutschland", "value": "DE"}
    ]
    assert told["bad_examples"][0]["row"] == told["held"][0]["row"] == 10_044


def test_a_configuration_that_cannot_be_read_leaves_the_catalog_out() -> None:
    assert check_listing([FINDING], None).details == ()
