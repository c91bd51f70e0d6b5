"""What pages prove, and what they leave in doubt."""

from __future__ import annotations

import pytest

from syncd.catalog.from_http.tally import Tally
from syncd.domain.snapshot import PageRun


def _tally(counts: list[int], totals: list[int | None]) -> Tally:
    tally, lines = Tally(), iter(range(1000))
    for number, count in enumerate(counts):
        if totals:
            tally.declare(totals[number])
        tally.add(count, [f"line {next(lines)}".encode() for _ in range(count)])
    return tally


@pytest.mark.parametrize(
    ("counts", "totals", "doubts"),
    [
        ([2, 2, 1], [], []),
        ([2, 2, 1], [5, 5, 5], []),
        ([2, 2, 1], [6, 6, 6], ["5 records came, but 6 were declared"]),
        ([2, 2, 1], [4, 4, 4], ["5 records came, but 4 were declared"]),
        (
            [2, 2, 1],
            [6, 5, 5],
            ["the declared number of records went from 6 to 5 meanwhile"],
        ),
        (
            [2, 2, 1],
            [5, None, 5],
            ["page 2 does not say how many records there are, as catalog.total expects"],
        ),
        (
            [2],
            [None],
            ["page 1 does not say how many records there are, as catalog.total expects"],
        ),
    ],
)
def test_declared_totals_are_compared_with_what_came(
    counts: list[int], totals: list[int | None], doubts: list[str]
) -> None:
    assert list(_tally(counts, totals).doubts()) == doubts


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [
        ([3], "3 records came in one answer"),
        ([100, 100, 37], "237 records came in 3 pages (2 × 100, 37)"),
        (
            [*range(1, 21), 4],
            "214 records came in 21 pages (the first 1, the last 4, each 1 to 20)",
        ),
    ],
)
def test_each_page_and_its_count_are_evidence(counts: list[int], sentence: str) -> None:
    assert list(_tally(counts, []).evidence()) == [sentence]


def test_what_each_page_had_is_told_those_alike_together() -> None:
    tally = Tally("/variations")
    for count in (2, 2, 1):
        tally.add(count, [])

    assert list(tally.runs()) == [
        PageRun("/variations", 1, 2, 2),
        PageRun("/variations", 3, 3, 1),
    ]


def test_a_total_that_was_met_is_evidence() -> None:
    evidence = list(_tally([2, 1], [3, 3]).evidence())

    assert evidence[1:] == ["3 records declared, as many as came"]


def test_a_list_among_several_is_named() -> None:
    tally = Tally("/variations")
    tally.declare(2)
    tally.add(1, [b"a"])

    assert list(tally.doubts()) == ["/variations: 1 record came, but 2 were declared"]
    assert list(tally.evidence()) == ["/variations: 1 record came in one answer"]


def test_a_page_that_came_before_gives_nothing_and_a_doubt() -> None:
    tally = Tally()
    tally.add(2, [b"a", b"b"])
    tally.add(1, [b"c"])

    assert tally.add(2, [b"a", b"b"]) == []
    assert list(tally.doubts()) == ["page 3 is the same as page 1"]
    assert tally.repeats


def test_pages_without_records_are_no_repetition() -> None:
    tally = Tally()
    tally.add(0, [])
    tally.add(0, [])

    assert not tally.repeats
