"""A cycle of the past with its changes, from the journal and the plan that was stopped."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from syncd.domain.attributes import (
    Attribute,
    AttributeChange,
)
from syncd.domain.change import Action, Change, ChangeOutcome
from syncd.domain.cycle import (
    ChangeResult,
    CycleId,
    CycleResult,
)
from syncd.domain.delivery import Failure
from syncd.domain.journal import Deed, JournalEntry, outcome_of
from syncd.errors import UsageError
from syncd.ports import State

OUTCOME_NOT_RECORDED: Final = Failure(None, "in_doubt", "its outcome was not recorded")


def past_cycle(state: State, cycle: CycleId) -> CycleResult:
    """One cycle with its changes, from the journal and the stopped plan; raises `UsageError`."""
    result = state.cycle(cycle)
    if result is None:
        raise UsageError(f"Cycle {cycle}", "there is no such cycle", "See: syncd history")
    entries = [entry for batch in state.journal_of_cycle(cycle) for entry in batch]
    stopped = state.stopped(result.stopped_plan) if result.stopped_plan else ()
    return replace(result, changes=_changes(entries, stopped))


def _changes(
    entries: Iterable[JournalEntry], stopped: Iterable[Change]
) -> tuple[ChangeResult, ...]:
    """One result for each half, of the last attempt; adoptions write nothing.

    What was stopped was stopped last: an attempt before it came to nothing.
    """
    last = {(entry.id, entry.resource): entry for entry in entries if entry.deed is not Deed.ADOPT}
    results = {half: _change_result(entry) for half, entry in last.items()}
    results |= {
        (half.id, half.resource): ChangeResult(half, ChangeOutcome.STOPPED)
        for change in stopped
        for half in change.halves
    }
    return tuple(results[half] for half in sorted(results, key=lambda half: half[0]))


def _change_result(entry: JournalEntry) -> ChangeResult:
    change = Change(
        id=entry.id,
        action=Action(entry.deed),
        revision=entry.revision,
        attributes=_attribute_changes(entry),
        resource=entry.resource,
    )
    outcome = outcome_of(change.action, entry.kind)
    if outcome is ChangeOutcome.DONE:
        return ChangeResult(change, outcome)
    return ChangeResult(change, outcome, entry.failure or OUTCOME_NOT_RECORDED)


def _attribute_changes(entry: JournalEntry) -> dict[Attribute, AttributeChange]:
    before = entry.before or {}
    if entry.deed is Deed.DELETE:
        lost = {attribute: value for attribute, value in before.items() if value is not None}
        return {attribute: AttributeChange(value, None) for attribute, value in lost.items()}
    return {
        attribute: AttributeChange(before.get(attribute), value)
        for attribute, value in entry.after.items()
    }
