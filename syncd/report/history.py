"""How past cycles ended, in a few words and with a role."""

from __future__ import annotations

from typing import Final

from syncd.domain.cycle import CycleResult
from syncd.domain.tracking import SkuState
from syncd.engine.standing import exit_code
from syncd.errors import ExitCode
from syncd.report.tokens import Role
from syncd.report.wording import counted, visible

_OUTCOMES: Final = {
    ExitCode.FAILED: "writes are still due",
    ExitCode.NEEDS_ATTENTION: "done, some held or quarantined",
    ExitCode.GUARD_STOPPED: "a guard stopped something",
}
_AT_REST: Final = frozenset({SkuState.IN_SYNC, SkuState.FOREIGN})
UNDER_WAY: Final = "under way"
CUT_OFF: Final = "cut off with its process; the next cycle goes on from there"
_ROLES: Final = {
    ExitCode.OK: Role.IN_SYNC,
    ExitCode.FAILED: Role.PENDING,
    ExitCode.NEEDS_ATTENTION: Role.HELD,
    ExitCode.GUARD_STOPPED: Role.STOPPED,
}


def outcome_words(cycle: CycleResult) -> str:
    """Say how a cycle ended."""
    if cycle.error is not None:
        return f"ended early: {visible(cycle.error.rstrip('.'))}"
    code = exit_code(cycle)
    return _waiting(cycle) if code is ExitCode.OK else _OUTCOMES[code]


def newest_words(cycle: CycleResult, *, under_way: bool) -> str:
    """Say the same of the newest cycle of all, which may not have ended yet."""
    if not cycle.is_unfinished:
        return outcome_words(cycle)
    return UNDER_WAY if under_way else CUT_OFF


def _waiting(cycle: CycleResult) -> str:
    """Where nothing is to be done now, SKUs may wait all the same: to be deleted, or by policy."""
    waiting = sum(count for state, count in cycle.states.items() if state not in _AT_REST)
    return f"done, {counted(waiting, 'SKU')} waiting" if waiting else "all in sync"


def outcome_role(cycle: CycleResult) -> Role:
    """Tell the role of how a cycle ended."""
    return Role.FAILED if cycle.error is not None else _ROLES[exit_code(cycle)]
