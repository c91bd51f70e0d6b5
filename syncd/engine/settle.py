"""What the outcome of a write makes of its row: the next state for every outcome there is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, assert_never

from syncd.domain.attributes import Attribute, AttributeChange, Attributes
from syncd.domain.change import Action, Change, Resource
from syncd.domain.delivery import (
    DIFFERENT_VALUES,
    Accepted,
    Exists,
    Failure,
    Forbidden,
    Gone,
    KeyRefused,
    Outcome,
    Refused,
    Transient,
)
from syncd.domain.policy import Policy
from syncd.domain.tracking import Delivery, Half, Ownership, Tracked
from syncd.engine.forget import (
    unheld_if_alike,
    unless_spent,
    untroubled,
    without_lasting_sku,
)
from syncd.engine.retry import FIRST_DELAY, back_off

NO_ITEM: Final = "no_item"
"""The code of a failure for an answer of success that does not show the item."""
MOST_COLLISIONS: Final = 8
"""Tries, a few minutes in all, after which an item that only a create meets is not waited for."""
LONGEST_WAIT: Final = timedelta(days=1)
"""A `Retry-After` beyond this is not believed; the key's own pause is the pacer's."""


def claim(tracked: Tracked, change: Change) -> Tracked:
    """The row while this write of it is in flight."""
    return replace(tracked, delivery=Delivery.IN_FLIGHT, open_half=change.resource)


def unclaim(tracked: Tracked) -> Tracked:
    """The row after a write that was claimed and never sent: as before the claim."""
    return replace(tracked, delivery=Delivery.SETTLED, open_half=None)


def settle(
    tracked: Tracked, change: Change, outcome: Outcome, policy: Policy, now: datetime
) -> Tracked | None:
    """The row after an outcome; None where nothing is left to remember.

    `tracked` is the row as it is now: its wish may be newer than the one `change` carried out, and
    is then never marked done, refused or delayed by the older answer.
    """
    row = unclaim(tracked)
    settled = _certain(_after(row, change, outcome, policy, now), change)
    return unless_spent(unheld_if_alike(settled))


def _certain(row: Tracked, change: Change) -> Tracked:
    """Drop what was only perhaps sent once it is certain that it has not arrived.

    A value that stands as it was before a write whose wish has changed meanwhile may be another's:
    better to leave one of ours than to clear one that is not.
    """
    if row.delivery is not Delivery.SETTLED:
        return row
    half = row.half(change.resource)
    known = half.known or {}
    unmoved = {
        name
        for name, value in change.attributes.items()
        if not _is_current(row, change) and value.known == known.get(name)
    }
    sent = frozenset(name for name in half.sent - unmoved if known.get(name) is not None)
    if sent == half.sent:
        return row
    return row.with_half(change.resource, half.known, sent)


def _after(
    row: Tracked, change: Change, outcome: Outcome, policy: Policy, now: datetime
) -> Tracked:
    match outcome:
        case Accepted():
            return _accepted(row, change, outcome, policy, now)
        case Gone():
            return _vanished(row, change, outcome.failure, policy, now)
        case Exists() if change.action is Action.CREATE:
            row = row.with_half(change.resource, None, row.half(change.resource).sent)
            return _collided(row, change, outcome.failure, policy, now)
        case Exists() | Refused():
            return _refused(row, change, outcome.failure, policy, now)
        case Transient():
            return _delayed(row, change, outcome, now)
        case KeyRefused() | Forbidden():
            return replace(row, last_error=outcome.failure)
        case _:
            assert_never(outcome)


def _accepted(
    row: Tracked, change: Change, accepted: Accepted, policy: Policy, now: datetime
) -> Tracked:
    if change.action is Action.DELETE:
        return _deleted(row, change, policy)
    answered = accepted.attributes
    if answered is None:
        return _delayed(row, change, _unproven(accepted), now)
    sent = _sent_after(row.half(change.resource), change.payload(), answered)
    settled = row.with_half(change.resource, answered, sent)
    if change.resource is Resource.INVENTORY_ITEM:
        settled = replace(settled, ownership=Ownership.OWNED)
    if not _is_current(row, change):
        return settled
    return _compared(settled, change, accepted, now)


def _compared(row: Tracked, change: Change, accepted: Accepted, now: datetime) -> Tracked:
    """Quarantine a wish that was answered with other values: repeating it would change nothing.

    Where only values differ that this write did not carry, they are written next, but not at once:
    a remote where one value drives out another must not be hammered.
    """
    left = row.half(change.resource).differences()
    if not left:
        return untroubled(row)
    unheard = {attribute: left[attribute] for attribute in left if attribute in change.attributes}
    failure = _of_half(_different_values(unheard or left, accepted), change)
    if not unheard:
        released = replace(row, quarantine=None, quarantined_since=None)
        return _tried(released, change, failure, now)
    return replace(untroubled(row), quarantine=failure, quarantined_since=now, last_error=failure)


def _unproven(accepted: Accepted) -> Transient:
    failure = Failure(
        status=None,
        code=NO_ITEM,
        message="the answer does not show the item",
        request_id=accepted.request_id,
    )
    return Transient(failure, in_doubt=True)


def _different_values(left: Mapping[Attribute, AttributeChange], accepted: Accepted) -> Failure:
    both = ", ".join(
        f"{attribute.value} wanted {_shown(change.desired)}, answered {_shown(change.known)}"
        for attribute, change in left.items()
    )
    return Failure(
        status=None,
        code=DIFFERENT_VALUES,
        message=f"the answer has other values than are wanted: {both}",
        parameter=next(iter(left)).value,
        request_id=accepted.request_id,
    )


def _shown(value: object) -> str:
    return "no value" if value is None else str(value)


def _sent_after(half: Half, payload: Attributes, answered: Attributes) -> frozenset[Attribute]:
    """Attributes whose answered value is the last one that syncd has sent for them."""
    known = half.known or {}
    ours = {attribute: known.get(attribute) for attribute in half.sent} | dict(payload)
    return frozenset(
        attribute
        for attribute, value in ours.items()
        if value is not None and value == answered.get(attribute)
    )


def _vanished(
    row: Tracked, change: Change, failure: Failure, policy: Policy, now: datetime
) -> Tracked:
    """404: a delete is done by it; an update must become a create, of an item that is ours."""
    if change.action is Action.DELETE:
        return _deleted(row, change, policy)
    return _tried(_lost(row, change.resource), change, failure, now)


def _lost(row: Tracked, resource: Resource) -> Tracked:
    if resource is Resource.SKU:
        return row.having_lost_sku()
    return row.with_half(resource, None, frozenset())


def _tried(row: Tracked, change: Change, failure: Failure, now: datetime) -> Tracked:
    """Count an attempt and back off, so that a remote that contradicts itself is not hammered.

    A wish that is newer than the change has not been tried yet.
    """
    if not _is_current(row, change):
        return row
    attempts = row.attempts + 1
    return replace(
        row,
        attempts=attempts,
        next_attempt=now + back_off(row.id, attempts),
        last_error=failure,
    )


def _collided(
    row: Tracked, change: Change, failure: Failure, policy: Policy, now: datetime
) -> Tracked:
    """Have the item looked up that is said to be there; refused where that never finds it.

    What collides as it did the last time was looked up in between, and nothing was there.
    """
    if not failure.is_like(row.last_error) or row.attempts + 1 < MOST_COLLISIONS:
        return _tried(row, change, failure, now)
    return _refused(row, change, _never_found(failure), policy, now)


def _never_found(failure: Failure) -> Failure:
    said = f": {failure.message}" if failure.message else ""
    return replace(
        failure, message=f"it cannot be created, as if it existed, but no look-up finds it{said}"
    )


def _deleted(row: Tracked, change: Change, policy: Policy) -> Tracked:
    """Forget the half; a row that is back by now wants a new one."""
    left = untroubled(row)
    if change.resource is Resource.SKU:
        return left.without_sku()
    item_gone = left.with_half(change.resource, None, frozenset())
    nobodys = replace(item_gone, ownership=Ownership.UNKNOWN)
    return without_lasting_sku(nobodys, policy) if row.is_to_go else nobodys


def _is_current(row: Tracked, change: Change) -> bool:
    return row.revision == change.revision


def _refused(
    row: Tracked, change: Change, failure: Failure, policy: Policy, now: datetime
) -> Tracked:
    if not _is_current(row, change):
        return row
    failure = _of_half(failure, change)
    refused = replace(
        row,
        attempts=row.attempts + 1,
        next_attempt=now + policy.retry_quarantined,
        last_error=failure,
    )
    if change.action is Action.DELETE:  # the quarantine is the catalog's wish's; this one waits
        return refused
    return replace(refused, quarantine=failure, quarantined_since=row.quarantined_since or now)


def _of_half(failure: Failure, change: Change) -> Failure:
    """Say of which half of a pair it is."""
    if change.resource is not Resource.SKU:
        return failure
    return replace(failure, message=f"the SKU: {failure.message}")


def _delayed(row: Tracked, change: Change, outcome: Transient, now: datetime) -> Tracked:
    if outcome.in_doubt:
        row = replace(row, delivery=Delivery.IN_DOUBT, open_half=change.resource)
    if outcome.retry_after is None or not _is_current(row, change):
        return _tried(row, change, outcome.failure, now)
    return replace(row, next_attempt=now + _heeded(outcome.retry_after), last_error=outcome.failure)


def _heeded(retry_after: float) -> timedelta:
    """The wait that was asked for: none at all would be a loop, more than a day is a mistake."""
    seconds = min(retry_after, LONGEST_WAIT.total_seconds())
    return max(timedelta(seconds=seconds), FIRST_DELAY)
