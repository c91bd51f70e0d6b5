"""The parts that a cycle's SKUs fall into: the tiles, the bar and the counts of every format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from syncd.domain.change import Action, ChangeOutcome
from syncd.domain.cycle import ChangeResult
from syncd.domain.tracking import SkuState
from syncd.report.report import Report
from syncd.report.tokens import Role


class PartKey(StrEnum):
    """Names one part; those of changes are what the table of changes filters by."""

    UNCHANGED = "unchanged"
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    STOPPED = "stopped"
    FAILED = "failed"
    REFUSED = "refused"
    HELD = "held"
    QUARANTINED = "quarantined"
    MISSING = "missing"
    PENDING = "pending"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True)
class Part:
    """How many SKUs fall into one part, under the word and the role it is shown with."""

    key: PartKey
    word: str
    count: int
    role: Role


ALWAYS_SHOWN = frozenset(
    {
        PartKey.UNCHANGED,
        PartKey.CREATE,
        PartKey.UPDATE,
        PartKey.DELETE,
        PartKey.HELD,
        PartKey.QUARANTINED,
    }
)


def parts_of(report: Report) -> tuple[Part, ...]:
    """Split the SKUs of a cycle; zero only where a reader looks for the part anyway."""
    every = (*_good(report), *_not_carried_out(report), *_waiting(report))
    return tuple(part for part in every if part.count or part.key in ALWAYS_SHOWN)


def part_of_change(result: ChangeResult) -> PartKey:
    """Tell the one part that a change falls into: its outcome's where it was not carried out."""
    match result.outcome:
        case ChangeOutcome.STOPPED:
            return PartKey.STOPPED
        case ChangeOutcome.FAILED:
            return PartKey.FAILED
        case ChangeOutcome.QUARANTINED:
            return PartKey.REFUSED
        case ChangeOutcome.PLANNED | ChangeOutcome.DONE:
            return PartKey(result.change.action)


def failures_first(changes: Sequence[ChangeResult]) -> list[ChangeResult]:
    """Order changes for a reader who may see only the first of them."""
    failures = {ChangeOutcome.FAILED, ChangeOutcome.QUARANTINED}
    return sorted(changes, key=lambda result: result.outcome not in failures)


def _good(report: Report) -> tuple[Part, ...]:
    summary, ran = report.summary, not report.only_tells
    written = Role.IN_SYNC if ran else Role.PENDING
    return (
        Part(PartKey.UNCHANGED, "unchanged" if ran else "in sync", summary.unchanged, Role.IN_SYNC),
        Part(PartKey.CREATE, "created" if ran else "create", summary.create, written),
        Part(PartKey.UPDATE, "updated" if ran else "update", summary.update, written),
        Part(PartKey.DELETE, "deleted" if ran else "delete", summary.delete, Role.MISSING),
    )


def _not_carried_out(report: Report) -> tuple[Part, ...]:
    summary = report.summary
    return (
        Part(PartKey.STOPPED, "stopped", summary.stopped, Role.STOPPED),
        Part(PartKey.FAILED, "failed", summary.failed, Role.FAILED),
    )


def _waiting(report: Report) -> tuple[Part, ...]:
    summary, states = report.summary, report.states
    return (
        Part(PartKey.HELD, "held", summary.held, Role.HELD),
        Part(PartKey.QUARANTINED, "quarantined", summary.quarantined, Role.QUARANTINED),
        Part(PartKey.MISSING, "missing", report.missing_waiting, Role.MISSING),
        Part(PartKey.PENDING, "pending", _other_pending(report), Role.PENDING),
        Part(PartKey.FOREIGN, "foreign", states.get(SkuState.FOREIGN, 0), Role.FOREIGN),
    )


def _other_pending(report: Report) -> int:
    """Count what is pending without being in this plan, or under a part of its own."""
    pending = sum(report.states.get(state, 0) for state in (SkuState.PENDING, SkuState.IN_FLIGHT))
    still_due = {ChangeOutcome.PLANNED, ChangeOutcome.FAILED, ChangeOutcome.STOPPED}
    in_plan = sum(
        1
        for result in report.changes
        if result.outcome in still_due and result.change.action is not Action.DELETE
    )
    return max(0, pending - in_plan)
