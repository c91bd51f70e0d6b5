"""The limit of requests per key in a rolling second, and the storms that faults open."""

from __future__ import annotations

import math
from collections import defaultdict, deque

from syncd.sandbox.calls import TEST_KEY

LIVE_LIMIT = 250
TEST_LIMIT = 25
WINDOW_SECONDS = 1.0


class RollingSecond:
    """Moments of the last second, oldest first; each is added in order."""

    def __init__(self) -> None:
        self._moments: deque[float] = deque()

    def count(self, now: float) -> int:
        """Return how many moments lie less than one second before `now` (monotonic seconds)."""
        while self._moments and self._moments[0] <= now - WINDOW_SECONDS:
            self._moments.popleft()
        return len(self._moments)

    def add(self, now: float) -> None:
        self._moments.append(now)


class RateLimiter:
    """Says whom to send away, and for how long; only requests let in count."""

    def __init__(self, limit: int | None) -> None:
        """Take requests per second and key: None for the vendor's own, 0 for no limit."""
        self._limit = limit
        self._windows: defaultdict[str, RollingSecond] = defaultdict(RollingSecond)
        self._storms: dict[str, float] = {}

    def admit(self, key: str, now: float) -> int | None:
        """Count a request of this key, or return the whole seconds that it has to wait."""
        remaining = self._storms.get(key, now) - now
        if remaining > 0:
            return math.ceil(remaining)
        window, limit = self._windows[key], self._limit_of(key)
        if limit and window.count(now) >= limit:
            return math.ceil(WINDOW_SECONDS)
        window.add(now)
        return None

    def begin_storm(self, key: str, now: float, seconds: int) -> None:
        """Refuse every request of this key until so many seconds are over."""
        self._storms[key] = max(now + seconds, self._storms.get(key, now))

    def _limit_of(self, key: str) -> int:
        if self._limit is not None:
            return self._limit
        return TEST_LIMIT if key.startswith(TEST_KEY) else LIVE_LIMIT
