"""What is due for each row: the pure step from the change-tracking table to a plan."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from syncd.domain.attributes import AttributeChange, Attributes, differences
from syncd.domain.change import Action, Change
from syncd.domain.policy import Policy, PolicyMode
from syncd.domain.tracking import Delivery, Missing, Ownership, SkuState, Tracked

ALLOWED: Final = {
    PolicyMode.MIRROR: frozenset(Action),
    PolicyMode.UPSERT: frozenset({Action.CREATE, Action.UPDATE}),
    PolicyMode.CREATE_ONLY: frozenset({Action.CREATE}),
    PolicyMode.REPORT_ONLY: frozenset(Action),
}
"""The kinds of change each mode plans; `report-only` plans all of them and delivers none."""

DUE_STATES: Final = frozenset(
    {
        SkuState.PENDING,
        SkuState.IN_FLIGHT,
        SkuState.QUARANTINED,
        SkuState.MISSING,
        SkuState.FOREIGN,
    }
)
"""States in which something may be due; held and in-sync rows are never even read."""


def change_for(tracked: Tracked, policy: Policy, now: datetime, read: int) -> Change | None:
    """The one change that is due for this row, or None; `read` numbers the last complete read."""
    if not _may_be_written(tracked) or not is_due(tracked, now):
        return None
    change = _delete(tracked, policy, now, read) if tracked.is_missing else _write(tracked)
    if change is None or change.action not in ALLOWED[policy.mode]:
        return None
    return change


def recreates(tracked: Tracked, change: Change) -> bool:
    """Whether this change brings back an item of ours that the remote has lost."""
    return change.action is Action.CREATE and tracked.ownership is Ownership.OWNED


def is_due(tracked: Tracked, now: datetime) -> bool:
    """Whether back-off or quarantine, if any, is over.

    A quarantine without a next attempt ends with the wish alone; it keeps no delete waiting.
    """
    if tracked.next_attempt is None:
        return tracked.quarantine is None or tracked.is_missing
    return tracked.next_attempt <= now


def needs_look_up(tracked: Tracked, now: datetime) -> bool:
    """Whether the remote must be asked what it has before anything is planned for this row."""
    if tracked.delivery is not Delivery.SETTLED:
        return tracked.next_attempt is None or tracked.next_attempt <= now
    if _is_unusable(tracked) or tracked.is_to_go or not is_due(tracked, now):
        return False
    return tracked.known is None or tracked.ownership is Ownership.FOREIGN


def next_try(tracked: Tracked, policy: Policy, now: datetime) -> datetime | None:
    """When a write that is still to be made can be tried; None where none is, or none may be."""
    if tracked.state not in {SkuState.PENDING, SkuState.IN_FLIGHT}:
        return None
    moment = max(tracked.next_attempt or now, now)
    if tracked.delivery is not Delivery.SETTLED:
        return moment
    return moment if change_for(tracked, policy, moment, read=0) else None


def delete_is_due(missing: Missing, policy: Policy, now: datetime, read: int) -> bool:
    """Whether an id has been missing long enough, over enough complete reads."""
    reads = read - missing.read + 1
    return now >= missing.since + policy.delete_after and reads >= policy.delete_reads


def _may_be_written(tracked: Tracked) -> bool:
    return (
        tracked.delivery is Delivery.SETTLED
        and tracked.ownership is not Ownership.FOREIGN
        and not _is_unusable(tracked)
    )


def _is_unusable(tracked: Tracked) -> bool:
    """Whether nothing may be written because of the catalog row; a revert does not go by it."""
    return tracked.held is not None and not tracked.is_reverted


def _delete(tracked: Tracked, policy: Policy, now: datetime, read: int) -> Change | None:
    missing, known = tracked.missing, tracked.known
    if missing is None or known is None or tracked.ownership is not Ownership.OWNED:
        return None
    if not delete_is_due(missing, policy, now, read):
        return None
    return _removal(tracked, known)


def _removal(tracked: Tracked, known: Attributes) -> Change:
    lost = {
        attribute: AttributeChange(value, None)
        for attribute, value in known.items()
        if value is not None
    }
    return Change(tracked.id, Action.DELETE, tracked.revision, lost)


def _write(tracked: Tracked) -> Change | None:
    if tracked.desired is None:
        return _undone_create(tracked)
    if tracked.known is None:
        return _create(tracked)
    changed = differences(tracked.desired, tracked.known, tracked.sent)
    if not changed:
        return None
    return Change(tracked.id, Action.UPDATE, tracked.revision, changed)


def _undone_create(tracked: Tracked) -> Change | None:
    """The delete that a revert asks for: unlike that of a missing row, it is due at once."""
    if not tracked.is_reverted or tracked.known is None:
        return None
    return _removal(tracked, tracked.known) if tracked.ownership is Ownership.OWNED else None


def _create(tracked: Tracked) -> Change:
    given = {
        attribute: AttributeChange(None, value)
        for attribute, value in (tracked.desired or {}).items()
        if value is not None
    }
    return Change(tracked.id, Action.CREATE, tracked.revision, given)
