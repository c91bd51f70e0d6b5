"""What one cycle was asked, what it found and what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import groupby, product
from typing import Final

from syncd.domain.attributes import ItemId
from syncd.domain.change import Action, Change, ChangeOutcome, paired
from syncd.domain.cycle_id import CycleId
from syncd.domain.delivery import Failure
from syncd.domain.snapshot import Certificate, HeldSku
from syncd.domain.tracking import SkuState

__all__ = [
    "ChangeResult",
    "Counts",
    "CycleId",
    "CycleResult",
    "Fault",
    "Guard",
    "GuardStop",
    "Mode",
    "QuarantinedSku",
]

PASSED: Final = frozenset({ChangeOutcome.PLANNED, ChangeOutcome.DONE})
"""What becomes of a change that nothing keeps back."""


UNFINISHED: Final = "it did not finish: the process ended before it could say why"
"""What a cycle is recorded with when it begins, and keeps where its process dies."""


class Mode(StrEnum):
    """How a cycle was asked for, by the report's own words."""

    ONCE = "once"
    DRY_RUN = "dry-run"
    PLAN = "plan"
    APPLY = "apply"
    SCHEDULED = "scheduled"
    REVERT = "revert"
    REPAIR = "repair"
    ADOPT = "adopt"


class Fault(StrEnum):
    """Where the failure lay that ended a cycle early."""

    CATALOG = "catalog"
    REMOTE = "remote"
    KEY = "key"


class Guard(StrEnum):
    """The limits that stop a plan, by their configuration keys where they have one."""

    MAX_DELETE = "max_delete"
    MAX_UPDATE = "max_update"
    MAX_CREATE = "max_create"
    MAX_SHRINK = "max_shrink"
    MAX_SAME_CHANGE = "max_same_change"
    CANARY = "canary"
    EMPTY_CATALOG = "empty_catalog"
    PARTIAL_READ = "partial_read"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True)
class GuardStop:
    """One guard that stopped something.

    `limit` and `actual` are shares when they are floats and counts when they are ints. `message`
    says in one sentence what was stopped and why; `examples` are a few of the ids. `stopped` are
    the kinds of change that are stopped whole, except for those that were approved.
    """

    guard: Guard
    limit: float | int
    actual: float | int
    stopped: tuple[Action, ...]
    message: str
    examples: tuple[ItemId, ...] = ()


@dataclass(frozen=True, slots=True)
class ChangeResult:
    """A change and what became of it."""

    change: Change
    outcome: ChangeOutcome
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many changes of a cycle came to what.

    `create`, `update` and `delete` are those that are planned or done.
    """

    create: int = 0
    update: int = 0
    delete: int = 0
    failed: int = 0
    stopped: int = 0
    refused: int = 0

    @classmethod
    def of(cls, changes: Iterable[ChangeResult]) -> Counts:
        """Count changes; the halves of a pair, which follow each other, count as one."""
        pairs = Counter(
            of_one
            for _, halves in groupby(changes, key=lambda one: one.change.id)
            for of_one in {(half.outcome, half.change.action) for half in halves}
        )

        def count(outcomes: Iterable[ChangeOutcome], actions: Iterable[Action] = Action) -> int:
            return sum(pairs[pair] for pair in product(outcomes, actions))

        return cls(
            create=count(PASSED, [Action.CREATE]),
            update=count(PASSED, [Action.UPDATE]),
            delete=count(PASSED, [Action.DELETE]),
            failed=count([ChangeOutcome.FAILED]),
            stopped=count([ChangeOutcome.STOPPED]),
            refused=count([ChangeOutcome.QUARANTINED]),
        )

    @property
    def written(self) -> int:
        """How many changes were made, or would be."""
        return self.create + self.update + self.delete


@dataclass(frozen=True, slots=True)
class QuarantinedSku:
    """A quarantined SKU as a report shows it."""

    id: ItemId
    failure: Failure
    since: datetime


@dataclass(frozen=True, slots=True)
class CycleResult:
    """Everything a report says of one cycle.

    `states` counts the SKUs after the cycle; `writes_due` those still pending or in flight that the
    policy allows to be written. `notes` are sentences for the reader, such as that the key may not
    read SKUs. `error` is the message of the failure that ended the cycle early. `reading` is the
    name of the read that the cycle went by, empty where there is none. `stopped_plan` names the
    changes that its guards stopped, as the state keeps them. `fault` says where a failure lay, None
    where there was none, or a stop. `due_again` is when a write comes due that this cycle could not
    wait for. `counts` tells of the changes where they are not told; old histories lack it.
    `partial` says that only some SKUs were looked at, such as those that a hook had named.
    """

    id: CycleId
    mode: Mode
    started: datetime
    finished: datetime
    certificate: Certificate | None
    duplicates: int = 0
    changes: tuple[ChangeResult, ...] = ()
    adopted: int = 0
    guards: tuple[GuardStop, ...] = ()
    held: tuple[HeldSku, ...] = ()
    quarantined: tuple[QuarantinedSku, ...] = ()
    states: Mapping[SkuState, int] = field(default_factory=dict)
    writes_due: int = 0
    requests: int = 0
    notes: tuple[str, ...] = ()
    error: str | None = None
    reading: str = ""
    stopped_plan: str | None = None
    fault: Fault | None = None
    due_again: datetime | None = None
    counts: Counts | None = None
    partial: bool = False

    @property
    def is_unfinished(self) -> bool:
        """Whether it has not said how it ended: it goes on, or its process is gone."""
        return self.error == UNFINISHED

    def stopped(self) -> tuple[Change, ...]:
        """The changes that guards stopped, of those that are told here."""
        return paired(one.change for one in self.changes if one.outcome is ChangeOutcome.STOPPED)


def standing_stops(cycles: Iterable[CycleResult]) -> tuple[GuardStop, ...]:
    """What guards keep back, by the latest cycles, newest first.

    A cycle that failed or looked at some SKUs alone says nothing of what else was stopped.
    """
    stops: dict[tuple[Guard, tuple[Action, ...]], GuardStop] = {}
    for cycle in cycles:
        if cycle.error is None:
            for stop in cycle.guards:
                stops.setdefault((stop.guard, stop.stopped), stop)
            if not cycle.partial:
                break
    return tuple(stops.values())


def last_judged(cycles: Iterable[CycleResult]) -> CycleResult | None:
    """The latest cycle that stopped something, unless one about all SKUs came after it."""
    judged = (cycle for cycle in cycles if cycle.error is None)
    return next((cycle for cycle in judged if cycle.guards or not cycle.partial), None)
