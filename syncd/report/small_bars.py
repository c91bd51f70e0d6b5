"""A row of small bars, for wherever only text can stand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

_BARS: Final = "▁▂▃▄▅▆▇█"
_UNKNOWN: Final = "·"


def small_bars(values: Sequence[float | None]) -> str:
    """Draw values from none at all to the most there is; a dot where nobody knows one."""
    most = max((value for value in values if value is not None), default=0.0)
    return "".join(_UNKNOWN if value is None else _bar(value, most) for value in values)


def _bar(value: float, most: float) -> str:
    """The lowest bar is nothing, and nothing but that: a last piece shows."""
    if value <= 0 or most <= 0:
        return _BARS[0]
    return _BARS[max(1, round(value / most * (len(_BARS) - 1)))]
