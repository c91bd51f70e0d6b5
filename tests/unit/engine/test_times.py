"""Moments that a clock which had jumped ahead left behind are brought back to what can be."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from syncd.domain.attributes import ItemId
from syncd.domain.policy import Policy
from syncd.domain.tracking import Missing, Tracked
from syncd.engine.times import in_time

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
ROW = Tracked(ItemId("a"))


@pytest.mark.parametrize(
    ("retry_quarantined", "ahead", "corrected"),
    [
        (HOUR, timedelta(days=-9), False),
        (HOUR, timedelta(), False),
        (HOUR, timedelta(days=1), False),  # as long as Retry-After may ask for
        (HOUR, timedelta(days=1, seconds=1), True),
        (30 * 24 * HOUR, timedelta(days=30), False),
        (30 * 24 * HOUR, timedelta(days=30, seconds=1), True),
        (HOUR, timedelta(days=3650), True),
    ],
)
def test_an_attempt_farther_away_than_any_wait_is_due_now(
    retry_quarantined: timedelta, ahead: timedelta, corrected: bool
) -> None:
    row = replace(ROW, next_attempt=NOW + ahead)

    found = in_time(row, Policy(retry_quarantined=retry_quarantined), NOW)

    assert found == (replace(row, next_attempt=NOW) if corrected else row)


@pytest.mark.parametrize(
    ("ahead", "corrected"),
    [(-HOUR, False), (timedelta(), False), (timedelta(microseconds=1), True), (9999 * HOUR, True)],
)
def test_what_is_missing_since_a_moment_to_come_is_missing_since_now(
    ahead: timedelta, corrected: bool
) -> None:
    row = replace(ROW, missing=Missing(NOW + ahead, 7))

    found = in_time(row, Policy(), NOW)

    assert found == (replace(row, missing=Missing(NOW, 7)) if corrected else row)


def test_a_row_with_nothing_ahead_is_the_very_same() -> None:
    row = replace(ROW, next_attempt=NOW, missing=Missing(NOW, 7))

    assert in_time(row, Policy(), NOW) is row
