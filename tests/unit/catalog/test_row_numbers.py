"""Rows are numbered as a spreadsheet shows them."""

from __future__ import annotations

import pytest

from syncd.catalog.dialect import Format
from syncd.catalog.row_numbers import RowNumbers
from tests.unit.catalog.examples import ready

TABLE = ready("sku", "mpn", "origin")
LINES = ready(kind=Format.JSONL)


@pytest.mark.parametrize(
    ("rejected", "rows"),
    [
        ([], [2, 3, 4, 5]),
        ([2], [3, 4, 5, 6]),
        ([4], [2, 3, 5, 6]),
        ([3, 4], [2, 5, 6, 7]),
        ([6], [2, 3, 4, 5]),
        ([2, 4, 6], [3, 5, 7, 8]),
    ],
)
def test_the_header_and_rejected_records_are_counted_in(
    rejected: list[int], rows: list[int]
) -> None:
    numbers = RowNumbers([TABLE], {0: rejected})

    assert [numbers.row(0, position) for position in range(1, 5)] == rows


def test_each_file_counts_for_itself_and_one_without_a_header_from_one() -> None:
    numbers = RowNumbers([TABLE, LINES], {0: [2]})

    assert (numbers.row(0, 1), numbers.row(1, 1)) == (3, 1)
