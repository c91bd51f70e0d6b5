"""How past cycles are said to have ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from syncd.domain.cycle import UNFINISHED
from syncd.domain.tracking import SkuState
from syncd.report.history import newest_words, outcome_words
from tests.unit.report.samples import quiet, stopped


@pytest.mark.parametrize(
    ("states", "words"),
    [
        ({SkuState.IN_SYNC: 5}, "all in sync"),
        ({SkuState.IN_SYNC: 5, SkuState.FOREIGN: 2}, "all in sync"),
        ({}, "all in sync"),
        ({SkuState.IN_SYNC: 5, SkuState.MISSING: 2}, "done, 2 SKUs waiting"),
        ({SkuState.PENDING: 1}, "done, 1 SKU waiting"),
        ({SkuState.IN_SYNC: 5, SkuState.HELD: 1}, "done, some held or quarantined"),
        ({SkuState.QUARANTINED: 1}, "done, some held or quarantined"),
    ],
)
def test_all_is_in_sync_only_where_nothing_waits(
    states: Mapping[SkuState, int], words: str
) -> None:
    assert outcome_words(replace(quiet(), states=states)) == words


def test_writes_that_are_due_and_guards_that_stop_are_told() -> None:
    assert outcome_words(replace(quiet(), writes_due=1)) == "writes are still due"
    assert outcome_words(replace(stopped(), writes_due=0)) == "a guard stopped something"


def test_only_the_newest_cycle_may_still_be_under_way() -> None:
    begun = replace(quiet(), error=UNFINISHED)

    assert newest_words(begun, under_way=True) == "under way"
    assert newest_words(begun, under_way=False).startswith("cut off with its process")
    assert outcome_words(begun) == f"ended early: {UNFINISHED}"
    broken = replace(quiet(), error="It broke.")
    assert newest_words(broken, under_way=False) == "ended early: It broke"
