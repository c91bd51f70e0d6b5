"""How past cycles ended, in a few words and with a role."""

from __future__ import annotations

from typing import Final

from syncd.domain.cycle import CycleResult
from syncd.engine.standing import exit_code
from syncd.errors import ExitCode
from syncd.report.tokens import Role
from syncd.report.wording import visible

_OUTCOMES: Final = {
    ExitCode.OK: "all in sync",
    ExitCode.FAILED: "writes are still due",
    ExitCode.NEEDS_ATTENTION: "done, some held or quarantined",
    ExitCode.GUARD_STOPPED: "a guard stopped something",
}
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
    return _OUTCOMES[exit_code(cycle)]


def outcome_role(cycle: CycleResult) -> Role:
    """Tell the role of how a cycle ended."""
    return Role.FAILED if cycle.error is not None else _ROLES[exit_code(cycle)]
