"""`syncd history`: the latest cycles, one line each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Final

from syncd.domain.cycle import CycleResult
from syncd.domain.tracking import SkuState
from syncd.report import Cell, Column, Kind, Listing
from syncd.report.history import newest_words, outcome_words
from syncd.report.wording import MODE_WORDS, counted, duration

_CYCLE: Final = (
    Column("cycle", "cycle", Kind.CODE),
    Column("mode", "mode"),
    Column("started", "started", Kind.TIME),
    Column("took", "took"),
    Column("rows", "rows read", Kind.NUMBER),
    Column("requests", "requests", Kind.NUMBER),
    Column("in_sync", "in sync", Kind.NUMBER),
    Column("held", "held", Kind.NUMBER),
    Column("quarantined", "quarantined", Kind.NUMBER),
    Column("outcome", "outcome"),
)


def history_listing(
    cycles: Sequence[CycleResult], now: datetime, *, under_way: bool = False
) -> Listing:
    """Newest first, which may be under way."""
    newest = partial(newest_words, under_way=under_way)
    words = (
        f"{counted(len(cycles), 'cycle')}, the newest first." if cycles else "No cycle has run yet."
    )
    return Listing(
        title="History",
        sentence=words,
        columns=_CYCLE,
        rows=tuple(
            _row(cycle, newest if cycle is cycles[0] else outcome_words) for cycle in cycles
        ),
        commands=(f"syncd history {cycles[0].id}",) if cycles else (),
        key="cycles",
        as_of=now,
    )


def _row(cycle: CycleResult, words: Callable[[CycleResult], str]) -> tuple[Cell, ...]:
    return (
        cycle.id,
        MODE_WORDS[cycle.mode],
        cycle.started,
        None if cycle.is_unfinished else duration(cycle.finished - cycle.started),
        cycle.certificate.rows if cycle.certificate else None,
        None if cycle.is_unfinished else cycle.requests,
        cycle.states.get(SkuState.IN_SYNC, 0),
        cycle.states.get(SkuState.HELD, 0),
        cycle.states.get(SkuState.QUARANTINED, 0),
        words(cycle),
    )
