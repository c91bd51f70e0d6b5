"""One change of one resource, and the plan: an ordered set of them to print, save or refuse."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import groupby
from operator import attrgetter
from typing import Final

from syncd.domain.attributes import Attribute, AttributeChange, ItemId, Value


class Action(StrEnum):
    """What a change does at Digital River."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


class Resource(StrEnum):
    """What a change or a read is about, by the report's own words; changes know the pair alone."""

    INVENTORY_ITEM = "inventory_item"
    SKU = "sku"
    INVENTORY_LEVEL = "inventory_level"
    EVENT = "event"


SYNCED: Final = (Resource.INVENTORY_ITEM, Resource.SKU, Resource.INVENTORY_LEVEL)
"""What a sync asks the remote for; events are for reading SKUs as a catalog."""


class ChangeOutcome(StrEnum):
    """What became of a change, by the report's own words."""

    PLANNED = "planned"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True)
class Change:
    """One create, update or delete of one resource.

    `attributes` holds what is written, with the known value before it; for a delete, what is lost
    (`desired` is then None). `revision` is that of the wish it carries out. `then` is what is due
    for the other half of the pair once this is done.
    """

    id: ItemId
    action: Action
    revision: int
    attributes: Mapping[Attribute, AttributeChange] = field(default_factory=dict)
    resource: Resource = Resource.INVENTORY_ITEM
    then: Change | None = None

    @property
    def halves(self) -> tuple[Change, ...]:
        """What is done to one half each, in the order of doing."""
        if self.then is None:
            return (self,)
        return (replace(self, then=None), self.then)

    @property
    def removes_pair(self) -> bool:
        """Whether this deletes an item whose SKU goes after it."""
        return self.action is Action.DELETE and self.then is not None

    def payload(self) -> dict[Attribute, Value]:
        """The values to send."""
        return {attribute: change.desired for attribute, change in self.attributes.items()}


@dataclass(frozen=True, slots=True)
class Plan:
    """Every change that is due, one an id, in the order of their ids.

    `approved` are the ids of those that a person has approved after a guard had stopped them.
    """

    changes: tuple[Change, ...] = ()
    approved: frozenset[ItemId] = frozenset()

    def count(self, action: Action) -> int:
        """How many changes do this to either half."""
        return sum(
            1
            for change in self.changes
            if change.action is action or (change.then is not None and change.then.action is action)
        )

    def without(self, ids: AbstractSet[ItemId]) -> Plan:
        """The plan less the changes of these ids."""
        if not ids:
            return self
        left = tuple(change for change in self.changes if change.id not in ids)
        return Plan(left, self.approved - ids)


def paired(halves: Iterable[Change]) -> tuple[Change, ...]:
    """Reverse `Change.halves` where those of one id follow each other."""
    grouped = (list(group) for _, group in groupby(halves, attrgetter("id")))
    return tuple(
        replace(group[0], then=group[1]) if len(group) > 1 else group[0] for group in grouped
    )
