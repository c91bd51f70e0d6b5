"""What the cycles of one process have come to so far."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from syncd.domain.change import Action, ChangeOutcome
from syncd.domain.cycle import CycleResult
from syncd.service.histogram import CYCLES, Histogram

_WRITTEN: Final = frozenset({ChangeOutcome.DONE, ChangeOutcome.FAILED, ChangeOutcome.QUARANTINED})


class CycleEnd(StrEnum):
    """How a cycle ended."""

    DONE = "done"
    STOPPED = "stopped"
    """A guard stopped something of it."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Tally:
    """Writes that were tried, by action and outcome, and how long the cycles took by their end."""

    writes: Mapping[tuple[Action, ChangeOutcome], int] = field(default_factory=dict)
    cycles: Mapping[CycleEnd, Histogram] = field(default_factory=dict)

    def with_one(self, result: CycleResult) -> Tally:
        """The same with one cycle more."""
        outcomes = ((one.change.action, one.outcome) for one in result.changes)
        writes = Counter(self.writes)
        writes.update(one for one in outcomes if one[1] in _WRITTEN)
        end, seconds = _end(result), (result.finished - result.started).total_seconds()
        durations = self.cycles.get(end, Histogram.empty(CYCLES)).with_one(max(seconds, 0.0))
        return Tally(dict(writes), {**self.cycles, end: durations})


def _end(result: CycleResult) -> CycleEnd:
    if result.error is not None:
        return CycleEnd.FAILED
    return CycleEnd.STOPPED if result.guards else CycleEnd.DONE
