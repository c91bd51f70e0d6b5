"""The exit codes: what a finished cycle says about the standing state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from syncd.domain.change import Action, ChangeOutcome
from syncd.domain.cycle import (
    ChangeResult,
    CycleId,
    CycleResult,
    Guard,
    GuardStop,
    Mode,
    QuarantinedSku,
)
from syncd.domain.snapshot import HeldSku
from syncd.domain.tracking import SkuState
from syncd.engine.standing import dry_run_exit_code, dry_run_findings, exit_code
from syncd.errors import ExitCode
from tests.unit.engine.samples import BROKEN_ROW, ITEM, NOW, REFUSAL, UPDATE

FINE = CycleResult(CycleId("c"), Mode.ONCE, NOW, NOW, None, states={SkuState.IN_SYNC: 9})
STOP = GuardStop(Guard.MAX_DELETE, 0.1, 0.4, (Action.DELETE,), "too many")
WRONG_ACCOUNT = replace(STOP, guard=Guard.ACCOUNT, stopped=tuple(Action))
HELD = (HeldSku(ITEM, BROKEN_ROW),)
STRAY = (HeldSku("", BROKEN_ROW),)
QUARANTINED = (QuarantinedSku(ITEM, REFUSAL, NOW),)
CHANGES = (ChangeResult(UPDATE, ChangeOutcome.PLANNED),)


@pytest.mark.parametrize(
    ("result", "code"),
    [
        pytest.param(FINE, ExitCode.OK, id="all in sync"),
        pytest.param(
            replace(FINE, states={SkuState.MISSING: 3, SkuState.FOREIGN: 2}),
            ExitCode.OK,
            id="missing and waiting",
        ),
        pytest.param(
            replace(FINE, states={SkuState.PENDING: 3}), ExitCode.OK, id="what the policy forbids"
        ),
        pytest.param(replace(FINE, changes=CHANGES), ExitCode.OK, id="changes were made"),
        pytest.param(replace(FINE, error="no such file"), ExitCode.FAILED, id="failed"),
        pytest.param(replace(FINE, writes_due=1), ExitCode.FAILED, id="writes are due"),
        pytest.param(replace(FINE, guards=(STOP,)), ExitCode.GUARD_STOPPED, id="stopped"),
        pytest.param(
            replace(FINE, guards=(WRONG_ACCOUNT,)), ExitCode.GUARD_STOPPED, id="another account"
        ),
        pytest.param(
            replace(FINE, guards=(WRONG_ACCOUNT,), writes_due=7),
            ExitCode.GUARD_STOPPED,
            id="what is all stopped is not due",
        ),
        pytest.param(
            replace(FINE, guards=(replace(STOP, stopped=tuple(Action)),), writes_due=1),
            ExitCode.FAILED,
            id="what is due beside all kinds that limits have stopped",
        ),
        pytest.param(replace(FINE, states={SkuState.HELD: 1}), ExitCode.NEEDS_ATTENTION, id="held"),
        pytest.param(
            replace(FINE, states={SkuState.QUARANTINED: 1}),
            ExitCode.NEEDS_ATTENTION,
            id="quarantined",
        ),
        pytest.param(replace(FINE, held=STRAY), ExitCode.NEEDS_ATTENTION, id="held without id"),
        pytest.param(
            replace(FINE, quarantined=QUARANTINED), ExitCode.NEEDS_ATTENTION, id="in the report"
        ),
    ],
)
def test_a_cycle_tells_the_standing_state(result: CycleResult, code: ExitCode) -> None:
    assert exit_code(result) is code


@pytest.mark.parametrize(
    ("troubles", "code"),
    [
        (["error", "guards", "held"], ExitCode.FAILED),
        (["writes_due", "guards", "held"], ExitCode.FAILED),
        (["error", "all_stopped"], ExitCode.FAILED),
        (["guards", "held", "quarantined"], ExitCode.GUARD_STOPPED),
        (["held", "quarantined"], ExitCode.NEEDS_ATTENTION),
    ],
)
def test_1_goes_before_4_and_4_before_3(troubles: Sequence[str], code: ExitCode) -> None:
    assert exit_code(with_troubles(troubles)) is code


def with_troubles(troubles: Sequence[str]) -> CycleResult:
    return replace(
        FINE,
        error="no such file" if "error" in troubles else None,
        writes_due=3 if "writes_due" in troubles else 0,
        guards=((STOP,) if "guards" in troubles else ())
        + ((WRONG_ACCOUNT,) if "all_stopped" in troubles else ()),
        held=HELD if "held" in troubles else (),
        quarantined=QUARANTINED if "quarantined" in troubles else (),
        states=states(troubles),
    )


def states(troubles: Sequence[str]) -> Mapping[SkuState, int]:
    return {SkuState.HELD: troubles.count("held")}


@pytest.mark.parametrize(
    ("result", "code", "findings"),
    [
        pytest.param(FINE, ExitCode.OK, ExitCode.OK, id="nothing to do"),
        pytest.param(
            replace(FINE, changes=CHANGES, writes_due=1),
            ExitCode.OK,
            ExitCode.CHANGES_FOUND,
            id="changes",
        ),
        pytest.param(
            replace(FINE, changes=CHANGES, guards=(STOP,)),
            ExitCode.OK,
            ExitCode.GUARD_STOPPED,
            id="changes that a guard stops",
        ),
        pytest.param(
            replace(FINE, changes=CHANGES, guards=(STOP,), error="no such file"),
            ExitCode.FAILED,
            ExitCode.FAILED,
            id="failed",
        ),
        pytest.param(replace(FINE, held=HELD), ExitCode.OK, ExitCode.OK, id="held rows alone"),
    ],
)
def test_a_dry_run_is_about_its_report_unless_asked_for_its_findings(
    result: CycleResult, code: ExitCode, findings: ExitCode
) -> None:
    assert dry_run_exit_code(result) is code
    assert dry_run_findings(result) is findings
