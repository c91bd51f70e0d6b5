"""The ledger of departures that all pacers of one key share, and the rule that it keeps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

from syncd.digital_river.cells import Cells

SECOND: Final = 1_000_000_000
LONGEST_PAUSE: Final = 3600 * SECOND
"""A longer wait is taken for a mistake of whoever asked for it."""
RING: Final = 2048
"""How many departures are remembered, which is also the most that a window may hold."""
_HEAD: Final = 5
SIZE: Final = _HEAD + RING

_FORMAT: Final = 0x53594E4344_02
_RESERVE: Final = 0.975
_MARGIN: Final = 1.02
_CATCH_UP: Final = SECOND // 20


@dataclass(frozen=True, slots=True)
class Pace:
    """How departures may follow each other; times in nanoseconds.

    Turns lie `interval` apart, which keeps 2.5 % below the rate. That alone lets departures bunch
    where wake-ups are late, so besides that never more than `most` lie within one `window`: a
    second and a little, for what passes between the record of a departure and the departure.
    """

    interval: int
    window: int
    most: int

    @classmethod
    def below(cls, rate: float) -> Pace:
        """Derive the pace from requests per second, which may be a fraction."""
        if not rate > 0:
            raise ValueError(rate)
        return cls(
            interval=round(SECOND / (rate * _RESERVE)),
            window=round(SECOND * max(1.0, 1.0 / rate) * _MARGIN),
            most=min(max(1, int(rate)), RING),
        )


class Taken(NamedTuple):
    """What a request for a turn or a departure got: both 0 where it may go on (nanoseconds)."""

    wait: int = 0
    pause: int = 0


class Head(NamedTuple):
    """The first cells: moments in nanoseconds, and how many departures were ever recorded."""

    form: int
    next_turn: int
    paused_until: int
    departures: int
    last_departure: int


class Ledger:
    """Turns, departures and pauses, over a clock that every process of one boot shares.

    Moments from before a reboot lie in the future or long past. The past ones do no harm; a
    ledger with future ones, like a corrupt one, is begun anew.
    """

    def __init__(self, cells: Cells, pace: Pace, ticks: Callable[[], int]) -> None:
        """Take the clock as nanoseconds that only grow."""
        self._cells = cells
        self._pace = pace
        self._ticks = ticks

    def take_turn(self, asked: int) -> Taken:
        """Take the next turn, or tell how long until it comes.

        Who has `asked` before the turn came and wakes late takes it as if in time, so that late
        wake-ups cost no pace; idle time is never made up for.
        """
        with self._cells.locked():
            now, head = self._read()
            if head.paused_until > now:
                return Taken(pause=head.paused_until - now)
            due = min(head.next_turn, now + self._pace.interval)
            if due > now:
                return Taken(wait=due - now)
            due = max(due, asked, now - _CATCH_UP) + self._pace.interval
            self._write(head._replace(next_turn=due))
            return Taken()

    def depart(self) -> Taken:
        """Record a departure, or tell how long until there is room for one."""
        with self._cells.locked():
            now, head = self._read()
            if head.paused_until > now:
                return Taken(pause=head.paused_until - now)
            room = self._room(head)
            if now < room <= now + self._pace.window:
                return Taken(wait=room - now)
            self._cells.write(_HEAD + head.departures % RING, [now])
            self._write(head._replace(departures=head.departures + 1, last_departure=now))
            return Taken()

    def pause(self, nanoseconds: int) -> None:
        """Let nobody depart for so long; a longer pause that is on stays."""
        with self._cells.locked():
            now, head = self._read()
            end = now + min(max(nanoseconds, 0), LONGEST_PAUSE)
            self._write(head._replace(paused_until=max(end, head.paused_until)))

    def _room(self, head: Head) -> int:
        """Return the moment when the oldest departure that counts leaves the window."""
        if head.departures < self._pace.most:
            return 0
        oldest = (head.departures - self._pace.most) % RING
        return self._cells.read(_HEAD + oldest, 1)[0] + self._pace.window

    def _read(self) -> tuple[int, Head]:
        """Read clock and head under the lock, so that nobody has departed after `now`."""
        now, head = self._ticks(), Head(*self._cells.read(0, _HEAD))
        return now, head if _is_sound(head, now) else Head(_FORMAT, 0, 0, 0, 0)

    def _write(self, head: Head) -> None:
        self._cells.write(0, head)


def _is_sound(head: Head, now: int) -> bool:
    return (
        head.form == _FORMAT
        and head.departures >= 0
        and head.paused_until <= now + LONGEST_PAUSE
        and head.last_departure <= now
    )
