"""The suite notices when what it protects is broken on purpose."""

from __future__ import annotations

from typing import Final

import pytest

from tests.mutations.listed import MUTATIONS
from tests.mutations.mutation import Mutation, RottenError
from tests.mutations.runner import Fate, tried

FEWEST: Final = 20
A_HANDFUL: Final = frozenset(
    {
        "settle-without-the-revision",
        "delete-after-one-read",
        "approval-without-revision",
        "budget-ignores-the-journal",
        "pacer-takes-a-window-for-none",
    }
)
"""Those whose tests take a moment; `python -m tests.mutations` tries all."""


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
    assert set(names) >= A_HANDFUL


def test_one_whose_source_has_moved_on_is_told() -> None:
    mutation = Mutation("gone", "engine/plan.py", "no such line", "", ())
    with pytest.raises(RottenError, match="stands 0 times"):
        mutation.applied_to(mutation.path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", sorted(A_HANDFUL))
def test_a_bug_is_caught(name: str) -> None:
    verdict = tried(next(one for one in MUTATIONS if one.name == name))
    assert verdict.fate is Fate.CAUGHT, verdict.said


def test_a_change_that_is_no_bug_survives() -> None:
    """Or else whatever is planted would seem to be caught."""
    harmless = next(one for one in MUTATIONS if one.name == "delete-after-one-read")
    unrelated = ("tests/unit/engine/test_limit.py",)
    verdict = tried(Mutation(harmless.name, harmless.file, harmless.old, harmless.new, unrelated))
    assert verdict.fate in {Fate.SURVIVED, Fate.BROKEN}, verdict.said
