"""What a look-up at the remote makes of a row: adopted, lost, foreign, or settled at last."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from syncd.domain.attributes import Attribute, Attributes
from syncd.domain.item import RemoteItem
from syncd.domain.policy import Policy
from syncd.domain.tracking import Delivery, Ownership, Tracked
from syncd.engine.forget import unless_spent, untroubled


@dataclass(frozen=True, slots=True)
class Observation:
    """What the remote shows of one id: its item, if any, and who fulfils its SKU."""

    item: RemoteItem | None
    managed: bool = False


def observe(
    tracked: Tracked, observation: Observation, policy: Policy, now: datetime
) -> Tracked | None:
    """Take in what a look-up found; None where nothing is left to remember.

    An item that is there although we do not own it becomes ours when the policy adopts, or when a
    write of ours was in doubt: then it is the one we made.
    """
    return unless_spent(_observed(tracked, observation, policy, now))


def is_adoption(before: Tracked, after: Tracked | None) -> bool:
    """Whether a look-up has just made an item ours that syncd did not create."""
    return (
        after is not None
        and before.ownership is not Ownership.OWNED
        and before.delivery is Delivery.SETTLED
        and after.ownership is Ownership.OWNED
    )


def _observed(tracked: Tracked, observation: Observation, policy: Policy, now: datetime) -> Tracked:
    if observation.managed:
        return _foreign(tracked, "Digital River fulfils its SKU (managedFulfillment)", policy, now)
    if observation.item is None:
        return _absent(tracked)
    if _becomes_ours(tracked, policy):
        return _owned(tracked, observation.item.attributes)
    return _foreign(tracked, "it existed already, and policy.adopt is off", policy, now)


def _becomes_ours(tracked: Tracked, policy: Policy) -> bool:
    """Whether the item that is there is ours; one the catalog no longer has is not adopted."""
    return (
        (policy.adopt and tracked.missing is None)
        or tracked.ownership is Ownership.OWNED
        or tracked.delivery is not Delivery.SETTLED
    )


def _absent(tracked: Tracked) -> Tracked:
    """Take in that no item is there: nobody's, so that it may be created, or created again."""
    ours = tracked.ownership is Ownership.OWNED
    present = _without_lasting_quarantine(tracked)
    return replace(
        present,
        known=None,
        sent=frozenset(),
        ownership=Ownership.OWNED if ours else Ownership.UNKNOWN,
        delivery=Delivery.SETTLED,
        foreign_reason=None,
    )


def _without_lasting_quarantine(tracked: Tracked) -> Tracked:
    """End a quarantine for what an item answered, once that item is no more."""
    return untroubled(tracked) if tracked.next_attempt is None else tracked


def _owned(tracked: Tracked, observed: Attributes) -> Tracked:
    row = replace(
        tracked,
        known=observed,
        sent=_sent(tracked, observed),
        ownership=Ownership.OWNED,
        delivery=Delivery.SETTLED,
        foreign_reason=None,
    )
    return untroubled(row) if row.missing is None and row.is_equal else row


def _sent(tracked: Tracked, observed: Attributes) -> frozenset[Attribute]:
    """Attributes whose observed value is one that syncd has sent, or may have, while in doubt."""
    known = tracked.known or {}
    doubtful = tracked.delivery is not Delivery.SETTLED
    kept = frozenset(
        attribute
        for attribute in tracked.sent
        if (value := observed.get(attribute)) is not None
        and (doubtful or value == known.get(attribute))
    )
    return kept | _arrived(tracked, observed) if doubtful else kept


def _arrived(tracked: Tracked, observed: Attributes) -> frozenset[Attribute]:
    """Attributes whose wish stands at the remote only since the write in doubt."""
    known = tracked.known or {}
    return frozenset(
        attribute
        for attribute, wanted in (tracked.desired or {}).items()
        if wanted is not None and wanted == observed.get(attribute) != known.get(attribute)
    )


def _foreign(tracked: Tracked, reason: str, policy: Policy, now: datetime) -> Tracked:
    return replace(
        untroubled(tracked),
        known=None,
        sent=frozenset(),
        ownership=Ownership.FOREIGN,
        delivery=Delivery.SETTLED,
        foreign_reason=reason,
        next_attempt=now + policy.retry_quarantined,
    )
