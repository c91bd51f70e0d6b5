"""Charts over time, as inline SVG like those of `charts`: columns, strip, sparkline and meter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import accumulate
from typing import Final

from syncd.report.charts import svg
from syncd.report.tokens import Role
from syncd.report.wording import counted, number

_HEAD: Final = 18
"""Pixels above the columns, for what the highest comes to."""
_TALL: Final = 104
_TICKS: Final = 20
_LOW: Final = 2.0
"""Pixels of the lowest column that can be seen."""
_FILLED: Final = 0.72
"""How much of its place a column fills."""
_STRIP: Final = 22
_THIN: Final = 0.35
"""Percent of the width below which a mark could not be seen."""
_SPARK: Final = (120, 24)
_METER: Final = 6


@dataclass(frozen=True, slots=True)
class Layer:
    """One kind of thing, counted over equal spans of time; `faint` tells apart two of one role."""

    word: str
    role: Role
    counts: Sequence[int]
    faint: bool = False

    @property
    def css(self) -> str:
        """The classes of its rectangles."""
        return f"fill-{self.role} stroke-{self.role}{' faint' if self.faint else ''}"


@dataclass(frozen=True, slots=True)
class Tick:
    """A word on the axis of time; `at` runs from 0 to 1."""

    at: float
    word: str


@dataclass(frozen=True, slots=True)
class Columns:
    """What happened in each of some spans of time: good things above the line, bad ones below."""

    title: str
    noun: str
    above: Sequence[Layer]
    below: Layer
    spans: Sequence[str]
    ticks: Sequence[Tick]


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that went on from `at` for `length`, both in parts of the whole time."""

    at: float
    length: float
    role: Role
    words: str


# -------------------------------------------------------------------------------------- columns


def columns(chart: Columns) -> str:
    """Draw one column a span, all to one scale; what is not zero can always be seen."""
    tops = [sum(counts) for counts in zip(*(layer.counts for layer in chart.above), strict=True)]
    top, bottom = max(tops, default=0), max(chart.below.counts, default=0)
    scale = _TALL / max(1, top + bottom)
    line = _HEAD + top * scale
    body = [
        f'<text class="axis" x="0" y="11">{escape(counted(top, chart.noun))}</text>',
        f'<line class="grid" x1="0" x2="100%" y1="{_HEAD}" y2="{_HEAD}"/>',
        *_stacks(chart, scale, line),
        f'<line class="base" x1="0" x2="100%" y1="{line:.1f}" y2="{line:.1f}"/>',
        *_ticks(chart.ticks, _HEAD + _TALL + 16),
    ]
    return svg(chart.title, _totals(chart), _HEAD + _TALL + _TICKS, body)


def _stacks(chart: Columns, scale: float, line: float) -> Iterator[str]:
    step = 100 / max(1, len(chart.spans))
    for place, span in enumerate(chart.spans):
        drawn = [*_stack(chart.above, place, scale, line), *_hung(chart.below, place, scale, line)]
        if not drawn:
            continue
        told = ", ".join(
            f"{layer.word} {number(layer.counts[place])}" for layer in (*chart.above, chart.below)
        )
        x, width = place * step + step * (1 - _FILLED) / 2, step * _FILLED
        rects = "".join(
            f'<rect class="{css}" x="{x:.3f}%" width="{width:.3f}%" y="{y:.1f}" '
            f'height="{height:.1f}"/>'
            for css, y, height in drawn
        )
        yield f"<g><title>{escape(f'{span}: {told}')}</title>{rects}</g>"


def _stack(
    layers: Sequence[Layer], place: int, scale: float, line: float
) -> Iterator[tuple[str, float, float]]:
    """Each layer on the one before it."""
    present = [layer for layer in layers if layer.counts[place]]
    heights = [max(_LOW, layer.counts[place] * scale) for layer in present]
    for layer, height, up in zip(present, heights, accumulate(heights), strict=True):
        yield layer.css, line - up, height


def _hung(
    layer: Layer, place: int, scale: float, line: float
) -> Iterator[tuple[str, float, float]]:
    count = layer.counts[place]
    if count:
        yield layer.css, line, max(_LOW, count * scale)


def _ticks(ticks: Sequence[Tick], y: int) -> Iterator[str]:
    for tick in ticks:
        anchor = "start" if tick.at <= 0 else "end" if tick.at >= 1 else "middle"
        yield (
            f'<text class="axis" x="{tick.at * 100:.3f}%" y="{y}" text-anchor="{anchor}">'
            f"{escape(tick.word)}</text>"
        )


def _totals(chart: Columns) -> str:
    layers = (*chart.above, chart.below)
    return ", ".join(f"{layer.word} {number(sum(layer.counts))}" for layer in layers)


# ----------------------------------------------------------------------------------- other ones


def strip(title: str, marks: Sequence[Mark], ticks: Sequence[Tick]) -> str:
    """Draw when things went on and what they came to; gaps are times when nothing did."""
    body = [
        f'<line class="base" x1="0" x2="100%" y1="{_STRIP}" y2="{_STRIP}"/>',
        *map(_mark, marks),
        *_ticks(ticks, _STRIP + 16),
    ]
    newest = marks[-1].words if marks else "none"
    return svg(title, f"{counted(len(marks), 'cycle')}, the newest: {newest}", _STRIP + 20, body)


def _mark(mark: Mark) -> str:
    width = min(100.0, max(_THIN, mark.length * 100))
    x = min(mark.at * 100, 100 - width)
    return (
        f'<rect class="fill-{mark.role}" x="{x:.3f}%" y="0" width="{width:.3f}%" '
        f'height="{_STRIP}"><title>{escape(mark.words)}</title></rect>'
    )


def sparkline(title: str, values: Sequence[float | None], words: str) -> str:
    """Draw values as one line, oldest first, of a fixed small size; the last one has a dot.

    The line goes past a value that nobody knows.
    """
    width, height = _SPARK
    top = max((value for value in values if value is not None), default=0) or 1
    step = (width - 8) / max(1, len(values) - 1)
    points = [
        (4 + place * step, height - 4 - value / top * (height - 8))
        for place, value in enumerate(values)
        if value is not None
    ]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    x, y = points[-1] if points else (0.0, 0.0)
    return (
        f'<svg class="chart spark" role="img" width="{width}" height="{height}" '
        f'aria-label="{escape(title)}: {escape(words)}"><title>{escape(title)}</title>'
        f"<desc>{escape(words)}</desc>"
        f'<polyline class="line" points="{line}"/>'
        f'<circle class="bar" cx="{x:.1f}" cy="{y:.1f}" r="2.5"/></svg>'
    )


def meter(title: str, value: float, limit: float) -> str:
    """Draw how much of a limit is used, as a thin bar."""
    share = min(1.0, value / limit) if limit else 0.0
    body = [
        f'<rect class="track" x="0" y="0" width="100%" height="{_METER}" rx="3"/>',
        f'<rect class="bar" x="0" y="0" width="{share:.3%}" height="{_METER}" rx="3"/>',
    ]
    return svg(title, f"{value:g} of {limit:g}", _METER, body)
