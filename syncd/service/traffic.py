"""What goes to Digital River and comes back, counted as it happens, for whoever asks."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from syncd.domain.change import Resource
from syncd.domain.delivery import Verb
from syncd.service.histogram import ANSWERS, Histogram

REMEMBERED: Final = 2
"""Seconds whose departures are remembered one by one: the present one, and the last whole one."""
UNANSWERED: Final = "none"
"""The class of what had no answer."""
_THROTTLED: Final = 429


@dataclass(frozen=True, slots=True)
class Kind:
    """Which exchanges are counted together; `status` is a class such as `2xx`, or `none`."""

    verb: Verb
    resource: Resource
    status: str


class Traffic:
    """The `Onlooker` of one process, for as long as it lives; may be used from any thread."""

    def __init__(self, ticks: Callable[[], float] = time.monotonic) -> None:
        """Take a clock that counts seconds and never jumps."""
        self._ticks = ticks
        self._lock = threading.Lock()
        self._seconds: deque[tuple[int, int]] = deque(maxlen=REMEMBERED)
        self._latencies: dict[Kind, Histogram] = {}
        self._throttled = 0

    def departed(self) -> None:
        second = int(self._ticks())
        with self._lock:
            before = self._seconds.pop()[1] if self._is_last(second) else 0
            self._seconds.append((second, before + 1))

    def answered(self, verb: Verb, resource: Resource, status: int | None, seconds: float) -> None:
        kind = Kind(verb, resource, UNANSWERED if status is None else f"{status // 100}xx")
        with self._lock:
            former = self._latencies.get(kind, Histogram.empty(ANSWERS))
            self._latencies[kind] = former.with_one(seconds)
            self._throttled += status == _THROTTLED

    def rate(self) -> int:
        """How many requests departed in the last whole second."""
        last = int(self._ticks()) - 1
        with self._lock:
            return dict(self._seconds).get(last, 0)

    @property
    def throttled(self) -> int:
        """How many answers were a 429."""
        return self._throttled

    def latencies(self) -> Mapping[Kind, Histogram]:
        """How long the exchanges of each kind took so far."""
        with self._lock:
            return dict(self._latencies)

    def _is_last(self, second: int) -> bool:
        return bool(self._seconds) and self._seconds[-1][0] == second
