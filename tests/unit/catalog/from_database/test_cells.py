"""Values of drivers as the text of an export."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import IntEnum
from uuid import UUID

import pytest

from syncd.catalog.from_database.cells import NestedError, as_text, text_of


class Colour(IntEnum):
    RED = 3


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, None),
        ("as it stands ", "as it stands "),
        (True, "true"),
        (False, "false"),
        (640420, "640420"),
        (Decimal("640420.00"), "640420"),
        (Decimal("1E+3"), "1000"),
        (Decimal("1.50"), "1.50"),
        (Decimal("0.0000001"), "0.0000001"),
        (Decimal("NaN"), None),
        (640420.0, "640420"),
        (0.1, "0.1"),
        (1e300, "1e+300"),
        (float("nan"), None),
        (float("inf"), "inf"),
        (date(2026, 11, 21), "2026-11-21"),
        (datetime(2026, 11, 21, 9, 30, tzinfo=UTC), "2026-11-21 09:30:00+00:00"),
        (time(9, 30), "09:30:00"),
        (b"caf\xc3\xa9", "café"),
        (memoryview(b"x"), "x"),
        (b"\xff", "\udcff"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (Colour.RED, "3"),
    ],
)
def test_a_value_becomes_the_text_of_an_export(value: object, text: str | None) -> None:
    assert text_of(value) == text


@pytest.mark.parametrize("value", [["x"], ("x",), {"a": 1}, {"x"}])
def test_several_values_in_one_cell_are_refused(value: object) -> None:
    with pytest.raises(NestedError, match=f"holds a {type(value).__name__}"):
        text_of(value)


def test_rows_without_odd_values_are_handed_through() -> None:
    rows = [("A", 1, None), ("B", 2, "x")]

    assert as_text(rows, ("a", "b", "c")) is rows


def test_a_single_odd_value_is_turned() -> None:
    rows = [("A", 1), ("B", True), ("C", None)]

    assert [tuple(row) for row in as_text(rows, ("a", "b"))] == [
        ("A", "1"),
        ("B", "true"),
        ("C", None),
    ]


def test_the_column_of_a_list_is_named() -> None:
    with pytest.raises(NestedError, match='has a column "b" that holds a list'):
        as_text([("A", ["x"])], ("a", "b"))
