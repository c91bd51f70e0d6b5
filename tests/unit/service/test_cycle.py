"""The names of cycles."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

from syncd.service.cycle import new_cycle_id

SECOND = datetime(2026, 11, 21, 17, 40, tzinfo=UTC)


def test_a_cycle_is_named_by_the_time_it_starts_in_utc() -> None:
    in_denver = SECOND.astimezone(timezone(timedelta(hours=-7)))

    assert new_cycle_id(SECOND) == new_cycle_id(in_denver) == "20261121T174000Z-0000"


def test_names_sort_by_time_within_a_second_too() -> None:
    moments = [SECOND + timedelta(microseconds=20) * step for step in range(0, 60_000, 7)]
    names = [new_cycle_id(moment) for moment in moments]

    assert names == sorted(set(names))
    assert all(re.fullmatch(r"\d{8}T\d{6}Z-[0-9a-f]{4}", name) for name in names)
