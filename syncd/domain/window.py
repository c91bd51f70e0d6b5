"""When writes are allowed: hours of the day in UTC, on some days of the week."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final

_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FORM: Final = re.compile(r"(?:(?P<days>\S+) )?(?P<opens>[0-9:]+)-(?P<closes>[0-9:]+)")
_DAY: Final = timedelta(days=1)
_LOOK_AHEAD: Final = 8
"""Days within which every window opens once, however few days it names."""


@dataclass(frozen=True, slots=True)
class Window:
    """Hours that open on these days, 0 for Monday, and close a day later where that is earlier."""

    days: frozenset[int]
    opens: time
    closes: time

    def spans(self, around: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Its openings and closings from the day before this moment on, for a week."""
        today = around.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        for ahead in range(-1, _LOOK_AHEAD):
            day = today + ahead * _DAY
            if day.weekday() in self.days:
                opens, closes = _at(day, self.opens), _at(day, self.closes)
                yield opens, closes if closes > opens else closes + _DAY


@dataclass(frozen=True, slots=True)
class Windows:
    """All of them; where there are none, writes are always allowed."""

    windows: tuple[Window, ...] = ()

    def are_open(self, now: datetime) -> bool:
        """Whether writes are allowed at this moment."""
        return not self.windows or any(
            opens <= now < closes for window in self.windows for opens, closes in window.spans(now)
        )

    def open_next(self, now: datetime) -> datetime | None:
        """When writes will be allowed again; None where they are allowed now."""
        if self.are_open(now):
            return None
        return min(
            opens for window in self.windows for opens, _ in window.spans(now) if opens > now
        )


def windows_of(texts: Sequence[str]) -> Windows:
    """Read windows as the configuration has them, such as `mon-fri 20:00-06:00`.

    Days are those on which a window opens. The configuration has checked the form.
    """
    return Windows(tuple(map(_window, texts)))


def _window(text: str) -> Window:
    match = _FORM.fullmatch(text)
    if match is None:
        raise ValueError(text)
    opens, closes = time.fromisoformat(match["opens"]), time.fromisoformat(match["closes"])
    return Window(frozenset(_days(match["days"])), opens, closes)


def _days(text: str | None) -> Iterator[int]:
    """Read `mon-fri,sun`; a range may go over the end of the week, like `sat-mon`."""
    if text is None:
        yield from range(len(_DAYS))
        return
    for part in text.split(","):
        first, _, last = part.partition("-")
        begin, end = _DAYS.index(first), _DAYS.index(last or first)
        for step in range((end - begin) % len(_DAYS) + 1):
            yield (begin + step) % len(_DAYS)


def _at(day: datetime, hour: time) -> datetime:
    return day + timedelta(hours=hour.hour, minutes=hour.minute)
