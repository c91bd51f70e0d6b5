"""Curves over the number of rows, both axes logarithmic, as an SVG that needs nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import Final

_WIDTH: Final = 340.0
_HEIGHT: Final = 220.0
_LEFT: Final = 64.0
_TOP: Final = 34.0
_GAP: Final = 96.0
_BELOW: Final = 62.0
_COLOURS: Final = ("#0b6e99", "#b4530a", "#5b7f1c")
_STYLE: Final = (
    "text{font:12px system-ui,sans-serif;fill:#333}.title{font-weight:600}"
    ".grid{stroke:#ddd}.curve{fill:none;stroke-width:2}"
)


@dataclass(frozen=True, slots=True)
class Curve:
    """Points by rising x, and what they are called."""

    name: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Panel:
    """Curves of one unit."""

    title: str
    curves: Sequence[Curve]


def drawn(panels: Sequence[Panel]) -> str:
    """Draw the panels side by side."""
    wide = _LEFT + len(panels) * (_WIDTH + _GAP) - _GAP + 24
    high = _TOP + _HEIGHT + _BELOW
    parts = [part for at, panel in enumerate(panels) for part in _panel(panel, at)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:g} {high:g}" '
        f'width="{wide:g}" role="img"><style>{_STYLE}</style>'
        f'<rect width="100%" height="100%" fill="#fff"/>{"".join(parts)}</svg>\n'
    )


@dataclass(frozen=True, slots=True)
class _Scale:
    """Powers of ten between which all values lie, and where these come to stand."""

    first: int
    last: int
    start: float
    length: float

    def at(self, value: float) -> float:
        return self.start + (log10(value) - self.first) / (self.last - self.first) * self.length

    def ticks(self) -> Iterator[tuple[float, float]]:
        for power in range(self.first, self.last + 1):
            value = 10.0**power
            yield value, self.at(value)


def _scale(values: Iterable[float], start: float, length: float) -> _Scale:
    logs = [log10(value) for value in values]
    first, last = floor(min(logs)), ceil(max(logs))
    return _Scale(first, max(last, first + 1), start, length)


def _panel(panel: Panel, number: int) -> Iterator[str]:
    left = _LEFT + number * (_WIDTH + _GAP)
    points = [point for curve in panel.curves for point in curve.points]
    across = _scale((x for x, _ in points), left, _WIDTH)
    up = _scale((y for _, y in points), _TOP + _HEIGHT, -_HEIGHT)
    yield f'<text class="title" x="{left:g}" y="18">{panel.title}</text>'
    yield from _grid(across, up)
    for at, (curve, colour) in enumerate(zip(panel.curves, _COLOURS, strict=False)):
        path = " ".join(f"{across.at(x):.1f},{up.at(y):.1f}" for x, y in curve.points)
        yield f'<polyline class="curve" stroke="{colour}" points="{path}"/>'
        for x, y in curve.points:
            yield f'<circle cx="{across.at(x):.1f}" cy="{up.at(y):.1f}" r="3" fill="{colour}"/>'
        below = _TOP + _HEIGHT + 36
        yield (
            f'<text x="{left + at * 130:g}" y="{below + 14:g}" style="fill:{colour}">'
            f"{curve.name}</text>"
        )


def _grid(across: _Scale, up: _Scale) -> Iterator[str]:
    for value, x in across.ticks():
        yield f'<path class="grid" d="M{x:.1f} {_TOP:g}V{_TOP + _HEIGHT:g}"/>'
        below = _TOP + _HEIGHT + 18
        yield f'<text x="{x:.1f}" y="{below:g}" text-anchor="middle">{value:,.0f}</text>'
    for value, y in up.ticks():
        yield f'<path class="grid" d="M{across.start:g} {y:.1f}h{across.length:g}"/>'
        yield (
            f'<text x="{across.start - 8:g}" y="{y + 4:.1f}" text-anchor="end">{value:,g}</text>'
        )
