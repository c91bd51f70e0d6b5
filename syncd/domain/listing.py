"""How a long list was read: by spans of creation time, each to its end and counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class CountedSpan:
    """How many objects were created from `start` on and before `end`; None is open."""

    start: datetime | None
    end: datetime | None
    count: int
