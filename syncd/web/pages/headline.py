"""The answer first: how everything stands in a sentence, its colour, and what went on last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from syncd.domain.cycle import CycleResult
from syncd.domain.tracking import SkuState
from syncd.report.tokens import Role
from syncd.report.view import When, when
from syncd.report.wording import counted, duration, joined, number
from syncd.service.board import Board
from syncd.service.readiness import Cause
from syncd.web.pages.watch import Watch

_TROUBLES: Final = {
    Cause.LOOP: "syncd hangs.",
    Cause.STANDSTILL: "syncd hangs.",
    Cause.LATE: "No cycle has come through for too long.",
    Cause.CATALOG: "The catalog cannot be read.",
    Cause.REMOTE: "Digital River cannot be reached.",
    Cause.KEY: "Digital River refuses the key.",
    Cause.STATE: "The state cannot be read.",
    Cause.LEASE: "Another cycle is in the way.",
    Cause.UNKNOWN: "syncd has met a mistake of its own.",
}
_SPOKEN: Final = "Changes are pending."
_ORDER: Final = tuple(_TROUBLES)
"""Of several troubles the first one here is likely to be the reason for the others."""


@dataclass(frozen=True, slots=True)
class Headline:
    """The sentence; `needs` ends it where somebody has something to do, with a link to what.

    `spoken` is what a screen reader says when it changes: without the figures that always do.
    """

    role: Role
    words: str
    needs: str = ""
    spoken: str = ""


@dataclass(frozen=True, slots=True)
class LastCycle:
    """When the last cycle ended, and what it took and wrote in words."""

    ended: When
    told: str


def headline(board: Board, watch: Watch) -> Headline:
    """Say how everything stands; what is worst decides the colour and comes first."""
    role, lead = _lead(board, watch)
    needs = _needs(board, counts_stops=role is not Role.STOPPED)
    pairs = _pairs(board) if board.last is not None or board.census.states else ""
    if role is Role.IN_SYNC and not needs:
        lead = "All well."
    words = " ".join(part for part in (lead, pairs) if part)
    return Headline(role, words, needs, spoken=f"{lead} {needs}".strip() or _SPOKEN)


def trouble_words(watch: Watch) -> str:
    """Say in one sentence what keeps the daemon from its work; empty where nothing does."""
    causes = {one.cause for one in watch.troubles}
    return next((_TROUBLES[cause] for cause in _ORDER if cause in causes), "")


def last_cycle(board: Board) -> LastCycle | None:
    """Tell of the cycle that ended last."""
    last = board.last
    if last is None:
        return None
    return LastCycle(when(last.finished, board.at), ", ".join(_told(last)))


def _lead(board: Board, watch: Watch) -> tuple[Role, str]:
    trouble = trouble_words(watch)
    if trouble:
        return Role.FAILED, trouble
    if board.stops:
        return Role.STOPPED, _stopped(board)
    if watch.stands_by_for is not None:
        return Role.PENDING, "Standing by: another daemon is on duty."
    if watch.former_goes_on is not None:
        return Role.HELD, "The changed configuration was not taken over."
    return _calm(board, watch)


def _calm(board: Board, watch: Watch) -> tuple[Role, str]:
    """The lead where nothing keeps the daemon from its work."""
    if board.last is None:
        first = (
            "The first cycle is running." if not watch.doing.is_idle else "No cycle has run yet."
        )
        return Role.PENDING, first
    if board.count(SkuState.QUARANTINED):
        return Role.QUARANTINED, ""
    if board.held_count:
        return Role.HELD, ""
    due = board.count(SkuState.PENDING, SkuState.IN_FLIGHT)
    return (Role.PENDING, "") if due else (Role.IN_SYNC, "")


def _stopped(board: Board) -> str:
    guards = joined(list(dict.fromkeys(stop.guard.value for stop in board.stops)))
    count = _stopped_count(board)
    if not count:
        return f"{guards} stopped the plan."
    return f"{counted(count, 'change')} {'was' if count == 1 else 'were'} stopped by {guards}."


def _stopped_count(board: Board) -> int:
    """How many changes the guards keep back; 0 where it is not a plan that they stopped."""
    counts = None if board.judged is None else board.judged.counts
    return counts.stopped if counts is not None and board.stops else 0


def _needs(board: Board, *, counts_stops: bool) -> str:
    """Say how much waits for a person; empty for nothing."""
    waiting = {
        "stopped change": _stopped_count(board) if counts_stops else 0,
        "SKU": board.held_count + board.count(SkuState.QUARANTINED),
    }
    parts = [counted(count, noun) for noun, count in waiting.items() if count]
    if not parts:
        return ""
    return f"{joined(parts)} {'waits' if sum(waiting.values()) == 1 else 'wait'} for you."


def _pairs(board: Board) -> str:
    due = board.count(SkuState.PENDING, SkuState.IN_FLIGHT)
    in_sync = f"{counted(board.count(SkuState.IN_SYNC), 'pair')} in sync"
    return f"{in_sync}, {number(due)} pending." if due else f"{in_sync}."


def _told(cycle: CycleResult) -> list[str]:
    if cycle.error is not None:
        return ["ended early"]
    took = f"took {duration(cycle.finished - cycle.started)}"
    if cycle.counts is None:
        return [took]
    return [took, counted(cycle.counts.written, "write")]
