"""Which values say that a row is deleted."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from syncd.catalog.from_database.removal import UnclearError, is_deleted


@pytest.mark.parametrize(
    "value",
    [
        *(None, False, 0, 0.0, Decimal(0), b"\x00", "0000-00-00 00:00:00"),
        *("", " ", "0", "N", "no", "False", "f", "off"),
    ],
)
def test_the_row_is_there(value: object) -> None:
    assert is_deleted(value) is False


@pytest.mark.parametrize(
    "value",
    [
        *(True, 1, Decimal(1), b"\x01", "1", "Y", "yes", "TRUE", "t", "x", "on", "Deleted"),
        *(datetime(2026, 11, 21, tzinfo=UTC), date(2026, 11, 21), timedelta(1)),
        *("2026-11-21", "2026-11-21T10:00:00Z", 1_795_000_000, 1_795_000_000_000, 1.795e9),
    ],
)
def test_the_row_is_deleted(value: object) -> None:
    assert is_deleted(value) is True


@pytest.mark.parametrize("value", [2, -1, 0.5, "A", "archived", "active", ["x"], b"\x02", "ja"])
def test_anything_else_is_no_answer(value: object) -> None:
    with pytest.raises(UnclearError):
        is_deleted(value)
