"""What an item at the remote, held against its row, comes to: nothing, or one finding."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from syncd.domain.attributes import (
    FROM_THE_GROUP,
    SHARED,
    Attribute,
    AttributeChange,
    ItemId,
    item_differences,
    sku_differences,
)
from syncd.domain.audit import Finding, FindingKind, Sides
from syncd.domain.item import RemoteItem, RemoteSku
from syncd.domain.tracking import Delivery, Ownership, Tracked

_TOLD_AS_ALONE: Final = frozenset(
    {FindingKind.DRIFTED, FindingKind.VANISHED, FindingKind.INCOMPLETE}
)
"""Findings about pairs; what is foreign or not taken over yet is told as such."""


@dataclass(frozen=True, slots=True)
class Look:
    """One id as it was seen: its row, if it has one, and its item, if there is one.

    `sku` is its SKU, if there is one, and `has_asked` whether anybody has looked for it.
    """

    id: ItemId
    tracked: Tracked | None
    item: RemoteItem | None
    seen: datetime
    sku: RemoteSku | None = None
    has_asked: bool = False


def judged(look: Look) -> Finding | None:
    """Find what an item is to us that is not as its row has it; None where both agree.

    A row that a write is under way for, or in doubt, agrees with everything: see `is_unsettled`.
    """
    row, item = look.tracked, look.item
    if is_unsettled(row):
        return None
    if row is None or row.is_foreign:
        return None if item is None else _foreign(look, "" if row is None else row.foreign_reason)
    if item is None:
        return None if row.known is None else _found(look, FindingKind.VANISHED)
    if row.known is None:
        return _not_taken_over(look, row)
    if row.is_missing:
        return _found(look, FindingKind.ORPHANED)
    drift = drifted(row, item)
    return replace(_found(look, FindingKind.DRIFTED), attributes=drift) if drift else None


def is_unsettled(row: Tracked | None) -> bool:
    """Whether nobody can say what the remote should show of it before the next look-up."""
    return row is not None and row.delivery is not Delivery.SETTLED


def drifted(row: Tracked, item: RemoteItem) -> dict[Attribute, AttributeChange]:
    """Mapped attributes that another hand has changed, from the known value to the one there.

    What the catalog accepts or wants anyway is no drift, such as any value of an attribute that the
    server fills in by itself where the catalog has none.
    """
    known, observed = row.known or {}, item.attributes
    unwanted = item_differences(row.desired or {}, observed, row.sent)
    return {
        attribute: AttributeChange(known.get(attribute), observed.get(attribute))
        for attribute in unwanted
        if known.get(attribute) != observed.get(attribute)
    }


def judged_pair(look: Look, *, kept: bool) -> Finding | None:
    """As `judged`, and beside it what is wrong with the SKU; it is ours only where SKUs are `kept`.

    An item that Digital River keeps itself has a SKU that says so, and no pair to be judged.
    """
    finding = judged(look)
    if not look.has_asked or is_unsettled(look.tracked):
        return finding
    if look.sku is not None and look.sku.managed:
        return _taken_from_us(look, finding)
    if kept:
        finding = _with_sku_drift(look, finding)
    return _with_other_half(look, finding)


def _taken_from_us(look: Look, finding: Finding | None) -> Finding | None:
    """An item of ours whose SKU Digital River has begun to fulfil itself."""
    row = look.tracked
    if row is None or row.ownership is not Ownership.OWNED:
        return finding
    return with_managed(finding or _found(look, FindingKind.MANAGED))


def unequal(look: Look) -> dict[Attribute, Sides]:
    """What both halves are there for and do not have alike; what a group gives is left out."""
    if look.item is None or look.sku is None:
        return {}
    item, sku = look.item.attributes, look.sku.attributes
    wish = (look.tracked.desired if look.tracked else None) or {}
    in_group = sku.get(Attribute.SKU_GROUP_ID) is not None
    return {
        name: Sides(wish.get(name), sku.get(name), item.get(name))
        for name in SHARED
        if sku.get(name) != item.get(name)
        and not (in_group and name in FROM_THE_GROUP and sku.get(name) is None)
    }


def _with_sku_drift(look: Look, finding: Finding | None) -> Finding | None:
    row = look.tracked
    if row is None or row.known_sku is None or row.is_missing or row.hold is not None:
        return finding
    if look.sku is None:
        return _without_sku(look, finding)
    known, observed = row.known_sku, look.sku.attributes
    drift = {
        name: AttributeChange(known.get(name), observed.get(name))
        for name in sku_differences(row.desired or {}, observed, row.sent_sku)
        if known.get(name) != observed.get(name)
    }
    if not drift:
        return finding
    return replace(finding or _found(look, FindingKind.DRIFTED), sku_attributes=drift)


def _without_sku(look: Look, finding: Finding | None) -> Finding:
    """A pair whose SKU is gone, be its item there, changed or gone as well."""
    gone = finding or _found(look, FindingKind.VANISHED)
    both = finding is not None and finding.kind is FindingKind.VANISHED
    return replace(gone, reason="its SKU and its item are gone" if both else "its SKU is gone")


def _with_other_half(look: Look, finding: Finding | None) -> Finding | None:
    shown = None if look.sku is None else look.sku.attributes
    sides, alone = unequal(look), _half_alone(look)
    if finding is None and alone:
        finding = replace(_found(look, FindingKind.INCOMPLETE), reason=alone)
    if finding is None and sides:
        finding = _found(look, FindingKind.UNEQUAL)
    if finding is None:
        return None
    is_of_us = finding.kind in _TOLD_AS_ALONE
    return replace(finding, sku=shown, unequal=sides, alone=alone if is_of_us else "")


def _half_alone(look: Look) -> str:
    """Say which half is there without the other; empty where that is as it should be."""
    if look.item is not None and look.sku is None:
        return "an item is there without a SKU"
    if look.item is None and look.sku is not None and look.sku.physical is not False:
        return "a SKU is there without an item"
    return ""


def with_managed(finding: Finding) -> Finding:
    """The finding, of an item whose SKU turned out to be Digital River's own."""
    reason = "Digital River fulfils its SKU (managedFulfillment), and it is never written"
    return replace(finding, kind=FindingKind.MANAGED, reason=reason)


