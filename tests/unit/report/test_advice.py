"""What a guard stop advises."""

from __future__ import annotations

from dataclasses import replace

import pytest

from syncd.domain.change import Action
from syncd.domain.cycle import CycleId, Guard, GuardStop, Mode
from syncd.report import Format, render
from syncd.report.advice import advice_for
from tests.unit.report.samples import report, stopped

CYCLE = CycleId("20261121T174000Z-3f9a")


def stop_of(guard: Guard, actual: float) -> GuardStop:
    return GuardStop(guard, 0.1, actual, (Action.DELETE,), "Too many.")


@pytest.mark.parametrize(
    ("guard", "actual", "in_a_dry_run"),
    [
        (Guard.MAX_DELETE, 0.4, "SYNCD_GUARDS__MAX_DELETE=0.4 syncd --once"),
        (Guard.MAX_UPDATE, 0.5012, "SYNCD_GUARDS__MAX_UPDATE=0.51 syncd --once"),
        (Guard.MAX_SHRINK, 0.999, "SYNCD_GUARDS__MAX_SHRINK=1.0 syncd --once"),
        (Guard.MAX_SAME_CHANGE, 0.4, "SYNCD_GUARDS__MAX_SAME_CHANGE=0.4 syncd --once"),
        (Guard.CANARY, 1.2, "SYNCD_GUARDS__CANARY=1.0 syncd --once"),
        (Guard.MAX_CREATE, 40, "SYNCD_GUARDS__MAX_CREATE=40 syncd --once"),
    ],
)
def test_a_stop_is_approved_where_the_history_has_its_cycle(
    guard: Guard, actual: float, in_a_dry_run: str
) -> None:
    stop = stop_of(guard, actual)

    assert advice_for(stop, CYCLE).command == f"syncd approve {CYCLE}"
    assert advice_for(stop, None).command == in_a_dry_run


@pytest.mark.parametrize("recorded", [CYCLE, None])
@pytest.mark.parametrize(
    ("guard", "command"),
    [
        (Guard.EMPTY_CATALOG, "syncd check"),
        (Guard.ACCOUNT, "syncd check"),
        (Guard.PARTIAL_READ, "syncd --once"),
    ],
)
def test_what_wants_proof_is_not_approved(
    guard: Guard, command: str, recorded: CycleId | None
) -> None:
    assert advice_for(stop_of(guard, 3), recorded).command == command


@pytest.mark.parametrize("actual", [0.001, 0.1, 0.28, 0.29, 0.57, 0.9999])
def test_the_limit_it_names_lets_the_plan_through(actual: float) -> None:
    setting = advice_for(stop_of(Guard.MAX_DELETE, actual), None).command.split()[0]
    assert float(setting.partition("=")[2]) >= actual


@pytest.mark.parametrize("shown", [Format.TEXT, Format.HTML, Format.MARKDOWN])
def test_every_report_for_people_names_the_command(shown: Format) -> None:
    cycle = stopped()

    assert f"syncd approve {cycle.id}" in render(report(cycle), shown)
    assert "syncd approve 2" not in render(report(replace(cycle, mode=Mode.PLAN)), shown)
