"""Remarks, grouped by what they say."""

from __future__ import annotations

import pytest

from syncd.domain.attributes import ItemId
from syncd.service.remarks import MOST_SENTENCES, Remarks


def gathered(*pairs: tuple[str, str]) -> Remarks:
    remarks = Remarks()
    for remark, item in pairs:
        remarks.add(remark, ItemId(item))
    return remarks


@pytest.mark.parametrize(
    ("items", "sentence"),
    [
        ("a", "It is odd (1 SKU: a)."),
        ("ab", "It is odd (2 SKUs: a, b)."),
        ("abc", "It is odd (3 SKUs: a, b, c)."),
        ("abcd", "It is odd (4 SKUs: such as a, b, c)."),
    ],
)
def test_a_remark_is_one_sentence_with_at_most_three_examples(items: str, sentence: str) -> None:
    remarks = gathered(*(("It is odd", item) for item in items))

    assert remarks.sentences() == (sentence,)


def test_the_most_frequent_comes_first() -> None:
    remarks = gathered(("Rare", "a"), ("Often", "b"), ("Often", "c"))

    assert [sentence[:4] for sentence in remarks.sentences()] == ["Ofte", "Rare"]


def test_large_counts_are_grouped_in_threes() -> None:
    remarks = gathered(*(("Often", str(number)) for number in range(1234)))

    assert remarks.sentences() == ("Often (1,234 SKUs: such as 0, 1, 2).",)


def test_beyond_some_the_rest_is_counted() -> None:
    remarks = gathered(*((f"Remark {number}", "a") for number in range(MOST_SENTENCES + 5)))

    sentences = remarks.sentences()

    assert len(sentences) == MOST_SENTENCES + 1
    assert sentences[-1] == "5 more remarks like these concern 5 SKUs."


def test_nothing_to_remark_is_no_sentence() -> None:
    assert Remarks().sentences() == ()
