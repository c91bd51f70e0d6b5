"""What things cost, in seconds of a processor; each was measured, on 2 cores that others used."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cost:
    """What one thing takes of a fleet's process, and of PostgreSQL for it."""

    process: float
    server: float

    def times(self, count: int) -> Cost:
        return Cost(self.process * count, self.server * count)

    def plus(self, other: Cost) -> Cost:
        return Cost(self.process + other.process, self.server + other.server)


@dataclass(frozen=True, slots=True)
class Costs:
    """`poll` is of an unchanged small catalog; `put` is each process's.

    `row` is what a catalog that has changed takes more for each of its rows.
    """

    poll: Cost = Cost(0.032, 0.012_5)
    put: Cost = Cost(0.001, 0.000_65)
    fetch: Cost = Cost(0.001, 0.001_5)
    row: Cost = Cost(0.000_002, 0.0)
    write: Cost = Cost(0.002_1, 0.000_5)
