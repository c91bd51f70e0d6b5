"""The suite notices when what it protects is broken on purpose."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Final

import pytest

from tests.mutations.listed import MUTATIONS
from tests.mutations.mutation import Mutation, RottenError
from tests.mutations.runner import Fate, tried

FEWEST: Final = 20
ENOUGH: Final = 12.0
"""Seconds after which no further bug is begun with; `python -m tests.mutations` tries all."""
STRIDE: Final = 4
"""How many of them a day's turn moves on: about as many as are tried."""


def _named(mutations: tuple[Mutation, ...]) -> list[str]:
    return [one.name for one in mutations]


@pytest.mark.parametrize("mutation", MUTATIONS, ids=_named(MUTATIONS))
def test_every_mutation_still_has_its_one_place_and_compiles(mutation: Mutation) -> None:
    source = mutation.path.read_text(encoding="utf-8")
    mutated = mutation.applied_to(source)
    assert mutated != source
    compile(mutated, mutation.file, "exec")


def test_there_are_enough_of_them_and_each_has_a_name_of_its_own() -> None:
    names = _named(MUTATIONS)
    assert len(set(names)) == len(names) >= FEWEST


def test_one_whose_source_has_moved_on_is_told() -> None:
    mutation = Mutation("gone", "engine/plan.py", "no such line", "", ())
    with pytest.raises(RottenError, match="stands 0 times"):
        mutation.applied_to(mutation.path.read_text(encoding="utf-8"))


def _of_the_day(day: date) -> Iterator[Mutation]:
    """All of them, from the one on whose turn it is."""
    first = day.toordinal() * STRIDE % len(MUTATIONS)
    yield from MUTATIONS[first:]
    yield from MUTATIONS[:first]


def test_every_bug_has_its_turn() -> None:
    turns = (date(2026, 11, 1) + timedelta(days=day) for day in range(len(MUTATIONS)))
    tried_first = {one.name for day in turns for one in islice(_of_the_day(day), STRIDE)}
    assert tried_first == set(_named(MUTATIONS))


@pytest.mark.timeout(180)
def test_some_bugs_others_every_day_are_caught() -> None:
    """Which ones goes by the date, so that a day's failure can be seen again that day."""
    began, today = time.monotonic(), datetime.now(UTC).date()
    for mutation in _of_the_day(today):
        verdict = tried(mutation)
        assert verdict.fate is Fate.CAUGHT, f"{mutation.name}, {today}\n{verdict.said}"
        if time.monotonic() - began > ENOUGH:
            return


def test_a_change_that_is_no_bug_survives() -> None:
    """Or else whatever is planted would seem to be caught."""
    harmless = next(one for one in MUTATIONS if one.name == "delete-after-one-read")
    unrelated = ("tests/unit/engine/test_limit.py",)
    verdict = tried(Mutation(harmless.name, harmless.file, harmless.old, harmless.new, unrelated))
    assert verdict.fate in {Fate.SURVIVED, Fate.BROKEN}, verdict.said
