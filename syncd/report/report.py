"""The one value that every format shows: a cycle, counted and with its exit code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from syncd.domain.change import Action, ChangeOutcome
from syncd.domain.cycle import (
    ChangeResult,
    Counts,
    CycleId,
    CycleResult,
    GuardStop,
    Mode,
    QuarantinedSku,
)
from syncd.domain.snapshot import HeldSku, PageRun
from syncd.domain.tracking import SkuState
from syncd.errors import ExitCode


@dataclass(frozen=True, slots=True)
class Catalog:
    """What was read. `rows` counts the records after the filter, `records` before it.

    `since` is the watermark from which on only changes were read, None for a read of everything;
    `joined` counts the rows of the sources that were joined, by name; `pages` tells what each page
    had.
    """

    source: str | None
    rows: int = 0
    records: int = 0
    complete: bool = False
    duplicates: int = 0
    doubts: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    since: str | None = None
    joined: Mapping[str, int] = field(default_factory=dict)
    pages: tuple[PageRun, ...] = ()


@dataclass(frozen=True, slots=True)
class Summary:
    """The counts of one cycle.

    `create`, `update` and `delete` count the changes that a guard let through and that are planned
    or done; `failed` and `stopped` those that were not carried out; the refused ones count among
    `quarantined`. `held`, `quarantined` and `missing` count SKUs after the cycle, whenever they got
    there; `held` also rows without an id. `unchanged` counts the SKUs that were in sync before the
    cycle and still are, without a write: those in sync after it less those it created or updated.
    """

    create: int = 0
    update: int = 0
    delete: int = 0
    unchanged: int = 0
    held: int = 0
    quarantined: int = 0
    missing: int = 0
    failed: int = 0
    requests: int = 0
    stopped: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """One cycle as product.md reports it; the same for a dry run, a run and a saved plan."""

    cycle: CycleId
    mode: Mode
    started: datetime
    finished: datetime
    catalog: Catalog
    summary: Summary
    guards: tuple[GuardStop, ...] = ()
    changes: tuple[ChangeResult, ...] = ()
    held: tuple[HeldSku, ...] = ()
    quarantined: tuple[QuarantinedSku, ...] = ()
    adopted: int = 0
    writes_due: int = 0
    states: Mapping[SkuState, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    error: str | None = None
    exit_code: ExitCode = ExitCode.OK

    @classmethod
    def of(cls, result: CycleResult, source: str | None, exit_code: ExitCode) -> Report:
        """Count what a cycle did; `source` names the catalog where no certificate does."""
        return cls(
            cycle=result.id,
            mode=result.mode,
            started=result.started,
            finished=result.finished,
            catalog=_catalog(result, source),
            summary=_summary(result),
            guards=result.guards,
            changes=result.changes,
            held=result.held,
            quarantined=result.quarantined,
            adopted=result.adopted,
            writes_due=result.writes_due,
            states=dict(result.states),
            notes=result.notes,
            error=result.error,
            exit_code=exit_code,
        )

    @property
    def writes(self) -> bool:
        """Whether this cycle was one that may write: neither a dry run nor a saved plan."""
        return self.mode not in {Mode.DRY_RUN, Mode.PLAN}

    @property
    def only_tells(self) -> bool:
        """Whether its changes are only what would be done, as where the policy just reports."""
        planned = any(result.outcome is ChangeOutcome.PLANNED for result in self.changes)
        return not self.writes or planned

    @property
    def recorded(self) -> CycleId | None:
        """The cycle where the history has it: a dry run leaves nothing there."""
        return self.cycle if self.writes else None

    @property
    def missing_waiting(self) -> int:
        """How many missing SKUs there are whose delete is not in this plan."""
        due = {
            result.change.id
            for result in self.changes
            if result.change.action is Action.DELETE and result.outcome is not ChangeOutcome.DONE
        }
        return max(0, self.summary.missing - len(due))

    def stopped(self) -> Counter[Action]:
        """How many changes of each kind a guard stopped."""
        stopped = (one.change for one in self.changes if one.outcome is ChangeOutcome.STOPPED)
        return Counter(action for _, action in {(one.id, one.action) for one in stopped})


def _catalog(result: CycleResult, source: str | None) -> Catalog:
    certificate = result.certificate
    if certificate is None:
        return Catalog(source, doubts=("The catalog was not read.",))
    return Catalog(
        source=certificate.source,
        rows=certificate.rows,
        records=certificate.records,
        complete=certificate.complete,
        duplicates=result.duplicates,
        doubts=certificate.doubts,
        evidence=certificate.evidence,
        since=certificate.since,
        joined=certificate.joined,
        pages=certificate.pages,
    )


def _summary(result: CycleResult) -> Summary:
    counts = Counts.of(result.changes)
    states = result.states
    return Summary(
        create=counts.create,
        update=counts.update,
        delete=counts.delete,
        unchanged=_unchanged(result),
        held=max(len(result.held), states.get(SkuState.HELD, 0)),
        quarantined=max(len(result.quarantined), states.get(SkuState.QUARANTINED, 0)),
        missing=states.get(SkuState.MISSING, 0),
        failed=counts.failed,
        requests=result.requests,
        stopped=counts.stopped,
    )


def _unchanged(result: CycleResult) -> int:
    written = {
        one.change.id
        for one in result.changes
        if one.outcome is ChangeOutcome.DONE and one.change.action is not Action.DELETE
    }
    return max(0, result.states.get(SkuState.IN_SYNC, 0) - len(written))
