"""The cycles on the first page: a table, when they ran, and how long they took."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from syncd.domain.cycle import CycleResult
from syncd.domain.tracking import SkuState
from syncd.report.history import outcome_role, outcome_words
from syncd.report.time_charts import Mark, Tick, sparkline, strip
from syncd.report.tokens import Role
from syncd.report.view import When, trusted, when
from syncd.report.wording import MODE_WORDS, ago, counted, duration, moment, number
from syncd.service.board import Board

if TYPE_CHECKING:
    from markupsafe import Markup

LISTED: Final = 20
_NOTHING: Final = "–"
_SHORTEST: Final = timedelta(minutes=1)
"""What the strip of time covers at least."""


@dataclass(frozen=True, slots=True)
class CycleRow:
    """One cycle; figures that nobody kept show as a dash."""

    id: str
    started: When
    mode: str
    took: str
    rows: str
    created: str
    updated: str
    deleted: str
    failed: str
    held: str
    role: Role
    outcome: str


@dataclass(frozen=True, slots=True)
class Cycles:
    """What is told of the cycles; without any there are no charts."""

    rows: tuple[CycleRow, ...]
    strip: Markup | None
    spark: Markup | None
    took: str


def cycles(board: Board) -> Cycles:
    """Lay the cycles out."""
    oldest_first = board.cycles[::-1]
    return Cycles(
        rows=tuple(_row(cycle, board.at) for cycle in board.cycles[:LISTED]),
        strip=_strip(oldest_first, board.at) if oldest_first else None,
        spark=_spark(oldest_first) if len(oldest_first) > 1 else None,
        took=_took_words(oldest_first),
    )


def _row(cycle: CycleResult, now: datetime) -> CycleRow:
    counts = cycle.counts
    written = (counts.create, counts.update, counts.delete) if counts else (None, None, None)
    created, updated, deleted = map(_figure, written)
    return CycleRow(
        id=cycle.id,
        started=when(cycle.started, now),
        mode=MODE_WORDS[cycle.mode],
        took=duration(_length(cycle)),
        rows=_figure(cycle.certificate.rows if cycle.certificate else None),
        created=created,
        updated=updated,
        deleted=deleted,
        failed=_figure(counts.failed + counts.refused if counts else None),
        held=_figure(cycle.states.get(SkuState.HELD, 0) if cycle.states else None),
        role=outcome_role(cycle),
        outcome=outcome_words(cycle),
    )


def _figure(count: int | None) -> str:
    return _NOTHING if count is None else number(count)


def _length(cycle: CycleResult) -> timedelta:
    """A clock that was put back makes no cycle shorter than nothing."""
    return max(cycle.finished - cycle.started, timedelta())


def _strip(oldest_first: Sequence[CycleResult], now: datetime) -> Markup:
    first = min(oldest_first[0].started, now - _SHORTEST)
    whole = now - first

    def mark(cycle: CycleResult) -> Mark:
        at = (cycle.started - first) / whole
        return Mark(
            min(1.0, max(0.0, at)), _length(cycle) / whole, outcome_role(cycle), _told(cycle)
        )

    ticks = (Tick(0, ago(first, now)), Tick(0.5, ago(first + whole / 2, now)), Tick(1, "now"))
    return trusted(strip("Cycles over time", [mark(cycle) for cycle in oldest_first], ticks))


def _told(cycle: CycleResult) -> str:
    writes = "" if cycle.counts is None else f", {counted(cycle.counts.written, 'write')}"
    took = f"took {duration(_length(cycle))}"
    return f"{moment(cycle.started)}, {took}{writes}: {outcome_words(cycle)}"


def _spark(oldest_first: Sequence[CycleResult]) -> Markup:
    seconds = [_length(cycle).total_seconds() for cycle in oldest_first]
    return trusted(sparkline("How long the cycles took", seconds, _took_words(oldest_first)))


def _took_words(cycles: Sequence[CycleResult]) -> str:
    """Say how long they took at least and at most."""
    lengths = [_length(cycle) for cycle in cycles]
    if not lengths:
        return ""
    shortest, longest = duration(min(lengths)), duration(max(lengths))
    return shortest if shortest == longest else f"{shortest} to {longest}"
