"""What a look-up at the remote makes of a row: adopted, lost, foreign, or settled at last."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from syncd.domain.attributes import Attribute, Attributes
from syncd.domain.change import Resource
from syncd.domain.delivery import Failure
from syncd.domain.item import RemoteItem, RemoteSku
from syncd.domain.policy import Policy
from syncd.domain.tracking import Delivery, Half, Ownership, Tracked
from syncd.engine.absorb import held_rather_than_foreign
from syncd.engine.forget import (
    unheld_if_alike,
    unless_spent,
    untroubled,
    without_lasting_sku,
)
from syncd.engine.retry import back_off
from syncd.engine.revert import released

MANAGED: Final = "Digital River fulfils its SKU (managedFulfillment)"
SKU_WAS_THERE: Final = "its SKU existed already, and policy.adopt is off"
ITEM_WAS_THERE: Final = "it existed already, and policy.adopt is off"


@dataclass(frozen=True, slots=True)
class Observation:
    """What the remote shows of one id: its item and its SKU, if any, and who fulfils that.

    `sku` counts only where SKUs are managed; else nobody need have asked for it.
    """

    item: RemoteItem | None
    managed: bool = False
    sku: RemoteSku | None = None


def observe(
    tracked: Tracked, observation: Observation, policy: Policy, now: datetime
) -> Tracked | None:
    """Take in what a look-up found; None where nothing is left to remember.

    An item that is there although we do not own it becomes ours when the policy adopts, or when a
    write of ours was in doubt: then it is the one we made. So does a SKU, each half by itself; but
    for one that the catalog has left, a SKU that was never ours stays nobody's.
    """
    observed = unheld_if_alike(_observed(tracked, observation, policy, now))
    row = held_rather_than_foreign(observed)
    return unless_spent(without_lasting_sku(row, policy) if row.is_to_go else row)


def unseen(tracked: Tracked, failure: Failure, now: datetime) -> Tracked:
    """Take in that a look-up fails for this SKU alone: it is asked about later and later."""
    attempts = tracked.attempts + 1
    return replace(
        tracked,
        attempts=attempts,
        next_attempt=now + back_off(tracked.id, attempts),
        last_error=failure,
    )


def is_adoption(before: Tracked, after: Tracked | None) -> bool:
    """Whether a look-up has just made an item ours that syncd did not create."""
    return (
        after is not None
        and before.ownership is not Ownership.OWNED
        and not before.may_have_written_to(Resource.INVENTORY_ITEM)
        and after.ownership is Ownership.OWNED
    )


def is_adoption_of_sku(before: Tracked, after: Tracked | None) -> bool:
    """Whether a look-up has just made a SKU ours that syncd did not create."""
    return (
        after is not None
        and before.known_sku is None
        and not _may_have_made_sku(before)
        and after.known_sku is not None
    )


def _observed(tracked: Tracked, observation: Observation, policy: Policy, now: datetime) -> Tracked:
    if observation.managed:
        return _foreign(_nobodys(released(tracked).without_sku()), MANAGED, policy, now)
    shown = observation.sku if policy.skus else None
    sku = shown if _is_our_sku(tracked, policy) else None
    if shown is not sku and tracked.wants_sku and not tracked.is_missing:
        return _foreign(
            _with_own_item(tracked, observation.item, policy), SKU_WAS_THERE, policy, now
        )
    if observation.item is None and sku is None:
        return _absent(tracked, policy)
    has_ours_alone = observation.item is None and tracked.known_sku is not None
    is_made_already = _is_to_be_made(tracked) and not has_ours_alone
    row = released(tracked) if is_made_already else tracked
    row = _with_sku(row, sku) if policy.skus else row
    if observation.item is None or _is_our_item(row, policy):
        return _owned(row, observation.item)
    if row.is_missing:
        return _without_item(row)
    return _foreign(_nobodys(row), ITEM_WAS_THERE, policy, now)


def _is_to_be_made(tracked: Tracked) -> bool:
    """Whether a revert is to bring the item back: if one is there, somebody else has made it."""
    return (
        tracked.is_reverted
        and tracked.ownership is not Ownership.OWNED
        and not tracked.may_have_written_to(Resource.INVENTORY_ITEM)
    )


def _is_our_item(tracked: Tracked, policy: Policy) -> bool:
    """Whether the item that is there is ours; one the catalog no longer has is not adopted."""
    return (
        (policy.adopt and not tracked.is_missing)
        or tracked.ownership is Ownership.OWNED
        or tracked.may_have_written_to(Resource.INVENTORY_ITEM)
    )


def _is_our_sku(tracked: Tracked, policy: Policy) -> bool:
    """Whether the SKU that is there is ours; one that the catalog no longer has is not adopted."""
    if tracked.known_sku is not None:
        return True
    if not tracked.wants_sku:
        return False
    return (policy.adopt and not tracked.is_missing) or _may_have_made_sku(tracked)


def _may_have_made_sku(tracked: Tracked) -> bool:
    """Whether the write that is open made the SKU.

    Where it does not say which half it is about, it did if no item is ours yet: the SKU is made
    before its item.
    """
    if tracked.open_half is None and tracked.ownership is Ownership.OWNED:
        return False
    return tracked.may_have_written_to(Resource.SKU)


def _absent(tracked: Tracked, policy: Policy) -> Tracked:
    """Take in that nothing is there: it may be created, or created again."""
    row = tracked.having_lost_sku() if policy.skus else tracked
    return _without_item(_without_lasting_quarantine(row))


def _without_item(tracked: Tracked) -> Tracked:
    """Take in that no item is there, which is then nobody's."""
    undone = tracked.is_reverted and tracked.desired is None
    ours = tracked.ownership is Ownership.OWNED and not undone
    return replace(
        tracked,
        known=None,
        sent=frozenset(),
        ownership=Ownership.OWNED if ours else Ownership.UNKNOWN,
        delivery=Delivery.SETTLED,
        open_half=None,
        foreign_reason=None,
    )


