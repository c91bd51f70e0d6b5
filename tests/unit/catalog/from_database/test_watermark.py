"""The greatest of many values, and where a read of changes begins."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.catalog.from_database.watermark import (
    Greatest,
    Mark,
    Overlap,
    UnorderedError,
    read,
    start_of_changes,
    written,
)

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
LOCAL = datetime(2026, 11, 21, 11)  # noqa: DTZ001 - a column without a zone
MINUTES = timedelta(minutes=5)


def greatest(*values: object, overlap: Overlap = MINUTES, since: Mark | None = None) -> Mark | None:
    seen = Greatest(NOON, overlap, since)
    seen.see(values)
    return seen.mark


@pytest.mark.parametrize(
    ("mark", "text"),
    [
        (datetime(2026, 11, 21, 11, 0, 0, 5, UTC), "2026-11-21T11:00:00.000005+00:00"),
        (
            datetime(2026, 11, 21, 11, tzinfo=timezone(timedelta(hours=2))),
            "2026-11-21T09:00:00+00:00",
        ),
        (LOCAL, "2026-11-21T11:00:00"),
        (date(2026, 11, 21), "2026-11-21"),
        (-7, "-7"),
        (2**70, "1180591620717411303424"),
        (b"\x00\x07\xd3", "0x0007d3"),
        ("2026-11-21 11:00:00Z", "'2026-11-21 11:00:00Z'"),
    ],
)
def test_a_mark_is_written_and_read_again(mark: Mark, text: str) -> None:
    assert written(mark) == text
    assert read(text) == mark
    assert type(read(text)) is type(mark)


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-13-01", "T", "0xzz", "'yesterday'", "''", "1.5", "--1"]
)
def test_anything_else_is_no_mark(text: str) -> None:
    assert read(text) is None


@given(
    st.one_of(
        st.datetimes(),
        st.datetimes(timezones=st.just(UTC)),
        st.dates(),
        st.integers(),
        st.binary(min_size=1),
    )
)
def test_every_mark_survives_being_written(mark: Mark) -> None:
    assert read(written(mark)) == mark


@pytest.mark.parametrize(
    ("mark", "overlap", "start"),
    [
        (NOON, MINUTES, NOON - MINUTES),
        (NOON, timedelta(), NOON),
        (NOON, 0, NOON),
        (LOCAL, MINUTES, LOCAL - MINUTES),
        (date(2026, 11, 21), timedelta(), date(2026, 11, 21)),
        (date(2026, 11, 21), MINUTES, date(2026, 11, 20)),
        (date(2026, 11, 21), timedelta(hours=25), date(2026, 11, 19)),
        (120, 20, 100),
        (120, timedelta(), 120),
        (b"\x01\x00", 1, b"\x00\xff"),
        (b"\x00\x05", 9, b"\x00\x00"),
        ("2026-11-21 11:00:00", MINUTES, "2026-11-21 10:54:59"),
        ("2026-11-21T11:00:00.75Z", MINUTES, "2026-11-21T10:54:59Z"),
        ("2026-11-21 11:00", MINUTES, "2026-11-21 10:54"),
        ("2026-11-21T11:00:00 +02:00", timedelta(), "2026-11-21T10:59:59+02:00"),
        ("2026-11-21", MINUTES, "2026-11-20"),
        ("2026-11-21", timedelta(), "2026-11-21"),
    ],
)
def test_changes_begin_an_overlap_earlier(mark: Mark, overlap: Overlap, start: Mark) -> None:
    assert start_of_changes(mark, overlap) == start


@pytest.mark.parametrize(("mark", "overlap"), [(120, MINUTES), (b"\x01", MINUTES), (NOON, 5)])
def test_an_overlap_of_the_other_kind_is_refused(mark: Mark, overlap: Overlap) -> None:
    with pytest.raises(UnorderedError, match=r"catalog\.overlap must be a"):
        start_of_changes(mark, overlap)


@pytest.mark.parametrize(
    ("values", "overlap", "mark"),
    [
        ((), MINUTES, None),
        ((None, None), MINUTES, None),
        ((LOCAL, None, LOCAL + MINUTES), MINUTES, LOCAL + MINUTES),
        ((NOON - MINUTES, NOON), MINUTES, NOON),
        ((date(2026, 1, 1), date(2026, 2, 1)), MINUTES, date(2026, 2, 1)),
        ((5, Decimal(7), 6.5), 0, 7),
        ((Decimal("6.9"), 6), 0, 6),
        ((b"\x00\x09", b"\x01\x00"), 0, b"\x01\x00"),
        (("2026-11-21 10:00:00.5", "2026-11-21 10:00:00"), MINUTES, "2026-11-21 10:00:00.5"),
        (("0000-00-00 00:00:00", LOCAL), MINUTES, LOCAL),
    ],
)
def test_the_greatest_value_is_the_mark(
    values: tuple[object, ...], overlap: Overlap, mark: Mark | None
) -> None:
    assert greatest(*values, overlap=overlap) == mark
    one_by_one = Greatest(NOON, overlap)
    for value in values:
        one_by_one.see([value])
    assert one_by_one.mark == mark


@pytest.mark.parametrize(
    "values",
    [
        (True,),
        ("yesterday",),
        ("20261121",),
        ("2026-02-30 10:00:00",),
        (float("nan"),),
        (Decimal("Infinity"),),
        (timedelta(1),),
        (["2026-11-21"],),
        (LOCAL, NOON),
        (LOCAL, date(2026, 11, 21)),
        (LOCAL, "2026-11-21 10:00:00"),
        (5, "2026-11-21 10:00:00"),
        ("2026-11-21 10:00:00", "2026-11-21T10:00:00"),
        ("2026-11-21 10:00:00", "2026-11-21 10:00:00Z"),
        ("2026-11-21 10:00:00+01:00", "2026-11-21 10:00:00+02:00"),
        ("2026-11-21", "2026-11-21 10:00:00"),
        ("2026-11-21 10:00", "2026-11-21 10:00:00"),
        ("2026-11-21\n2026-11-22",),
    ],
)
def test_values_without_an_order_are_refused(values: tuple[object, ...]) -> None:
    with pytest.raises(UnorderedError):
        greatest(*values)
    one_by_one = Greatest(NOON, MINUTES)
    with pytest.raises(UnorderedError):  # noqa: PT012 - which of them it is does not matter
        for value in values:
            one_by_one.see([value])


@pytest.mark.parametrize(
    ("value", "taken"),
    [
        (NOON + MINUTES, True),
        (NOON + MINUTES + timedelta(seconds=1), False),
        (LOCAL + timedelta(hours=15), True),
        (LOCAL + timedelta(hours=16), False),
        (date(2026, 11, 22), True),
        (date(2026, 11, 23), False),
        ("2026-11-22 02:05:00", True),
        ("2026-11-22 02:06:00", False),
    ],
)
def test_what_lies_in_the_future_is_passed_over(value: Mark, taken: bool) -> None:
    seen = Greatest(NOON, MINUTES)

    seen.see([value])

    assert seen.mark == (value if taken else None)


def test_the_mark_of_the_read_before_stays_where_nothing_greater_comes() -> None:
    assert greatest(since=NOON) == NOON
    assert greatest(NOON - MINUTES, since=NOON) == NOON
    assert greatest(3, since=4, overlap=0) == 4
    earlier, later = "2026-11-21 10:00:00", "2026-11-21 11:00:00"
    assert greatest(earlier, since=later) == later


def test_a_column_that_has_changed_its_kind_since_is_refused() -> None:
    with pytest.raises(UnorderedError, match="several kinds"):
        greatest(NOON, since=LOCAL)
    with pytest.raises(UnorderedError, match="different ways"):
        greatest("2026-11-21T10:00:00Z", since="2026-11-21 10:00:00")
