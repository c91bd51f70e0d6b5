"""Which changes of a saved plan still fit, and what is told of the others."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from syncd.domain.attributes import ItemId
from syncd.domain.change import Plan
from syncd.service.results import Results


def fitting(saved: Plan, due: Plan, unseen: AbstractSet[ItemId], results: Results) -> Plan:
    """The part of a saved plan that is due just as it was saved; `results` hear of the rest.

    A change is stale when its row is due otherwise or not at all, unless this very cycle has dealt
    with it. Of an unseen row nobody can tell.
    """
    now_due = {change.id: change for change in due.changes}
    told, retryable = results.told(), results.retryable()
    rest = [
        change
        for change in saved.changes
        if now_due.get(change.id) != change
        and (change.id not in told or (change.id in retryable and change.id in now_due))
    ]
    results.unseen([change for change in rest if change.id in unseen])
    results.stale([change for change in rest if change.id not in unseen])
    return Plan(tuple(change for change in saved.changes if now_due.get(change.id) == change))
