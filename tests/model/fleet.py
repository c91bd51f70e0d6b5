"""The fleet as a queue of errands before some places at work, on processors that are shared."""

from __future__ import annotations

import heapq
import random
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Final

from tests.model.costs import Cost, Costs

HOUR: Final = 3600.0
DAY: Final = 24 * HOUR
RATE: Final = 250 * 0.975
"""Writes a second under one key."""
PART: Final = 50
"""Writes of a delivery that are looked at as one."""
AT_ONCE: Final = 4
"""Errands that a process does at the same time, on the one core that it has."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How large the fleet is, and what is asked of it; `changed` is the share of SKUs a day."""

    accounts: int = 10_000
    skus: int = 10_000
    poll: float = 300.0
    changed: float = 0.1
    processes: int = 8
    server_cores: int = 4
    hours: float = 24.0


@dataclass(slots=True)
class Cores:
    """Processors that take what comes in its order."""

    number: int
    busy: float = 0.0
    _free: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._free = [0.0] * self.number

    def done(self, start: float, work: float) -> float:
        """When work is done that comes at this moment."""
        self.busy += work
        end = max(start, self._free[0]) + work
        heapq.heapreplace(self._free, end)
        return end


@dataclass(slots=True)
class Errand:
    """One poll, and the writes that it finds due."""

    due: float
    changes: bool
    writes: int
    place: int = -1


@dataclass(frozen=True, slots=True)
class Seen:
    """What became of it: the shares of their time that processors were busy, and waits in order."""

    processes: float
    server: float
    waits: list[float]
    writes: int

    def wait(self, share: float) -> float:
        """How long at most so many of the errands have waited for a place, in seconds."""
        return self.waits[min(int(len(self.waits) * share), len(self.waits) - 1)]

    @property
    def bottleneck(self) -> str:
        """What is used up first, as the fleet grows."""
        return "PostgreSQL" if self.server > self.processes else "the processes"


class Fleet:
    """A fleet at work; the same seed has the same day."""

    def __init__(self, shape: Shape, costs: Costs, seed: int = 1) -> None:
        self._shape = shape
        self._costs = costs
        self._draw = random.Random(seed)
        self._server = Cores(shape.server_cores)
        self._processes = [Cores(1) for _ in range(shape.processes)]
        self._places = deque(list(range(shape.processes)) * AT_ONCE)
        self._waiting: deque[Errand] = deque()
        self._waits: list[float] = []
        self._going: list[tuple[float, int, Errand]] = []
        self._numbers = count()
        self._written = 0

    def run(self) -> Seen:
        """Let the hours pass, and what was begun by then come to its end."""
        for errand in self._errands():
            self._go_on(errand.due)
            self._come(errand)
        self._go_on(float("inf"))
        span, waits = self._shape.hours * HOUR, sorted(self._waits)
        busy = sum(each.busy for each in self._processes) / self._shape.processes
        server = self._server.busy / self._shape.server_cores
        return Seen(busy / span, server / span, waits, self._written)

    def _errands(self) -> Iterator[Errand]:
        """Every account's polls, by time: each from a moment of its own, and changed once a day."""
        shape, draw, end = self._shape, self._draw, self._shape.hours * HOUR
        found = [
            (draw.random() * shape.poll, draw.random() * DAY, each)
            for each in range(shape.accounts)
        ]
        heapq.heapify(found)
        while found and (first := found[0])[0] < end:
            due, change, each = first
            is_changed = due >= change
            writes = round(shape.skus * shape.changed) if is_changed else 0
            following = change + DAY if is_changed else change
            heapq.heapreplace(found, (due + shape.poll, following, each))
            yield Errand(due, is_changed, writes)

    def _come(self, errand: Errand) -> None:
        """Every process puts it in, and the server takes the first."""
        for process in self._processes:
            self._spent(process, errand.due, self._costs.put)
        self._waiting.append(errand)
        self._begin(errand.due)

    def _begin(self, now: float) -> None:
        while self._waiting and self._places:
            errand = self._waiting.popleft()
            errand.place = self._places.popleft()
            self._waits.append(now - errand.due)
            cost = self._costs.poll.plus(self._costs.fetch)
            if errand.changes:
                cost = cost.plus(self._costs.row.times(self._shape.skus))
            self._goes_on(errand, now, cost)

    def _go_on(self, until: float) -> None:
        """Come to all that is under way by then: more of its writes, or its end."""
        while self._going and self._going[0][0] <= until:
            now, _, errand = heapq.heappop(self._going)
            if errand.writes:
                part = min(errand.writes, PART)
                errand.writes -= part
                self._written += part
                self._goes_on(errand, now, self._costs.write.times(part), part / RATE)
            else:
                self._places.append(errand.place)
                self._begin(now)

    def _goes_on(self, errand: Errand, now: float, cost: Cost, least: float = 0.0) -> None:
        end = max(self._spent(self._processes[errand.place], now, cost), now + least)
        heapq.heappush(self._going, (end, next(self._numbers), errand))

    def _spent(self, process: Cores, now: float, cost: Cost) -> float:
        return max(process.done(now, cost.process), self._server.done(now, cost.server))
