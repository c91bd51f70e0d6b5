"""Which changes of a saved plan still fit, and what is told of the others."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from syncd.domain.attributes import ItemId
from syncd.domain.change import Change, Plan
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
        if not _fits(change, now_due.get(change.id))
        and (change.id not in told or (change.id in retryable and change.id in now_due))
    ]
    results.unseen([change for change in rest if change.id in unseen])
    results.stale([change for change in rest if change.id not in unseen])
    fits = (now_due[one.id] for one in saved.changes if _fits(one, now_due.get(one.id)))
    return Plan(tuple(fits))


def _fits(saved: Change, due: Change | None) -> bool:
    """Whether this is what was saved, or what is left of it once one half is done."""
    return due is not None and due in (saved, saved.then)
