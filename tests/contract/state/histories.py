"""Cycles as a state records them, to fill a history with."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from syncd.domain.cycle import UNFINISHED, CycleId, CycleResult, Mode
from syncd.domain.delivery import Kind
from syncd.domain.journal import Intent, Settlement
from syncd.ports import State
from tests.contract.state.examples import NOON, intent

A, B, C, D = (CycleId(f"2026112{day}T120000Z-0000") for day in range(4))
DAY: Final = timedelta(days=1)


def at(day: int) -> datetime:
    return NOON + day * DAY


def result(cycle: CycleId, plan: str | None = None, error: str | None = None) -> CycleResult:
    return CycleResult(cycle, Mode.ONCE, NOON, NOON, None, stopped_plan=plan, error=error)


def run(state: State, cycle: CycleId, *ids: str, day: int = 0, finishes: bool = True) -> None:
    """Let a cycle write these items, one transaction each as it would."""
    with state.transaction() as transaction:
        transaction.record_cycle(result(cycle, error=UNFINISHED))
    for item in ids:
        with state.transaction() as transaction:
            change = intent(item).change
            (write,) = transaction.begin_writes([Intent(cycle, change, None, at(day))])
        with state.transaction() as transaction:
            transaction.end_writes([Settlement(write, Kind.ACCEPTED, at(day))])
    if finishes:
        with state.transaction() as transaction:
            transaction.record_cycle(result(cycle))
            transaction.seal(cycle, at(day))
