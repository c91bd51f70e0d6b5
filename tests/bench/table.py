"""The figures as a table, as bars against their goals, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Final

from tests.bench.figure import Figure
from tests.bench.goals import reason
from tests.bench.run import Run

_HEADS: Final = ("figure", "measured", "beside", "ratio", "goal", "met")
_BAR: Final = 40
_WIDEST: Final = 2.0
"""Where a bar ends: twice its goal."""


def table(figures: Sequence[Figure]) -> str:
    """A Markdown table, which the README takes as it is."""
    return markdown(_HEADS, list(map(_cells, figures)))


def markdown(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Any table in Markdown."""
    lines = [heads, ["---" for _ in heads], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def chart(figures: Iterable[Figure]) -> str:
    """One bar a figure with a goal: the line in the middle is the goal, shorter is better."""
    judged = [one for one in figures if one.goal is not None]
    widest = max((len(one.name) for one in judged), default=0)
    return "\n".join(f"{one.name:<{widest}}  {_bar(one)}" for one in judged)


def as_json(figures: Iterable[Figure], run: Run) -> str:
    """All figures, and the run they are of."""
    listed = [asdict(one) | {"judged": one.judged, "met": one.is_met} for one in figures]
    return json.dumps({"run": asdict(run), "figures": listed}, indent=1)


def _cells(one: Figure) -> tuple[str, ...]:
    beside = "" if one.beside is None else f"{one.beside.name}: {amount(one.beside.value)}"
    ratio = "" if one.beside is None else f"{one.judged:.2f}"
    goal = "" if one.goal is None else f"{one.goal.way} {one.goal.bound:g}"
    return (one.name, f"{amount(one.value)} {one.unit}", beside, ratio, goal, _met(one))


def _met(one: Figure) -> str:
    if one.is_met is None:
        return ""
    return "yes" if one.is_met else f"no: {reason(f'{one.name} {one.unit}')}"


def amount(value: float) -> str:
    """Three digits, or all before the point."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _bar(one: Figure) -> str:
    assert one.goal is not None
    reached = one.goal.reached(one.judged)
    cells = ["█" if at / _BAR * _WIDEST < reached else "·" for at in range(_BAR)]
    cells.insert(int(_BAR / _WIDEST), "│")
    return f"{''.join(cells)} {reached:.0%} of the goal"
