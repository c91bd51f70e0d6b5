"""The journal: every write with the values before it, and every adoption."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from syncd.domain.attributes import Attributes, ItemId
from syncd.domain.change import Action, Change, ChangeOutcome, Resource
from syncd.domain.cycle import CycleId
from syncd.domain.delivery import Failure, Kind

WriteId = NewType("WriteId", int)
"""Names one entry of the journal; grows with time."""


class Deed(StrEnum):
    """What an entry of the journal tells."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    ADOPT = "adopt"


@dataclass(frozen=True, slots=True)
class Intent:
    """A write that is about to begin; `before` is what was known, None where no item was.

    One that was `approved` does not count in the budgets of later cycles. A create that `recreates`
    brings back an item of ours which the remote has lost.
    """

    cycle: CycleId
    change: Change
    before: Attributes | None
    begun: datetime
    approved: bool = False
    recreates: bool = False


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of a write that was begun."""

    write: WriteId
    kind: Kind
    ended: datetime
    failure: Failure | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Adoption:
    """An item or a SKU that existed already and became ours, with the values it had."""

    cycle: CycleId
    id: ItemId
    observed: Attributes
    at: datetime
    resource: Resource = Resource.INVENTORY_ITEM


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One entry as `why` and `history` show it.

    `after` holds the values sent (empty for a delete and an adoption). `kind` and `ended` are None
    while the outcome is not recorded. `approved` says that a person had approved the write, and
    `recreates` that it brought back an item of ours which was gone.
    """

    write: WriteId
    cycle: CycleId
    id: ItemId
    deed: Deed
    resource: Resource
    revision: int
    before: Attributes | None
    after: Attributes
    begun: datetime
    ended: datetime | None = None
    kind: Kind | None = None
    failure: Failure | None = None
    request_id: str | None = None
    approved: bool = False
    recreates: bool = False


@dataclass(frozen=True, slots=True)
class WritesOfAnHour:
    """How many writes of one sort began within the hour that begins at `hour`.

    `kind` is None for those whose outcome is not recorded.
    """

    hour: datetime
    action: Action
    kind: Kind | None
    count: int


def outcome_of(action: Action, kind: Kind | None) -> ChangeOutcome:
    """Tell what became of a write, by how its answer was taken; nothing recorded is a failure."""
    if kind is Kind.ACCEPTED or (kind is Kind.GONE and action is Action.DELETE):
        return ChangeOutcome.DONE
    return ChangeOutcome.QUARANTINED if kind is Kind.REFUSED else ChangeOutcome.FAILED
