"""How long things took: counted by bounds, so that it takes no more room the more there were."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

ANSWERS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
CYCLES: Final = (0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0)


@dataclass(frozen=True, slots=True)
class Histogram:
    """`counts` has a number for each bound, of what took up to so many seconds, and one for more.

    None of them is counted in the next one as well. `total` is the sum of all seconds.
    """

    bounds: Sequence[float]
    counts: tuple[int, ...]
    total: float = 0.0

    @classmethod
    def empty(cls, bounds: Sequence[float]) -> Histogram:
        """Count by these bounds, in seconds and growing."""
        return cls(bounds, (0,) * (len(bounds) + 1))

    def with_one(self, seconds: float) -> Histogram:
        """The same with one more."""
        place = bisect_left(self.bounds, seconds)
        counts = (*self.counts[:place], self.counts[place] + 1, *self.counts[place + 1 :])
        return replace(self, counts=counts, total=self.total + seconds)
