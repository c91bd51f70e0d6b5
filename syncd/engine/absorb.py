"""How one look at the catalog changes a row of the change-tracking table."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from syncd.domain.attributes import Attribute, Attributes, ItemId
from syncd.domain.change import Resource
from syncd.domain.snapshot import REPEATED
from syncd.domain.tracking import Delivery, Half, Held, Missing, Ownership, Tracked
from syncd.engine.forget import unless_spent, untroubled


def first_seen(
    id: ItemId, fingerprint: int | None, wish: Attributes | Held, revision: int = 0
) -> Tracked:
    """Begin a row; the same as to absorb a bare one, which a million new rows would wait for.

    `revision` is the highest of the rows that were forgotten: what was approved or saved of one of
    them must not fit the row that comes back.
    """
    if isinstance(wish, Held):
        return Tracked(id, fingerprint=fingerprint, revision=revision, held=wish)
    return Tracked(id, fingerprint=fingerprint, desired=wish, revision=revision + 1)


def absorb(tracked: Tracked, fingerprint: int | None, wish: Attributes | Held) -> Tracked:
    """Take in what the catalog says now of a SKU that is tracked already.

    A held row leaves the last usable wish as it is, for the remote item stays as it is. A foreign
    item is looked at again, for its owner or the policy may have changed. What a revert holds is
    let go by another wish than the one that was there, and by nothing less.
    """
    if isinstance(wish, Held):
        held = replace(_back(tracked), fingerprint=fingerprint, held=wish)
        return held_rather_than_foreign(held)
    present = _back(tracked)
    if present.reverted is not None and present.reverted.wish == wish:
        return replace(present, fingerprint=fingerprint, held=None)
    free = present if present.reverted is None else replace(present, reverted=None)
    return _wished(_questioned(free), fingerprint, wish)


def may_have_other_rows(tracked: Tracked) -> bool:
    """Whether several rows had this id when all were read: of these, changes show but one."""
    return tracked.held is not None and tracked.held.rule.startswith(REPEATED)


def gone(tracked: Tracked, now: datetime, read: int) -> Tracked | None:
    """Take in that a complete read did not have this SKU; None where nothing is left to remember.

    To be gone is a wish of its own, so that the answer to an older write does not delay the delete.
    A quarantine that ends with the wish alone is kept for the case that the same wish comes back.
    A SKU that was not kept at the end goes on without us: nobody has watched whose it is.
    """
    if tracked.missing is not None:
        return unless_spent(tracked)
    if tracked.desired is not None and not tracked.wants_sku:
        tracked = tracked.without_sku()
    lasting = tracked.quarantine if tracked.was_answered_otherwise else None
    return unless_spent(
        replace(
            untroubled(_questioned(tracked)),
            fingerprint=None,
            revision=tracked.revision + 1,
            missing=Missing(since=now, read=read),
            held=None,
            quarantine=lasting,
            quarantined_since=tracked.quarantined_since if lasting else None,
        )
    )


def _back(tracked: Tracked) -> Tracked:
    """End a row's being missing, and with it whatever kept its delete waiting."""
    if tracked.missing is None:
        return tracked
    present = replace(
        tracked,
        revision=tracked.revision + 1,
        missing=None,
        attempts=0,
        next_attempt=None,
        last_error=tracked.quarantine,
    )
    return untroubled(present) if present.is_equal else present


def held_rather_than_foreign(tracked: Tracked) -> Tracked:
    """Take back that an unusable row is foreign: nobody looks at it again until it is mended."""
    return _questioned(tracked) if tracked.is_unusable else tracked


def _questioned(tracked: Tracked) -> Tracked:
    """The row as before a look-up had called it foreign; what is ours of it stays ours."""
    if not tracked.is_foreign:
        return tracked
    owned = tracked.ownership is Ownership.OWNED
    return replace(
        tracked,
        ownership=Ownership.OWNED if owned else Ownership.UNKNOWN,
        foreign_reason=None,
        next_attempt=None,
    )


def _wished(tracked: Tracked, fingerprint: int | None, wish: Attributes) -> Tracked:
    if wish == tracked.desired:
        return replace(tracked, fingerprint=fingerprint, held=None)
    wished = replace(
        untroubled(with_perhaps_sent(tracked)),
        fingerprint=fingerprint,
        held=None,
        desired=wish,
        revision=tracked.revision + 1,
    )
    is_kept_again = wished.wants_sku and not tracked.wants_sku and wished.known_sku is not None
    if is_kept_again and wished.delivery is Delivery.SETTLED:  # nobody has watched it meanwhile
        return replace(wished, delivery=Delivery.DOUBTED)
    return wished


def with_perhaps_sent(tracked: Tracked) -> Tracked:
    """The row with what a write in doubt may have given a value: the next wish clears it."""
    row = tracked
    if row.may_have_written_to(Resource.INVENTORY_ITEM):
        row = replace(row, sent=_perhaps_sent(row.half(Resource.INVENTORY_ITEM)))
    if row.may_have_written_to(Resource.SKU) and row.wants_sku:
        row = replace(row, sent_sku=_perhaps_sent(row.half(Resource.SKU)))
    return row


def _perhaps_sent(half: Half) -> frozenset[Attribute]:
    known = half.known or {}
    return half.sent | {
        attribute
        for attribute, wanted in half.wish.items()
        if wanted is not None and wanted != known.get(attribute)
    }
