"""One row of the change-tracking table: what is wanted, what is known, and how far they are."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from syncd.domain.attributes import (
    Attribute,
    AttributeChange,
    Attributes,
    ItemId,
    differences,
    item_differences,
    item_half,
    sku_differences,
    sku_half,
    wants_sku,
)
from syncd.domain.change import Resource
from syncd.domain.cycle_id import CycleId
from syncd.domain.delivery import Failure


class SkuState(StrEnum):
    """What a SKU can be (product.md)."""

    IN_SYNC = "in_sync"
    PENDING = "pending"
    IN_FLIGHT = "in_flight"
    HELD = "held"
    QUARANTINED = "quarantined"
    MISSING = "missing"
    FOREIGN = "foreign"


class Ownership(StrEnum):
    """Whose the remote item is; `unknown` until it was looked up or created."""

    UNKNOWN = "unknown"
    OWNED = "owned"
    FOREIGN = "foreign"


class Delivery(StrEnum):
    """How far the last write of this SKU has come."""

    SETTLED = "settled"
    IN_FLIGHT = "in_flight"
    """A write was begun and its outcome is not recorded."""
    IN_DOUBT = "in_doubt"
    """A write ended without an answer: it is looked up before anything is repeated."""
    DOUBTED = "doubted"
    """No write of ours is open, but others may have changed the item: looked up before the next."""


@dataclass(frozen=True, slots=True)
class Held:
    """Why a catalog row is unusable: the reason names attribute, value and rule.

    `attribute` is the API's name (`id` included), or empty where the whole record is at fault;
    `row` counts records from 1, a header included where the format has one, as a spreadsheet
    shows them.
    """

    attribute: str
    value: str
    rule: str
    row: int | None = None
    file: str | None = None


@dataclass(frozen=True, slots=True)
class Missing:
    """Since when, and since which complete read, an id is gone from the catalog."""

    since: datetime
    read: int


@dataclass(frozen=True, slots=True)
class Reverted:
    """A person has undone what a cycle wrote for this SKU, and holds it so.

    `wish` is what the catalog wants instead, None where it has no row or only an unusable one. The
    hold ends when the catalog wants something else than that. It `keeps_sku` where the cycle made
    the item alone, beside one that was there before, and where the policy deletes none.
    """

    cycle: CycleId
    wish: Attributes | None
    keeps_sku: bool = False


@dataclass(frozen=True, slots=True)
class Half:
    """One half of a pair: what is wanted of it, what is known, and what of that syncd has sent."""

    resource: Resource
    wish: Attributes
    known: Attributes | None
    sent: frozenset[Attribute]

    def differences(self) -> dict[Attribute, AttributeChange]:
        """What is left to write of it."""
        compare = sku_differences if self.resource is Resource.SKU else item_differences
        return compare(self.wish, self.known or {}, self.sent)


@dataclass(frozen=True, slots=True)
class Tracked:
    """One SKU in the change-tracking table.

    `fingerprint` is that of the catalog row last recorded, None where there was none. `desired` is
    the last usable wish and outlives a held or missing row. `known` is what the remote last
    acknowledged, None where no item is known to exist. `sent` names the attributes whose known
    value syncd itself has sent. `revision` grows with every new wish. `quarantine` is the refusal
    that keeps the SKU in quarantine; `foreign_reason` says in words what is not ours of a foreign
    one: the half that is stays known, to be deleted when the row has left the catalog.
    `next_attempt` is when a back-off, a quarantine or a foreign item is due to be tried again.
    While a revert holds it, `desired` is what the item is to go back to, None for no item at all.

    Where SKUs are managed, a row is about a pair: `known_sku` and `sent_sku` are to its SKU what
    `known` and `sent` are to its item, except that `known_sku` has no attributes without a value.
    A SKU that is known is ours; `ownership` speaks of the item. `lost_sku` says that the remote has
    lost a SKU that was ours, until there is one again.

    `open_half` is the half that a write in flight or in doubt is about: only of that one may the
    remote show what nobody has heard of yet. None where no write is open, or where it was begun by
    a version that did not say.
    """

    id: ItemId
    fingerprint: int | None = None
    desired: Attributes | None = None
    known: Attributes | None = None
    sent: frozenset[Attribute] = field(default_factory=frozenset)
    ownership: Ownership = Ownership.UNKNOWN
    delivery: Delivery = Delivery.SETTLED
    revision: int = 0
    held: Held | None = None
    missing: Missing | None = None
    quarantine: Failure | None = None
    quarantined_since: datetime | None = None
    foreign_reason: str | None = None
    attempts: int = 0
    next_attempt: datetime | None = None
    last_error: Failure | None = None
    reverted: Reverted | None = None
    known_sku: Attributes | None = None
    sent_sku: frozenset[Attribute] = field(default_factory=frozenset)
    lost_sku: bool = False
    open_half: Resource | None = None

    @property
    def state(self) -> SkuState:
        """The one word for this SKU; the first that holds."""
        if self.delivery is Delivery.IN_FLIGHT:
            return SkuState.IN_FLIGHT
        if self.is_foreign:
            return SkuState.FOREIGN
        if self.is_missing:
            return SkuState.MISSING
        if self.hold is not None:
            return SkuState.HELD
        if self.quarantine is not None:
            return SkuState.QUARANTINED
        return SkuState.IN_SYNC if self.is_equal else SkuState.PENDING

    @property
    def was_answered_otherwise(self) -> bool:
        """Whether this very wish was answered with other values, so that it is not sent again.

        Such a quarantine ends with the wish or with the item, whatever else is waited for.
        """
        return self.quarantine is not None and self.quarantine.is_of_other_values

    @property
    def may_have_written(self) -> bool:
        """Whether a write of ours is open, so that what the remote shows may be its doing."""
        return self.delivery is Delivery.IN_FLIGHT or self.delivery is Delivery.IN_DOUBT

    def may_have_written_to(self, resource: Resource) -> bool:
        """Whether the write that is open may be one of this half."""
        return self.may_have_written and self.open_half in {None, resource}

    @property
    def is_foreign(self) -> bool:
        """Whether one of its halves, or both, are not ours, so that neither is written.

        Once it is missing, the half that is ours goes all the same.
        """
        has_others = self.foreign_reason is not None and not self.is_missing
        return self.ownership is Ownership.FOREIGN or has_others

    @property
    def own_half(self) -> Resource | None:
        """The half of a foreign row that is ours and there; None of any other row."""
        if not self.is_foreign:
            return None
        if self.ownership is Ownership.OWNED and self.known is not None:
            return Resource.INVENTORY_ITEM
        return None if self.known_sku is None else Resource.SKU

    @property
    def is_reverted(self) -> bool:
        """Whether a revert decides what is wanted.

        One of a row that has left the catalog since sleeps until that row comes back.
        """
        return self.reverted is not None and (self.missing is None or self.reverted.wish is None)

    @property
    def keeps_sku(self) -> bool:
        """Whether its SKU stays although its item is to go."""
        return self.reverted is not None and self.is_reverted and self.reverted.keeps_sku

    @property
    def is_missing(self) -> bool:
        """Whether it is gone from the catalog, and its item therefore to be deleted."""
        return self.missing is not None and not self.is_reverted

    @property
    def is_to_go(self) -> bool:
        """Whether its item is to be deleted, sooner or later."""
        return self.is_missing or (self.is_reverted and self.desired is None)

    @property
    def hold(self) -> Held | None:
        """Why it is held, None where it is not: a write that undoes another is made first."""
        if self.reverted is None or not self.is_reverted:
            return self.held
        if not self.is_equal:
            return None
        return self.held or Held("", "", f"reverted from {self.reverted.cycle}")

    @property
    def is_unusable(self) -> bool:
        """Whether nothing may be written because of the catalog row; a revert does not go by it."""
        return self.held is not None and not self.is_reverted

    @property
    def is_equal(self) -> bool:
        """Whether nothing is left to write for the present wish."""
        if self.delivery is not Delivery.SETTLED:
            return False
        if self.desired is None or self.known is None:
            is_undone = self.desired is None and self.known is None
            return self.is_reverted and is_undone and (self.keeps_sku or self.known_sku is None)
        if not wants_sku(self.desired):
            return not differences(self.desired, self.known, self.sent)
        halves = (Resource.INVENTORY_ITEM, Resource.SKU)
        return all(map(self.has_equal, halves))

    def half(self, resource: Resource) -> Half:
        """What stands in this row of one half."""
        wish = self.desired or {}
        if resource is Resource.SKU:
            return Half(resource, sku_half(wish), self.known_sku, self.sent_sku)
        return Half(resource, item_half(wish), self.known, self.sent)

    def with_half(
        self, resource: Resource, known: Attributes | None, sent: frozenset[Attribute]
    ) -> Tracked:
        """The row with this known of one half."""
        if resource is Resource.SKU:
            is_lost = self.lost_sku and known is None
            return replace(self, known_sku=known, sent_sku=sent, lost_sku=is_lost)
        return replace(self, known=known, sent=sent)

    def without_sku(self) -> Tracked:
        """The row once no SKU is ours, without one having been lost."""
        return replace(self, known_sku=None, sent_sku=frozenset(), lost_sku=False)

    def having_lost_sku(self) -> Tracked:
        """The row once the remote is found to have no SKU; one that never was ours is not lost."""
        is_lost = self.lost_sku or self.known_sku is not None
        return replace(self, known_sku=None, sent_sku=frozenset(), lost_sku=is_lost)

    @property
    def wants_sku(self) -> bool:
        """Whether the wish is for a pair."""
        return wants_sku(self.desired)

    def has_equal(self, resource: Resource) -> bool:
        """Whether this half is there and as the wish has it."""
        half = self.half(resource)
        if self.desired is None or half.known is None:
            return False
        return self.delivery is Delivery.SETTLED and not half.differences()
