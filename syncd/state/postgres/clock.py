"""The server's clock, by which all go whose machines' own clocks may differ by hours."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Final

from syncd.state.codec import moment_from
from syncd.state.holding import Seconds, awake_or_not

SECOND: Final = 1_000_000
"""Everything here is in microseconds."""
NOW: Final = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
"""By which a statement tells the moment at which the server came to it."""
_STEP: Final = 50_000
"""Clocks that drift further apart than this have been set."""
_CORRECTION: Final = timedelta(seconds=1)
"""What is judged anew by less than this does not go backwards: it stands still for that time."""


class ServerClock:
    """What a moment of the server's clock is here, judged by the quickest answers."""

    def __init__(self) -> None:
        self._ahead = 0
        self._round_trip: int | None = None

    @property
    def is_known(self) -> bool:
        """Whether the server has ever told it."""
        return self._round_trip is not None

    @property
    def lead(self) -> int:
        """How long an answer is under way."""
        return (self._round_trip or 0) // 2

    def here(self, there: int) -> int:
        """Translate a moment of the server's."""
        return there - self._ahead

    def there(self, here: int) -> int:
        """Translate a moment of one's own."""
        return here + self._ahead

    def heed(self, there: int, asked: int, answered: int) -> None:
        """Take an answer into account: the server read its clock between these two moments."""
        round_trip, ahead = answered - asked, there - (asked + answered) // 2
        best = self._round_trip
        was_set = best is not None and abs(ahead - self._ahead) > round_trip + _STEP
        if best is None or was_set or round_trip <= best + best // 10:
            self._round_trip, self._ahead = round_trip, ahead
        else:
            self._round_trip = best + 1 + best // 50  # or one lucky answer would be kept for good


class ServerTime:
    """The present moment as the server has it; any thread may ask.

    Each new connection tells it, and so does each sign of life. In between it goes on by seconds
    that nobody sets. Until it was told first it is this machine's own.
    """

    def __init__(self, seconds: Seconds = awake_or_not) -> None:
        self._seconds = seconds
        self._server = ServerClock()
        self._latest = datetime.min.replace(tzinfo=UTC)
        self._one_at_a_time = threading.Lock()

    @property
    def is_known(self) -> bool:
        """Whether the server has told it."""
        return self._server.is_known

    def now(self) -> datetime:
        """It never goes back by a little, however answers vary; a server's clock may be set."""
        with self._one_at_a_time:
            moment = self._present()
            if moment < self._latest < moment + _CORRECTION:
                return self._latest
            self._latest = moment
            return moment

    def ticks(self) -> int:
        """The moment, of one's own, at which the server is about to be asked."""
        return round(self._seconds() * SECOND)

    def heed(self, there: int, asked: int) -> None:
        """Take what the server has just told by NOW, in a statement sent at a moment of `ticks`."""
        with self._one_at_a_time:
            self._server.heed(there, asked, self.ticks())

    def _present(self) -> datetime:
        if not self._server.is_known:
            return datetime.now(UTC)
        return moment_from(self._server.there(self.ticks()))
