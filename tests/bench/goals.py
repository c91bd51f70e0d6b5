"""The goals that depend on the number of rows."""

from __future__ import annotations

from typing import Final

MANY: Final = 1_000_000


def most_times_the_scan(rows: int) -> float:
    """How often a rewritten file's own scan, beyond the start, where none of its rows changed."""
    return 2.0 if rows <= MANY else 2.5


def most_memory(rows: int) -> float:
    """The peak of the whole process in megabytes."""
    return 400 if rows <= MANY else 700
