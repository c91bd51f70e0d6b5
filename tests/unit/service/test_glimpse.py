"""What a cycle shows of catalog, remote, key and writes, and of what it says nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import pytest

from syncd.domain.attributes import ItemId
from syncd.domain.change import Action, Change, ChangeOutcome
from syncd.domain.cycle import ChangeResult, CycleId, CycleResult, Fault, Mode
from syncd.domain.delivery import Failure
from syncd.domain.snapshot import Certificate
from syncd.service.glimpse import MOST, Glimpse, Subject, condensed, glimpse_of
from syncd.service.results import NOT_BEGUN, STALE
from tests.unit.engine.samples import BAD_KEY, NOW, OUTAGE

READ: Final = Certificate("catalog.csv", 1, 1)
QUIET: Final = CycleResult(CycleId("c-1"), Mode.SCHEDULED, NOW, NOW, READ)
BROKEN: Final = Failure(None, "connection_broken", "nothing came")
PAUSED: Final = Failure(429, "too_many_requests", "slowly")
SOUND: Final = {Subject.STATE, Subject.BUG}
ANSWERED: Final = {Subject.REMOTE, Subject.KEY}


def failing(*failures: Failure) -> CycleResult:
    change = Change(ItemId("shoe-1"), Action.UPDATE, 1, {})
    results = (ChangeResult(change, ChangeOutcome.FAILED, failure) for failure in failures)
    return replace(QUIET, changes=tuple(results), requests=3, writes_due=1)


@pytest.mark.parametrize(
    ("result", "wrong", "well"),
    [
        (QUIET, set(), {Subject.CATALOG, Subject.WRITES}),
        (replace(QUIET, requests=3), set(), {Subject.CATALOG, Subject.WRITES, *ANSWERED}),
        (replace(QUIET, certificate=None), set(), {Subject.WRITES}),
        (replace(QUIET, writes_due=2), set(), {Subject.CATALOG}),
        (
            replace(QUIET, certificate=None, fault=Fault.CATALOG, error="gone"),
            {Subject.CATALOG},
            set(),
        ),
        (
            replace(QUIET, fault=Fault.REMOTE, error="out", requests=3),
            {Subject.REMOTE},
            {Subject.CATALOG},
        ),
        (
            replace(QUIET, fault=Fault.KEY, error="401", requests=3),
            {Subject.KEY},
            {Subject.CATALOG, Subject.REMOTE},
        ),
        (
            replace(QUIET, certificate=None, fault=Fault.KEY, error="401", requests=3),
            {Subject.KEY},
            {Subject.REMOTE},
        ),
        (replace(QUIET, error="stopped on request", requests=3), set(), {Subject.CATALOG}),
        (failing(OUTAGE), {Subject.WRITES}, {Subject.CATALOG}),
        (failing(BROKEN), {Subject.WRITES}, {Subject.CATALOG}),
        (failing(PAUSED), {Subject.WRITES}, {Subject.CATALOG, *ANSWERED}),
        (failing(STALE, NOT_BEGUN, BAD_KEY), set(), {Subject.CATALOG}),
    ],
)
def test_only_what_was_shown_is_said(
    result: CycleResult, wrong: set[Subject], well: set[Subject]
) -> None:
    subjects = glimpse_of(result, is_whole=True).subjects
    assert {name for name, words in subjects.items() if words is not None} == wrong
    assert {name for name, words in subjects.items() if words is None} == well | SOUND


def test_a_cycle_about_some_skus_does_not_say_that_all_writes_are_through() -> None:
    assert Subject.WRITES not in glimpse_of(QUIET, is_whole=False).subjects


def test_failed_writes_are_told_with_the_first_one_and_its_request() -> None:
    words = glimpse_of(failing(OUTAGE, OUTAGE), is_whole=True).subjects[Subject.WRITES]
    assert words == "2 writes failed, such as that of shoe-1: 503 later, request req-2"


def test_a_glimpse_does_not_keep_the_changes_of_a_cycle() -> None:
    result = glimpse_of(failing(OUTAGE), is_whole=True).result
    assert result == replace(failing(OUTAGE), changes=())


def test_few_glimpses_stay_as_they_are() -> None:
    seen = [Glimpse({Subject.KEY: str(number)}) for number in range(MOST)]
    assert condensed(seen) == seen


def test_of_many_glimpses_the_oldest_are_put_together_and_no_last_word_is_lost() -> None:
    first = Glimpse({Subject.KEY: "401", Subject.REMOTE: "503"}, gone="process 7")
    later = [Glimpse({Subject.REMOTE: str(number)}) for number in range(MOST)]
    kept = condensed([first, *later])
    assert kept[0] == Glimpse({Subject.KEY: "401", Subject.REMOTE: "0"}, gone="process 7")
    assert kept[1:] == later[1:]
    assert len(kept) == MOST


def test_a_whole_cycle_gives_way_to_a_later_whole_one_alone() -> None:
    whole, some = glimpse_of(QUIET, is_whole=True), glimpse_of(QUIET, is_whole=False)
    later = glimpse_of(replace(QUIET, requests=9), is_whole=True)
    newer = glimpse_of(replace(QUIET, requests=9), is_whole=False)
    assert (whole.then(newer).result, whole.then(newer).is_whole) == (whole.result, True)
    assert (whole.then(later).result, some.then(newer).result) == (later.result, newer.result)
    assert (some.then(later).is_whole, some.then(Glimpse()).is_whole) == (True, False)
