"""How long whoever works on a state waits for others that keep it locked: less after a stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Final

HURRIED: Final = 5.0
"""Seconds that are waited for others once a stop was asked for."""
LEAST: Final = 0.5
"""Seconds that whoever comes later than that waits all the same."""


class Patience:
    """Waits as usual, until there is a hurry; any thread may ask it."""

    def __init__(self, usual: timedelta, seconds: Callable[[], float] = time.monotonic) -> None:
        self._usual = usual.total_seconds()
        self._seconds = seconds
        self._in_a_hurry = threading.Event()
        self._until = 0.0

    def hurry(self) -> None:
        """Wait a few seconds more from now on; to say so again changes nothing."""
        if not self._in_a_hurry.is_set():
            self._until = self._seconds() + HURRIED
            self._in_a_hurry.set()

    def left(self, waited: float = 0.0) -> float:
        """How many seconds whoever has waited so long waits still; none where that is negative."""
        usual = self._usual - waited
        if not self._in_a_hurry.is_set():
            return usual
        return min(usual, max(self._until - self._seconds(), LEAST - waited))
