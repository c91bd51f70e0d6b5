"""What is told of the time that is left."""

from __future__ import annotations

from datetime import timedelta

import pytest

from syncd.engine.time_left import in_words, time_left

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("done", "total", "first", "left"),
    [
        (0, 0, 0, None),
        (0, 100, 0, None),
        (9, 100, 1, None),
        (10, 100, 1, 10 * MINUTE),
        (10, 100, 10, None),
        (51, 100, 1, 49 * MINUTE / 50),
        (99, 100, 9, MINUTE / 90),
        (100, 100, 1, None),
        (50, None, 1, None),
    ],
)
def test_it_is_told_from_the_first_tenth_to_the_end(
    done: int, total: int | None, first: int, left: timedelta | None
) -> None:
    assert time_left(done, total, first, MINUTE) == left


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (timedelta(), "less than a minute left"),
        (timedelta(seconds=59), "less than a minute left"),
        (MINUTE, "about 1 min left"),
        (timedelta(minutes=11, seconds=40), "about 12 min left"),
        (timedelta(minutes=119), "about 119 min left"),
        (timedelta(minutes=150), "about 2 h left"),
        (timedelta(days=2), "about 48 h left"),
    ],
)
def test_it_is_told_no_more_exactly_than_it_is_known(left: timedelta, words: str) -> None:
    assert in_words(left) == words
