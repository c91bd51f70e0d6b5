"""The exit code: what a finished cycle says about the standing state."""

from __future__ import annotations

from syncd.domain.cycle import CycleResult, Guard
from syncd.domain.tracking import SkuState
from syncd.errors import ExitCode


def exit_code(result: CycleResult) -> ExitCode:
    """The code of a cycle that may write; 1 goes before 4, 4 before 3 (product.md)."""
    if result.error is not None or (result.writes_due and not _all_stopped(result)):
        return ExitCode.FAILED
    if result.guards:
        return ExitCode.GUARD_STOPPED
    if _needs_attention(result):
        return ExitCode.NEEDS_ATTENTION
    return ExitCode.OK


def dry_run_exit_code(result: CycleResult) -> ExitCode:
    """The code of a dry run: that the report was made is all that counts."""
    return ExitCode.OK if result.error is None else ExitCode.FAILED


def dry_run_findings(result: CycleResult) -> ExitCode:
    """The code of a dry run that was asked to tell, with `--exit-code`, what it found."""
    if result.error is not None:
        return ExitCode.FAILED
    if result.guards:
        return ExitCode.GUARD_STOPPED
    return ExitCode.CHANGES_FOUND if result.changes else ExitCode.OK


def _all_stopped(result: CycleResult) -> bool:
    """Whether nothing was even planned: only another account stops everything, approved or not."""
    return any(stop.guard is Guard.ACCOUNT for stop in result.guards)


def _needs_attention(result: CycleResult) -> bool:
    counted = result.states.get(SkuState.HELD, 0) + result.states.get(SkuState.QUARANTINED, 0)
    return bool(counted or result.held or result.quarantined)
