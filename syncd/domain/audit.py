"""What an audit finds: how what the remote shows differs from what is known of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from syncd.domain.attributes import Attribute, AttributeChange, Attributes, ItemId, Value
from syncd.domain.cycle import GuardStop
from syncd.domain.cycle_id import CycleId
from syncd.domain.item import RemoteItem, RemoteSku
from syncd.domain.tracking import SkuState


class FindingKind(StrEnum):
    """How an item at the remote and its row differ, by the report's own words."""

    DRIFTED = "drifted"
    """Ours, and somebody else has changed it."""
    VANISHED = "vanished"
    """Ours, and no longer there."""
    UNADOPTED = "unadopted"
    """There, wanted by the catalog, and not taken over yet."""
    ORPHANED = "orphaned"
    """Ours, and no longer in the catalog."""
    MANAGED = "managed"
    """Digital River fulfils its SKU, and keeps the item itself."""
    FOREIGN = "foreign"
    """There, and none of ours."""
    UNEQUAL = "unequal"
    """SKU and item are not alike in what they share."""
    INCOMPLETE = "incomplete"
    """One half of the pair is there without the other."""


MENDED: Final = frozenset({FindingKind.DRIFTED, FindingKind.VANISHED, FindingKind.UNADOPTED})
"""What a repair mends; the rest waits for its delete, or is none of syncd's business."""
_NOT_OURS: Final = frozenset({None, SkuState.FOREIGN})


@dataclass(frozen=True, slots=True)
class Sides:
    """One attribute of a pair as all three have it: the catalog, the SKU and the item."""

    catalog: Value
    sku: Value
    item: Value


@dataclass(frozen=True, slots=True)
class Finding:
    """One SKU whose item is not as it is known to be, or whose halves do not go together.

    `attributes` has each attribute that drifted, from the known value to the `observed` one;
    `desired` is what the catalog wants, `observed` what the remote shows, None where nothing is
    there. `updated` is when the remote says it was changed, `written` when syncd last wrote it,
    None where it never did; `seen` is when the remote was asked. `reason` says in words what else
    there is to say. Where SKUs were looked at, `sku` is what the SKU shows, `sku_attributes` each
    attribute of it that drifted, and `unequal` what the halves do not have alike; `alone` says in
    words which half of a pair is there without the other.
    """

    id: ItemId
    kind: FindingKind
    seen: datetime
    state: SkuState | None = None
    desired: Attributes | None = None
    known: Attributes | None = None
    observed: Attributes | None = None
    attributes: Mapping[Attribute, AttributeChange] = field(default_factory=dict)
    updated: datetime | None = None
    written: datetime | None = None
    reason: str = ""
    sku: Attributes | None = None
    sku_attributes: Mapping[Attribute, AttributeChange] = field(default_factory=dict)
    unequal: Mapping[Attribute, Sides] = field(default_factory=dict)
    alone: str = ""

    @property
    def is_to_mend(self) -> bool:
        """Whether a repair changes anything about it, be it only that it is ours no more.

        A held row wishes for nothing: as long as its item is not ours, nobody asks for it.
        """
        was_never_ours = self.state is SkuState.HELD and self.known is None
        may_be_ours = self.state not in _NOT_OURS and not was_never_ours
        return self.kind in MENDED or (self.kind is FindingKind.MANAGED and may_be_ours)


@dataclass(frozen=True, slots=True)
class Sighting:
    """One item as a listing showed it, and when.

    `managed` is true where a SKU was shown beside it that Digital River fulfils itself.
    """

    item: RemoteItem
    seen: datetime
    managed: bool = False


@dataclass(frozen=True, slots=True)
class PairSighting:
    """Both halves of an id as listings showed them, and when; None for what was not shown."""

    id: ItemId
    item: RemoteItem | None
    sku: RemoteSku | None
    seen: datetime


@dataclass(frozen=True, slots=True)
class Observed:
    """What the remote last showed of a SKU that an audit found otherwise than it is known.

    `attributes` is None where no item was there, `sku` where no SKU was or none was asked for.
    """

    id: ItemId
    kind: FindingKind
    attributes: Attributes | None
    updated: datetime | None
    seen: datetime
    sku: Attributes | None = None


class Extent(StrEnum):
    """How much of the remote an audit looked at."""

    WHOLE = "whole"
    """All that is there, and all that should be."""
    SAMPLE = "sample"
    """Some of what should be there, chosen at random."""
    PART = "part"
    """The next part of a round over all that should be there."""


@dataclass(frozen=True, slots=True)
class Audit:
    """One audit: what it looked at and what it found.

    `listed` counts the items that the remote listed, `skus` the SKUs, `looked_up` the ids that were
    asked for by name, `windows` how many windows of creation time the items were read in.
    `unsettled` counts the SKUs that were being written meanwhile, which the next audit judges.
    `skus_hidden` says that the key may not read SKUs, so that neither their fulfilment nor their
    pairs were checked. `guards` is not empty where nothing was looked at, for the account may be
    another one. `beyond` counts findings of no concern of ours that are not among `findings`.
    """

    id: CycleId
    extent: Extent
    began: datetime
    finished: datetime
    findings: tuple[Finding, ...] = ()
    listed: int = 0
    looked_up: int = 0
    windows: int = 0
    unsettled: int = 0
    requests: int = 0
    skus_hidden: bool = False
    skus: int = 0
    guards: tuple[GuardStop, ...] = ()
    beyond: Mapping[FindingKind, int] = field(default_factory=dict)

    def to_mend(self) -> frozenset[ItemId]:
        """The ids that a repair is about."""
        return frozenset(one.id for one in self.findings if one.is_to_mend)

    def counts(self) -> Counter[FindingKind]:
        """How many findings there are of each kind."""
        return Counter(one.kind for one in self.findings) + Counter(self.beyond)


@dataclass(frozen=True, slots=True)
class PastAudit:
    """What is remembered of the last audit of one extent; `to_mend` is what a repair is about."""

    id: CycleId
    began: datetime
    finished: datetime
    listed: int
    looked_up: int
    counts: Mapping[FindingKind, int]
    to_mend: int = 0
    unsettled: int = 0
