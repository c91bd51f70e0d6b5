"""Guessing a mapping, from what columns are called and from what stands in them; pure."""

from __future__ import annotations

from syncd.engine.guess.dialect import TextDialect, guess_dialect
from syncd.engine.guess.mapping import (
    Confidence,
    Guess,
    guess_mapping,
    guess_physical,
    guess_updated,
    look_at,
)
from syncd.engine.guess.target import Target
from syncd.engine.guess.values import Table, Treatment, Words

__all__ = [
    "Confidence",
    "Guess",
    "Table",
    "Target",
    "TextDialect",
    "Treatment",
    "Words",
    "guess_dialect",
    "guess_mapping",
    "guess_physical",
    "guess_updated",
    "look_at",
]
