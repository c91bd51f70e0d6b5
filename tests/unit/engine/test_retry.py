"""The back-off: doubling, bounded, scattered, and the same for the same history."""

from __future__ import annotations

from datetime import timedelta

import pytest

from syncd.domain.attributes import ItemId
from syncd.engine.retry import FIRST_DELAY, LONGEST_DELAY, back_off
from tests.unit.engine.samples import ITEM


@pytest.mark.parametrize(
    ("attempts", "seconds"),
    [(1, 1), (2, 2), (3, 4), (6, 32), (12, 2048), (13, 3600), (14, 3600), (10_000_000, 3600)],
)
def test_a_wait_doubles_up_to_an_hour_and_is_at_least_half_of_that(
    attempts: int, seconds: int
) -> None:
    full = timedelta(seconds=seconds)
    waits = [back_off(ItemId(f"shoe-{number}"), attempts) for number in range(200)]

    assert all(full / 2 <= wait <= full for wait in waits)
    assert max(waits) - min(waits) > full * 0.4


def test_before_the_first_failure_it_is_the_first_wait() -> None:
    assert FIRST_DELAY / 2 <= back_off(ITEM, 0) <= FIRST_DELAY
    assert back_off(ITEM, 99) <= LONGEST_DELAY


def test_the_same_history_always_waits_as_long() -> None:
    assert back_off(ITEM, 3) == back_off(ItemId("shoe-1"), 3)


def test_items_that_failed_together_do_not_come_back_together() -> None:
    waits = {back_off(ItemId(f"shoe-{number}"), 4) for number in range(100)}

    assert len(waits) == 100
