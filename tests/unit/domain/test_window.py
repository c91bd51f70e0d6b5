"""When writes are allowed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.domain.window import Windows, windows_of

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)


def _at(day: int, hour: int, minute: int = 0) -> datetime:
    return MONDAY + timedelta(days=day, hours=hour, minutes=minute)


def test_without_windows_writes_are_always_allowed() -> None:
    assert Windows().are_open(MONDAY)
    assert Windows().open_next(MONDAY) is None


@pytest.mark.parametrize(
    ("text", "moment", "is_open"),
    [
        ("08:00-10:00", _at(0, 8), True),
        ("08:00-10:00", _at(0, 7, 59), False),
        ("08:00-10:00", _at(0, 10), False),
        ("22:00-05:00", _at(0, 23), True),
        ("22:00-05:00", _at(0, 4, 59), True),
        ("22:00-05:00", _at(0, 12), False),
        ("mon-fri 20:00-06:00", _at(5, 5), True),  # opened on Friday
        ("mon-fri 20:00-06:00", _at(5, 21), False),
        ("mon-fri 20:00-06:00", _at(0, 5), False),  # Sunday is no day of it
        ("sat-mon 01:00-02:00", _at(6, 1, 30), True),
        ("sat-mon 01:00-02:00", _at(0, 1, 30), True),
        ("sat-mon 01:00-02:00", _at(1, 1, 30), False),
        ("tue,thu 01:00-02:00", _at(3, 1), True),
        ("sun 00:00-00:00", _at(6, 13), True),  # the whole day
        ("sun 00:00-00:00", _at(7, 0), False),
    ],
)
def test_a_window_is_open_from_its_first_minute_to_before_its_last(
    text: str, moment: datetime, *, is_open: bool
) -> None:
    assert windows_of([text]).are_open(moment) is is_open


@pytest.mark.parametrize(
    ("texts", "now", "opens"),
    [
        (["22:00-05:00"], _at(0, 12), _at(0, 22)),
        (["sun 03:00-04:00"], _at(6, 4), _at(13, 3)),
        (["fri 20:00-21:00", "wed 06:00-07:00"], _at(0, 0), _at(2, 6)),
        (["22:00-05:00"], _at(0, 23), None),
    ],
)
def test_it_tells_when_writes_will_be_allowed_again(
    texts: list[str], now: datetime, opens: datetime | None
) -> None:
    assert windows_of(texts).open_next(now) == opens


@given(
    day=st.sampled_from(["mon", "tue-thu", "sat-sun", "sat-mon", "mon,wed,fri"]),
    opens=st.times(timezones=st.none()),
    closes=st.times(timezones=st.none()),
    minutes=st.integers(0, 14 * 24 * 60),
)
def test_a_window_is_open_at_the_moment_that_was_told(
    day: str, opens: object, closes: object, minutes: int
) -> None:
    windows, now = windows_of([f"{day} {opens:%H:%M}-{closes:%H:%M}"]), _at(0, 0, minutes)
    told = windows.open_next(now)

    assert (told is None) is windows.are_open(now)
    if told is not None:
        assert windows.are_open(told)
        assert not windows.are_open(told - timedelta(minutes=1))
