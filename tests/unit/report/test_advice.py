"""What a guard stop advises."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from syncd.domain.change import Action
from syncd.domain.cycle import CycleId, Guard, GuardStop, Mode
from syncd.report import Format, render
from syncd.report.advice import advice_on
from tests.unit.report.samples import report, stopped

SAID = {Format.TEXT: 1, Format.MARKDOWN: 1, Format.HTML: 3}
"""How often a report says the command: in HTML the button that copies it does so as well."""
CYCLE = CycleId("20261121T174000Z-3f9a")


def stop_of(guard: Guard, actual: float) -> GuardStop:
    return GuardStop(guard, 0.1, actual, (Action.DELETE,), "Too many.")


def commands(stops: Sequence[GuardStop], recorded: CycleId | None) -> list[str]:
    return [advice.command for advice in advice_on(stops, recorded)]


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

    assert commands([stop], CYCLE) == [f"syncd approve {CYCLE}"]
    assert commands([stop], None) == [in_a_dry_run]


def test_what_several_guards_have_stopped_is_let_through_by_one_command() -> None:
    stops = [
        stop_of(Guard.MAX_DELETE, 0.4),
        stop_of(Guard.CANARY, 0.3),
        stop_of(Guard.CANARY, 0.5),
    ]

    (approving,) = advice_on(stops, CYCLE)
    assert approving.command == f"syncd approve {CYCLE}"
    assert "max_delete and canary stopped" in approving.words
    assert commands(stops, None) == [
        "SYNCD_GUARDS__MAX_DELETE=0.4 SYNCD_GUARDS__CANARY=0.5 syncd --once"
    ]


def test_what_wants_proof_is_advised_apart_from_what_is_approved() -> None:
    stops = [stop_of(Guard.MAX_UPDATE, 0.6), stop_of(Guard.PARTIAL_READ, 1)]

    assert commands(stops, CYCLE) == ["syncd --once", f"syncd approve {CYCLE}"]
    assert "partial_read" not in advice_on(stops, CYCLE)[-1].words


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
    assert commands([stop_of(guard, 3)] * 2, recorded) == [command]


@pytest.mark.parametrize("actual", [0.001, 0.1, 0.28, 0.29, 0.57, 0.9999])
def test_the_limit_it_names_lets_the_plan_through(actual: float) -> None:
    (command,) = commands([stop_of(Guard.MAX_DELETE, actual)], None)
    setting = command.split()[0]
    assert float(setting.partition("=")[2]) >= actual


@pytest.mark.parametrize("shown", [Format.TEXT, Format.HTML, Format.MARKDOWN])
def test_every_report_for_people_names_the_command(shown: Format) -> None:
    cycle = stopped()

    assert render(report(cycle), shown).count(f"syncd approve {cycle.id}") == SAID[shown]
    assert "syncd approve 2" not in render(report(replace(cycle, mode=Mode.PLAN)), shown)
