"""How many changes of a cycle came to what."""

from __future__ import annotations

from syncd.domain.attributes import ItemId
from syncd.domain.change import Action, Change, ChangeOutcome
from syncd.domain.cycle import ChangeResult, Counts


def test_changes_count_by_action_where_they_pass_and_by_outcome_where_not() -> None:
    results = [
        ChangeResult(Change(ItemId(f"{action}{outcome}{number}"), action, 1), outcome)
        for place, action in enumerate(Action)
        for outcome in ChangeOutcome
        for number in range(place + 1)
    ]

    counts = Counts.of(results)

    assert counts == Counts(create=2, update=4, delete=6, failed=6, stopped=6, refused=6)
    assert counts.written == 12


def test_no_changes_are_all_zeros() -> None:
    assert Counts.of(()) == Counts()