def with_history(finding: Finding, written: datetime | None) -> Finding:
    """The finding with when syncd last wrote the item, which tells an orphan from a foreign one."""
    if finding.kind is not FindingKind.FOREIGN or finding.state is not None or written is None:
        return replace(finding, written=written)
    reason = "syncd has written it before and holds no row for it any more; it is left as it is"
    return replace(finding, kind=FindingKind.ORPHANED, written=written, reason=reason)


def _not_taken_over(look: Look, row: Tracked) -> Finding:
    """An item where none was known: the next look-up makes it ours, unless nothing asks for one."""
    if row.hold is not None:
        return _foreign(look, f"its row is held: {row.hold.rule}")
    if row.desired is None:
        return _foreign(look, "no catalog row wants it")
    return _found(look, FindingKind.UNADOPTED)


def _foreign(look: Look, reason: str | None) -> Finding:
    return replace(_found(look, FindingKind.FOREIGN), reason=reason or "")


def _found(look: Look, kind: FindingKind) -> Finding:
    row, item = look.tracked, look.item
    seen = Finding(
        id=look.id,
        kind=kind,
        seen=look.seen,
        observed=None if item is None else item.attributes,
        updated=None if item is None else item.updated,
    )
    if row is None:
        return seen
    return replace(
        seen, state=row.state, desired=row.desired, known=row.known, reason=_reason(row, kind)
    )


def _reason(row: Tracked, kind: FindingKind) -> str:
    """Why a finding about this row is not simply mended."""
    if row.hold is not None:
        return f"its row is held: {row.hold.rule}"
    if kind is FindingKind.ORPHANED and row.missing is not None:
        return f"gone from the catalog since {row.missing.since:%Y-%m-%d %H:%M} UTC, to be deleted"
    return ""
