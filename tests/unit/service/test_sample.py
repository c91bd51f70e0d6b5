"""How each attribute comes out of a few rows."""

from __future__ import annotations

from syncd.domain.attributes import Attribute
from syncd.domain.sample import Sample, SampledRow
from syncd.service.sample import BadExample, Example, Outcome, outcomes
from tests.unit.service.conftest import RULES

COLUMNS = ("sku", "mpn", "land")
MAPPED = {"id": ["sku"], "partNumber": ["mpn"], "countryOfOrigin": ["land"]}


def row(
    number: int, *cells: str | None, origin: str | None = "", takes_part: bool = True
) -> SampledRow:
    """A row whose mapping reads the country as `origin`, or as it stands there."""
    id, part, land = cells
    values = {
        Attribute.PART_NUMBER: part,
        Attribute.COUNTRY_OF_ORIGIN: land if origin == "" else origin,
    }
    return SampledRow(number, cells, takes_part, id, values)


def outcome_of(name: str, *rows: SampledRow) -> Outcome:
    found = outcomes(Sample(COLUMNS, rows), MAPPED, RULES)
    return next(one for one in found if one.name == name)


def test_values_are_counted_and_shown_as_they_stand_and_as_they_are_sent() -> None:
    found = outcome_of(
        "countryOfOrigin",
        row(2, "A", "1", "Denmark", origin="DK"),
        row(3, "B", "2", "DK"),
        row(4, "C", "3", None, origin=None),
        row(5, "D", "4", "canada", origin="CA"),
    )

    assert (found.columns, found.rows, found.filled, found.usable) == (("land",), 4, 3, 4)
    assert found.examples == (Example("Denmark", "DK"), Example("canada", "CA"))
    assert found.bad == ()


def test_what_stands_for_nothing_is_an_example() -> None:
    rows = (row(2, "A", "1", "DK"), row(3, "B", "2", None, origin="DK"))

    assert outcome_of("countryOfOrigin", *rows).examples == (Example("", "DK"),)


def test_one_example_is_enough_of_what_is_taken_as_it_stands() -> None:
    found = outcome_of("partNumber", row(2, "A", "1", "DK"), row(3, "B", "2", "DK"))

    assert found.examples == (Example("1", "1"),)


def test_what_would_be_held_is_shown_with_its_rule_and_the_first_ones_only() -> None:
    found = outcome_of(
        "countryOfOrigin",
        *(row(n, f"S{n}", "1", "Atlantis", origin="Atlantis") for n in range(2, 9)),
    )

    assert (found.filled, found.usable, len(found.bad)) == (7, 0, 3)
    first = found.bad[0]
    assert (first.row, first.raw, first.value) == (2, "Atlantis", "Atlantis")
    assert "two-letter" in first.rule


def test_an_item_needs_a_part_number() -> None:
    found = outcome_of("partNumber", row(2, "A", None, "DK"))

    assert found.bad == (BadExample(2, "", "", "every item needs a part number"),)


def test_ids_must_be_there_be_sound_and_differ() -> None:
    found = outcome_of(
        "id",
        row(2, "A", "1", "DK"),
        row(3, None, "1", "DK"),
        row(4, "b c", "1", "DK"),
        row(5, "A", "1", "DK"),
    )

    assert (found.filled, found.usable) == (3, 1)
    assert [one.rule for one in found.bad] == [
        "every row needs an id",
        "an id has only letters and digits (ASCII), dots, underscores and hyphens",
        "row 2 has this id as well",
    ]


def test_rows_that_take_no_part_do_not_count() -> None:
    found = outcome_of("id", row(2, "A", "1", "DK"), row(3, "A", "1", "DK", takes_part=False))

    assert (found.rows, found.usable) == (1, 1)


def test_a_column_that_is_not_there_is_named_with_the_nearest() -> None:
    sample = Sample(("SKU", "mpn"), (row(2, "A", "1", None),))
    mapped = {"id": ["sku"], "countryOfOrigin": ["Herkunft"], "partNumber": []}

    id, origin, part = outcomes(sample, mapped, RULES)

    assert dict(id.absent) == {"sku": "SKU"}
    assert dict(origin.absent) == {"Herkunft": ""}
    assert (dict(part.absent), part.columns) == ({}, ())


def test_several_columns_are_shown_together() -> None:
    found = outcomes(
        Sample(COLUMNS, (row(2, "A", "1", "DK"),)), {"partNumber": ["sku", "mpn"]}, RULES
    )[0]

    assert found.examples == (Example("A + 1", "1"),)
