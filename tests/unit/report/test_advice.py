"""What a guard stop advises."""

from __future__ import annotations

import pytest

from syncd.domain.change import Action
from syncd.domain.cycle import Guard, GuardStop
from syncd.report.advice import advice_for


@pytest.mark.parametrize(
    ("guard", "actual", "command"),
    [
        (Guard.MAX_DELETE, 0.4, "SYNCD_GUARDS__MAX_DELETE=0.4 syncd --once"),
        (Guard.MAX_UPDATE, 0.5012, "SYNCD_GUARDS__MAX_UPDATE=0.51 syncd --once"),
        (Guard.MAX_SHRINK, 0.999, "SYNCD_GUARDS__MAX_SHRINK=1.0 syncd --once"),
        (Guard.CANARY, 1.2, "SYNCD_GUARDS__CANARY=1.0 syncd --once"),
        (Guard.MAX_CREATE, 40, "SYNCD_GUARDS__MAX_CREATE=40 syncd --once"),
        (Guard.EMPTY_CATALOG, 0, "syncd check"),
        (Guard.ACCOUNT, 3, "syncd check"),
    ],
)
def test_names_the_command_that_helps(guard: Guard, actual: float, command: str) -> None:
    stop = GuardStop(guard, 0.1, actual, (Action.DELETE,), "Too many.")
    assert advice_for(stop).command == command


@pytest.mark.parametrize("actual", [0.001, 0.1, 0.28, 0.29, 0.57, 0.9999])
def test_the_limit_it_names_lets_the_plan_through(actual: float) -> None:
    stop = GuardStop(Guard.MAX_DELETE, 0.0, actual, (Action.DELETE,), "Too many.")
    setting = advice_for(stop).command.split()[0]
    assert float(setting.partition("=")[2]) >= actual
