"""Charts as inline SVG: they stretch in width only, so text keeps its size on every screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import count
from typing import Final

from syncd.report.tokens import Role
from syncd.report.wording import number, share_or_count

_BAR: Final = 28
_ROW: Final = 20
_SMALLEST: Final = 1.2
"""Percent of the width below which a part could not be seen."""
_NARROWEST: Final = 320
"""Pixels of the narrowest screen the labels must fit on."""
_LETTER: Final = 7.5
"""Pixels of an average letter of the labels, rather too many than too few."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One part of a whole."""

    word: str
    count: int
    role: Role


@dataclass(frozen=True, slots=True)
class _Placed:
    segment: Segment
    x: float
    width: float

    @property
    def label(self) -> str:
        return f"{self.segment.word} {number(self.segment.count)}"

    @property
    def middle(self) -> float:
        return self.x + self.width / 2

    @property
    def holds_label(self) -> bool:
        return len(self.label) * _LETTER + 12 <= self.width / 100 * _NARROWEST


def whole_bar(title: str, segments: Sequence[Segment]) -> str:
    """Draw one bar with the parts of the whole; one too small for its label gets a leader line."""
    placed = _placed([segment for segment in segments if segment.count])
    inside = [one for one in placed if one.holds_label]
    rows = _leader_rows([one for one in placed if not one.holds_label])
    height = _BAR + 6 + _ROW * len(rows)
    body = [
        *(_segment(one) for one in placed),
        *(_inside_label(one) for one in inside),
        *(_leader(one, row) for row, one in enumerate(rows)),
    ]
    desc = ", ".join(f"{one.word} {number(one.count)}" for one in segments)
    return svg(title, desc, height, body)


def _placed(segments: Sequence[Segment]) -> list[_Placed]:
    total = sum(segment.count for segment in segments)
    raw = [max(_SMALLEST, segment.count / total * 100) for segment in segments]
    scale = 100 / sum(raw) if raw else 1
    placed, x = [], 0.0
    for segment, width in zip(segments, raw, strict=True):
        placed.append(_Placed(segment, x, width * scale))
        x += width * scale
    return placed


def _leader_rows(placed: Sequence[_Placed]) -> list[_Placed]:
    """Order the labels under the bar so that no leader line crosses a label.

    Labels in the left half run to the right of their line, the last of them highest; those in the
    right half run to the left, the first of them highest.
    """
    left = [one for one in placed if one.middle < 50]  # noqa: PLR2004 - the middle of the bar
    right = [one for one in placed if one.middle >= 50]  # noqa: PLR2004
    return [*reversed(left), *right]


def _segment(one: _Placed) -> str:
    name = escape(f"{one.label}")
    return (
        f'<rect class="fill-{one.segment.role}" x="{one.x:.3f}%" y="0" width="{one.width:.3f}%" '
        f'height="{_BAR}"><title>{name}</title></rect>'
        f'<line class="gap" x1="{one.x:.3f}%" x2="{one.x:.3f}%" y1="0" y2="{_BAR}"/>'
    )


def _inside_label(one: _Placed) -> str:
    return (
        f'<text class="inside" x="{one.middle:.3f}%" y="19" text-anchor="middle">'
        f"{escape(one.label)}</text>"
    )


def _leader(one: _Placed, row: int) -> str:
    y = _BAR + 6 + _ROW * row + 10
    is_left = one.middle < 50  # noqa: PLR2004 - the middle of the bar
    anchor, shift = ("start", 7) if is_left else ("end", -7)
    x = f"{one.middle:.3f}%"
    role = one.segment.role
    return (
        f'<line class="leader stroke-{role}" x1="{x}" x2="{x}" y1="{_BAR}" y2="{y}"/>'
        f'<text class="text-{role}" x="{x}" y="{y + 4}" dx="{shift}" text-anchor="{anchor}">'
        f"{escape(one.label)}</text>"
    )


def sorted_bars(title: str, counts: Sequence[tuple[str, int]]) -> str:
    """Draw one bar a name, the longest first, each under its name and its figure."""
    ranked = sorted(counts, key=lambda pair: (-pair[1], pair[0]))
    most = max((figure for _, figure in ranked), default=1)
    body = [
        f'<text x="0" y="{y + 13}" class="mono">{escape(name)}</text>'
        f'<text x="100%" y="{y + 13}" text-anchor="end" class="figure">{number(figure)}</text>'
        f'<rect class="track" x="0" y="{y + 19}" width="100%" height="6" rx="3"/>'
        f'<rect class="bar" x="0" y="{y + 19}" width="{figure / most:.3%}" height="6" rx="3"/>'
        for y, (name, figure) in zip(count(0, 34), ranked, strict=False)
    ]
    desc = ", ".join(f"{name} {number(figure)}" for name, figure in ranked)
    return svg(title, desc, 34 * len(ranked), body)


def limit_bar(title: str, limit: float, actual: float) -> str:
    """Draw what was found as a bar, and what is allowed as a line across it, on one scale."""
    allowed = f"limit {share_or_count(limit)}"
    top = max(limit, actual) * 1.04 or 1
    at, found = limit / top * 100, actual / top * 100
    anchor, shift = ("end", -5) if at > 50 else ("start", 5)  # noqa: PLR2004 - the middle
    body = [
        '<rect class="track" x="0" y="22" width="100%" height="12" rx="3"/>',
        f'<rect class="fill-stopped" x="0" y="22" width="{found:.3f}%" height="12" rx="3"/>',
        f'<line class="limit" x1="{at:.3f}%" x2="{at:.3f}%" y1="18" y2="50"/>',
        f'<text class="text-stopped" x="0" y="14">actual {share_or_count(actual)}</text>',
        f'<text x="{at:.3f}%" y="49" dx="{shift}" text-anchor="{anchor}">{allowed}</text>',
    ]
    desc = f"{allowed}, actual {share_or_count(actual)}"
    return svg(title, desc, 54, body)


def svg(title: str, desc: str, height: int, body: Sequence[str]) -> str:
    """Put a drawing into its frame, with its words for those who do not see it."""
    return (
        f'<svg class="chart" role="img" width="100%" height="{height}" '
        f'aria-label="{escape(title)}: {escape(desc)}">'
        f"<title>{escape(title)}</title><desc>{escape(desc)}</desc>{''.join(body)}</svg>"
    )
