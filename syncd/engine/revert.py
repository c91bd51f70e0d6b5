"""Undoing what one cycle wrote for a SKU: whether that still stands, and the wish that leads back.

Undoing is a wish of its own, which takes the catalog's place until the catalog changes its mind.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from syncd.domain.attributes import FROM_THE_GROUP, SERVER_FILLED, SHARED, Attribute, Attributes
from syncd.domain.change import Action, Resource
from syncd.domain.cycle_id import CycleId
from syncd.domain.item import RemoteItem, RemoteSku
from syncd.domain.tracking import Missing, Ownership, Reverted, Tracked
from syncd.engine.absorb import held_rather_than_foreign, with_perhaps_sent
from syncd.engine.deeds import Deeds, HalfDeeds
from syncd.engine.forget import untroubled


class Kept(StrEnum):
    """Why what a cycle wrote for a SKU is not undone."""

    AS_BEFORE = "as_before"
    """The write never arrived, or the cycle itself has undone it: there is nothing to undo."""
    WRITTEN_SINCE = "written_since"
    CHANGED_SINCE = "changed_since"
    """The remote has it otherwise than the cycle left it."""
    WISHED_SINCE = "wished_since"
    """The catalog wants something else by now, which a hold would keep back."""
    GONE = "gone"
    NOT_OURS = "not_ours"
    NOT_ALLOWED = "not_allowed"
    UNSEEN = "unseen"
    ONE_HALF = "one_half"
    """One half alone would have to be made or deleted, and the other would have none."""
    UNLIKE_BEFORE = "unlike_before"
    """SKU and item were not alike before, and a revert makes no pair unlike."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a SKU stands now: its row, both halves as the remote shows them, and later writes.

    `sku` is None as well where SKUs are not managed.
    """

    row: Tracked | None
    item: RemoteItem | None
    written_since: bool = False
    sku: RemoteSku | None = None

    def shown(self, resource: Resource) -> Attributes | None:
        """The values of one half; None where it is not there."""
        half = self.sku if resource is Resource.SKU else self.item
        return None if half is None else half.attributes

    def known(self, resource: Resource) -> Attributes | None:
        """What is known of one half; None where it is not known to be there."""
        return None if self.row is None else self.row.half(resource).known


@dataclass(frozen=True, slots=True)
class Occasion:
    """Which cycle is undone, when, and how many complete reads there were by then."""

    cycle: CycleId
    now: datetime
    read: int


def undone(deeds: Deeds, standing: Standing, occasion: Occasion) -> Tracked | Kept:
    """The row once it wishes for what was before these deeds, or why it may not.

    Only what stands exactly as the cycle has left it is undone. A row that wishes so already, for
    this very cycle, is given as it is: a revert that was cut short goes on.
    """
    row = standing.row
    if row is not None and row.is_reverted and _cycle_of(row) == occasion.cycle:
        return row
    if standing.written_since:
        return Kept.WRITTEN_SINCE
    landed = _landed(deeds, standing)
    if not landed.halves:
        return Kept.AS_BEFORE
    kept = _gone_or_not_ours(landed, row) or _moved_on(landed, standing)
    kept = kept or _not_to_be_had(landed, standing)
    return kept or _with_undoing(row, landed, occasion)


def released(row: Tracked) -> Tracked:
    """The row once no revert decides any more: it wishes for what the catalog last said."""
    if row.reverted is None:
        return row
    wish = row.reverted.wish
    free = replace(
        untroubled(with_perhaps_sent(row)),
        desired=row.desired if wish is None else wish,
        revision=row.revision + 1,
        reverted=None,
    )
    return held_rather_than_foreign(free)


def _landed(deeds: Deeds, standing: Standing) -> Deeds:
    """Without the halves that show that nothing has ever arrived there, or nothing has stayed."""
    for resource, half in deeds.halves.items():
        may_be = not half.certain or half.came_to_nothing
        if may_be and _stands(standing.shown(resource), half.before, half.touched):
            deeds = deeds.with_half(resource, None)
    return deeds


def _gone_or_not_ours(deeds: Deeds, row: Tracked | None) -> Kept | None:
    if row is not None and row.is_foreign:
        return Kept.NOT_OURS
    if deeds.of(Action.DELETE):
        return None
    if row is None or (row.missing is not None and not deeds.of(Action.CREATE)):
        return Kept.GONE
    is_sku_alone = row.known is None and row.known_sku is not None
    return None if row.ownership is Ownership.OWNED or is_sku_alone else Kept.NOT_OURS


def _moved_on(deeds: Deeds, standing: Standing) -> Kept | None:
    """Whether the remote, or else the catalog, has something else than the cycle has left."""
    row, halves = standing.row, {Resource.INVENTORY_ITEM, *deeds.halves}
    if not all(_is_as_known(deeds, standing, resource) for resource in halves):
        return Kept.CHANGED_SINCE
    if row is None or row.was_answered_otherwise:
        return None
    for resource, half in deeds.halves.items():
        if not _stands(standing.shown(resource), half.after, _left_as_written(half)):
            return Kept.CHANGED_SINCE
    is_as_wished = row.is_equal or row.is_missing or _is_half_made(deeds, row)
    return None if is_as_wished else Kept.WISHED_SINCE


def _is_half_made(deeds: Deeds, row: Tracked) -> bool:
    """Whether the cycle has made the SKU, and its item is still to come."""
    return deeds.item is None and deeds.of(Action.CREATE) and row.has_equal(Resource.SKU)


def _not_to_be_had(deeds: Deeds, standing: Standing) -> Kept | None:
    """Whether the way back would part the halves of a pair, or make them unlike."""
    parts = deeds.item is None and not deeds.of(Action.UPDATE)
    has_item = standing.item is not None or deeds.of(Action.DELETE)
    if not any(map(deeds.of, Action)) or (parts and has_item):
        return Kept.ONE_HALF
    if deeds.of(Action.CREATE) or (standing.sku is None and deeds.sku is None):
        return None
    return Kept.UNLIKE_BEFORE if _were_unlike(deeds, standing) else None


def _were_unlike(deeds: Deeds, standing: Standing) -> bool:
    """Whether what is to come back of the shared attributes differed between the halves."""
    of_item = deeds.before(Resource.INVENTORY_ITEM, standing.shown(Resource.INVENTORY_ITEM))
    of_sku = deeds.before(Resource.SKU, standing.shown(Resource.SKU))
    if deeds.of(Action.DELETE):
        told = frozenset(name for name in SHARED if of_sku.get(name) is not None)
    else:
        told = deeds.touched.intersection(SHARED) - _of_its_group(of_sku)
    return any(of_item.get(name) != of_sku.get(name) for name in told)


def _of_its_group(sku: Attributes) -> frozenset[Attribute]:
    """What a SKU lacks and has from its group."""
    if sku.get(Attribute.SKU_GROUP_ID) is None:
        return frozenset()
    return frozenset(name for name in FROM_THE_GROUP if sku.get(name) is None)


def _with_undoing(row: Tracked | None, deeds: Deeds, occasion: Occasion) -> Tracked:
    """The row with the way back as its wish, beside what the catalog wants.

    A SKU that was there before its item was made stays, and stays as much ours as it was.
    """
    if row is None:
        gone = Missing(since=occasion.now, read=occasion.read)
        row = Tracked(deeds.id, revision=deeds.revision, missing=gone)
    keeps_sku = deeds.of(Action.CREATE) and deeds.sku is None and row.known_sku is not None
    return replace(
        untroubled(row),
        desired=_target(row, deeds),
        revision=row.revision + 1,
        reverted=Reverted(occasion.cycle, _catalog_wish(row), keeps_sku),
    )


def _target(row: Tracked, deeds: Deeds) -> Attributes | None:
    """What was there before of both halves; None where there was nothing."""
    if deeds.of(Action.CREATE):
        return None
    halves = [(half, half.before or {}) for half in (deeds.sku, deeds.item) if half is not None]
    if row.desired is None:
        return {name: value for _, before in halves for name, value in before.items()}
    touched = {name: before.get(name) for half, before in halves for name in half.touched}
    return {**row.desired, **touched}


def _catalog_wish(row: Tracked) -> Attributes | None:
    if row.reverted is not None:
        return row.reverted.wish
    return None if row.missing is not None else row.desired


def _cycle_of(row: Tracked) -> CycleId | None:
    return None if row.reverted is None else row.reverted.cycle


def _stands(
    shown: Attributes | None, values: Attributes | None, touched: frozenset[Attribute]
) -> bool:
    """Whether a half has these values, as far as they were written; None is no half."""
    if shown is None or values is None:
        return shown is None and values is None
    return all(shown.get(name) == values.get(name) for name in touched)


def _left_as_written(half: HalfDeeds) -> frozenset[Attribute]:
    """What a write leaves as it was sent: the server fills in by itself what was cleared."""
    after = half.after or {}
    return half.touched - {name for name in SERVER_FILLED if after.get(name) is None}


def _is_as_known(deeds: Deeds, standing: Standing, resource: Resource) -> bool:
    """Whether a half is as we know it; one that is to be deleted in every attribute.

    In one that stays, what was not written and is no matter of the catalog's is anybody's to
    change: that is no drift either, and no audit would ever make it known.
    """
    shown, known = standing.shown(resource), standing.known(resource)
    if shown is None or known is None:
        return shown is None and known is None
    half = deeds.halves.get(resource)
    is_to_go = half is not None and half.action is Action.CREATE
    touched = frozenset[Attribute]() if half is None else half.touched
    names = Attribute if is_to_go else touched | _decided(standing.row, resource)
    return all(shown.get(name) == known.get(name) for name in names)


def _decided(row: Tracked | None, resource: Resource) -> frozenset[Attribute]:
    """What the wish for a half decides: with no value for it, not what the server fills in."""
    if row is None:
        return frozenset()
    half = row.half(resource)
    left_to_server = {name for name in SERVER_FILLED - half.sent if half.wish.get(name) is None}
    return frozenset(half.wish) - left_to_server
