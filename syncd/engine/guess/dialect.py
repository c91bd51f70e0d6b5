"""How the lines of a table are divided into cells, as far as its first ones tell."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass
from typing import Final

_DELIMITERS: Final = (",", ";", "\t", "|", "^", "~")
_QUOTES: Final = ('"', "'")
_LEAST_SHARE: Final = 0.6


@dataclass(frozen=True, slots=True)
class TextDialect:
    """What separates cells, and what encloses them; `quote` is empty for nothing."""

    delimiter: str
    quote: str


def guess_dialect(text: str) -> TextDialect | None:
    """Find what divides the lines into equally many cells, two at least; None where nothing does.

    `text` is whole lines from the start of the file. A quote other than `"` is taken only where it
    makes more of them equal.
    """
    ways = [
        (_evenness(text, TextDialect(delimiter, quote)), -rank, TextDialect(delimiter, quote))
        for quote in _QUOTES
        for rank, delimiter in enumerate(_DELIMITERS)
    ]
    best, _, dialect = max(ways, key=lambda way: (round(way[0], 3), way[2].quote == '"', way[1]))
    return dialect if best else None


def _evenness(text: str, dialect: TextDialect) -> float:
    """Score a way to read: how many records are as wide as the header, and how wide that is."""
    lines = io.StringIO(text, newline="")
    reader = csv.reader(lines, delimiter=dialect.delimiter, quotechar=dialect.quote)
    try:
        widths = [len(record) for record in reader if record]
    except csv.Error:
        return 0.0
    if not widths or widths[0] < 2:  # noqa: PLR2004 - one cell is what a wrong delimiter makes of all
        return 0.0
    share = Counter(widths)[widths[0]] / len(widths)
    return share + min(widths[0], 50) / 1000 if share >= _LEAST_SHARE else 0.0
