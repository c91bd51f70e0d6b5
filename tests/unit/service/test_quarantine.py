"""Letting quarantined SKUs go."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from syncd.domain.attributes import ItemId
from syncd.domain.tracking import SkuState
from syncd.errors import UsageError
from syncd.ports import State
from syncd.service.quarantine import retry, retry_all
from tests.unit.service.conftest import NOW
from tests.unit.service.test_inquiry import in_sync, put, refused

A, B, C = ItemId("a"), ItemId("b"), ItemId("c")


@pytest.fixture
def quarantine(state: State) -> State:
    """Two refused SKUs, and one in sync."""
    delayed = replace(refused("a"), attempts=3, next_attempt=NOW + timedelta(days=1))
    put(state, delayed, refused("b"), in_sync("c"))
    return state


def test_who_is_released_is_due_at_once_and_the_others_stay(quarantine: State) -> None:
    assert retry(quarantine, [A], "me") == (A,)

    rows = quarantine.tracked([A, B])
    assert rows[A].state is SkuState.PENDING
    assert rows[A].next_attempt is None
    assert rows[A].attempts == 0
    assert rows[A].revision == refused("a").revision
    assert rows[B].state is SkuState.QUARANTINED


def test_all_are_released(quarantine: State) -> None:
    assert retry_all(quarantine, "me") == (A, B)
    assert retry_all(quarantine, "me") == ()


@pytest.mark.parametrize(
    ("ids", "words"), [([A, C], "c (in sync)"), ([A, ItemId("z")], "z (unknown)")]
)
def test_one_that_is_not_in_quarantine_keeps_the_others_in_it(
    quarantine: State, ids: list[ItemId], words: str
) -> None:
    with pytest.raises(UsageError) as told:
        retry(quarantine, ids, "me")

    assert words in str(told.value)
    assert quarantine.tracked([A])[A].state is SkuState.QUARANTINED
