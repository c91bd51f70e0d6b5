"""What is due for each row: the pure step from the change-tracking table to a plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from syncd.domain.attributes import AttributeChange, Attributes
from syncd.domain.change import Action, Change, Resource
from syncd.domain.policy import Policy, PolicyMode
from syncd.domain.tracking import Delivery, Half, Missing, Ownership, SkuState, Tracked

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
    """The one change that is due for this row, or None; `read` numbers the last complete read.

    That of a pair is made of one for each half that differs: the SKU is made before its item, and
    deleted after it.
    """
    if not _may_be_written(tracked) or not is_due(tracked, now):
        return None
    is_missing, allowed = tracked.is_missing, ALLOWED[policy.mode]
    halves = _delete(tracked, policy, now, read) if is_missing else _writes(tracked, policy)
    return in_order([half for half in halves if half.action in allowed])


def in_order(halves: Sequence[Change]) -> Change | None:
    """Make one change of what is due for the halves of a pair, in this order."""
    if len(halves) > 1:
        return replace(halves[0], then=halves[1])
    return halves[0] if halves else None


def recreates(tracked: Tracked, change: Change) -> bool:
    """Whether this change brings back an item or a SKU of ours that the remote has lost."""
    return any(
        half.action is Action.CREATE and _was_ours(tracked, half.resource) for half in change.halves
    )


def _was_ours(tracked: Tracked, resource: Resource) -> bool:
    if resource is Resource.SKU:
        return tracked.lost_sku
    return tracked.ownership is Ownership.OWNED


def is_due(tracked: Tracked, now: datetime) -> bool:
    """Whether back-off or quarantine, if any, is over.

    A quarantine for an answer with other values ends with the wish alone; it keeps no delete
    waiting.
    """
    if tracked.was_answered_otherwise and not tracked.is_missing:
        return False
    return tracked.next_attempt is None or tracked.next_attempt <= now


def needs_look_up(tracked: Tracked, now: datetime) -> bool:
    """Whether the remote must be asked what it has before anything is planned for this row."""
    if tracked.delivery is not Delivery.SETTLED:
        return tracked.next_attempt is None or tracked.next_attempt <= now
    if tracked.is_unusable or tracked.is_to_go or not is_due(tracked, now):
        return False
    if tracked.known is None or tracked.is_foreign:
        return True
    return tracked.wants_sku and tracked.known_sku is None


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


def goes_with_its_row(tracked: Tracked, policy: Policy) -> bool:
    """Whether a half of a foreign row is ours, to be deleted once the row leaves the catalog."""
    is_mirrored = policy.mode is PolicyMode.MIRROR
    return is_mirrored and tracked.own_half is not None and bool(_removals(tracked, policy))


def _may_be_written(tracked: Tracked) -> bool:
    return (
        tracked.delivery is Delivery.SETTLED and not tracked.is_foreign and not tracked.is_unusable
    )


def _delete(tracked: Tracked, policy: Policy, now: datetime, read: int) -> list[Change]:
    missing = tracked.missing
    if missing is None or not delete_is_due(missing, policy, now, read):
        return []
    return _removals(tracked, policy)


def _removals(tracked: Tracked, policy: Policy) -> list[Change]:
    """Delete what is ours and known to be there: the item, and its SKU where the policy says so."""
    found: list[Change] = []
    if tracked.known is not None:
        if tracked.ownership is not Ownership.OWNED:
            return []
        found.append(_removal(tracked, tracked.known, Resource.INVENTORY_ITEM))
    if tracked.known_sku is not None and policy.delete_skus and not tracked.keeps_sku:
        found.append(_removal(tracked, tracked.known_sku, Resource.SKU))
    return found


def _removal(tracked: Tracked, known: Attributes, resource: Resource) -> Change:
    lost = {
        attribute: AttributeChange(value, None)
        for attribute, value in known.items()
        if value is not None
    }
    return Change(tracked.id, Action.DELETE, tracked.revision, lost, resource)


def _writes(tracked: Tracked, policy: Policy) -> list[Change]:
    if tracked.desired is None:
        return _undone_create(tracked, policy)
    both = policy.skus and tracked.wants_sku
    of_sku = _write(tracked, tracked.half(Resource.SKU)) if both else None
    of_item = _write(tracked, tracked.half(Resource.INVENTORY_ITEM))
    return [change for change in (of_sku, of_item) if change is not None]


def _undone_create(tracked: Tracked, policy: Policy) -> list[Change]:
    """The delete that a revert asks for: unlike that of a missing row, it is due at once."""
    return _removals(tracked, policy) if tracked.is_reverted else []


def _write(tracked: Tracked, half: Half) -> Change | None:
    if half.known is None:
        return _create(tracked, half)
    changed = half.differences()
    if not changed:
        return None
    return Change(tracked.id, Action.UPDATE, tracked.revision, changed, half.resource)


def _create(tracked: Tracked, half: Half) -> Change:
    given = {
        attribute: AttributeChange(None, value)
        for attribute, value in half.wish.items()
        if value is not None
    }
    return Change(tracked.id, Action.CREATE, tracked.revision, given, half.resource)