def _without_lasting_quarantine(tracked: Tracked) -> Tracked:
    """End a quarantine for what an item answered, once that item is no more."""
    return untroubled(tracked) if tracked.was_answered_otherwise else tracked


def _owned(tracked: Tracked, item: RemoteItem | None) -> Tracked:
    """Take in the item, if there is one, of a row that has taken in its SKU."""
    row = _without_item(tracked) if item is None else _with_item(tracked, item)
    if row.is_missing:
        return row
    return untroubled(row) if row.is_equal else _seen_at_last(row)


def _seen_at_last(tracked: Tracked) -> Tracked:
    """End the wait for a look-up of what is quarantined as long as its wish is the same."""
    if not tracked.was_answered_otherwise:
        return tracked
    return replace(tracked, attempts=0, next_attempt=None, last_error=tracked.quarantine)


def _with_item(tracked: Tracked, item: RemoteItem) -> Tracked:
    return replace(
        tracked,
        known=item.attributes,
        sent=_sent(tracked, Resource.INVENTORY_ITEM, item.attributes),
        ownership=Ownership.OWNED,
        delivery=Delivery.SETTLED,
        open_half=None,
        foreign_reason=None,
    )


def _with_sku(tracked: Tracked, sku: RemoteSku | None) -> Tracked:
    if sku is None:
        return tracked.having_lost_sku()
    sent = _sent(tracked, Resource.SKU, sku.attributes)
    return tracked.with_half(Resource.SKU, sku.attributes, sent)


def _with_own_item(tracked: Tracked, item: RemoteItem | None, policy: Policy) -> Tracked:
    """Take in the item of a row whose SKU is not ours."""
    row = tracked.without_sku()
    if item is None:
        return _without_item(row)
    return _with_item(row, item) if _is_our_item(row, policy) else _nobodys(row)


def _nobodys(tracked: Tracked) -> Tracked:
    """Take in that the item is another's."""
    return replace(tracked, known=None, sent=frozenset(), ownership=Ownership.FOREIGN)


def _sent(tracked: Tracked, resource: Resource, observed: Attributes) -> frozenset[Attribute]:
    """Attributes whose observed value is one that syncd has sent, or may have while in doubt."""
    half = tracked.half(resource)
    known = half.known or {}
    doubtful = tracked.may_have_written_to(resource)
    kept = frozenset(
        attribute
        for attribute in half.sent
        if (value := observed.get(attribute)) is not None
        and (doubtful or value == known.get(attribute))
    )
    return kept | _arrived(half, observed) if doubtful else kept


def _arrived(half: Half, observed: Attributes) -> frozenset[Attribute]:
    """Attributes whose wish stands at the remote only since the write in doubt."""
    known = half.known or {}
    return frozenset(
        attribute
        for attribute, wanted in half.wish.items()
        if wanted is not None and wanted == observed.get(attribute) != known.get(attribute)
    )


def _foreign(tracked: Tracked, reason: str, policy: Policy, now: datetime) -> Tracked:
    return replace(
        untroubled(tracked),
        delivery=Delivery.SETTLED,
        open_half=None,
        foreign_reason=reason,
        next_attempt=now + policy.retry_quarantined,
    )
