"""How time and memory grow with the rows, out of the figures of `growth`: a table and curves."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from tests.bench.figure import Figure
from tests.bench.plot import Curve, Panel, drawn
from tests.bench.table import amount, markdown

NONE_CHANGED: Final = "none changed, rewritten"
FIRST_LOAD: Final = "first load"
_NAME: Final = re.compile(r"growth: ([\d,]+) rows, (.+)")
_LEAST: Final = 0.001
"""Seconds; an axis of powers of ten has no place for nothing."""

Grown: TypeAlias = Mapping[int, Mapping[str, Figure]]
"""What was measured, by the number of rows and the name."""


def grown(figures: Sequence[Figure]) -> Grown:
    """Those of these figures that are about growth, of one run or of several."""
    found: dict[int, dict[str, Figure]] = {}
    for one in figures:
        if named := _NAME.fullmatch(one.name):
            rows = int(named[1].replace(",", ""))
            found.setdefault(rows, {})[named[2]] = one
    return dict(sorted(found.items()))


def growth_table(found: Grown) -> str:
    """A Markdown table of a rewritten file without a change, and of its first load."""
    heads = ("rows", "none changed", "bare scan", "ratio", "peak", "first load", "its peak")
    return markdown(heads, [_cells(rows, of_rows) for rows, of_rows in found.items()])


def growth_drawn(found: Grown) -> str:
    """The curves, as SVG."""
    scans = {
        rows: one.beside.value
        for rows, of_rows in found.items()
        if (one := of_rows.get(NONE_CHANGED)) is not None and one.beside is not None
    }
    seconds = (
        _curve("none changed", found, NONE_CHANGED),
        Curve("bare scan", tuple(scans.items())),
        _curve("first load", found, FIRST_LOAD),
    )
    peaks = (
        _curve("none changed", found, f"{NONE_CHANGED}: peak"),
        _curve("first load", found, f"{FIRST_LOAD}: peak"),
    )
    panels = (("Seconds, by rows", seconds), ("Megabytes at the peak, by rows", peaks))
    return drawn([Panel(title, [one for one in all_ if one.points]) for title, all_ in panels])


def _cells(rows: int, of_rows: Mapping[str, Figure]) -> tuple[str, ...]:
    took = of_rows.get(NONE_CHANGED)
    beside = None if took is None else took.beside
    return (
        f"{rows:,}",
        _cell(took),
        "" if beside is None else f"{amount(beside.value)} s",
        "" if took is None else f"{took.judged:.2f}",
        _cell(of_rows.get(f"{NONE_CHANGED}: peak")),
        _cell(of_rows.get(FIRST_LOAD)),
        _cell(of_rows.get(f"{FIRST_LOAD}: peak")),
    )


def _cell(figure: Figure | None) -> str:
    return "" if figure is None else f"{amount(figure.value)} {figure.unit}"


def _curve(name: str, found: Grown, figure: str) -> Curve:
    points = [(rows, of_rows[figure].value) for rows, of_rows in found.items() if figure in of_rows]
    return Curve(name, [(rows, max(value, _LEAST)) for rows, value in points])
