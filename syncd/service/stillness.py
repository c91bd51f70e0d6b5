"""Whether a cycle was at work on the state while somebody looked at the remote."""

from __future__ import annotations

from dataclasses import dataclass

from syncd.domain.cycle import CycleId, CycleResult
from syncd.ports import History, State


@dataclass(frozen=True, slots=True)
class Stillness:
    """The last cycle as it stood at one moment; each of them tells of itself before it acts."""

    cycle: CycleId | None
    is_over: bool

    @classmethod
    def now(cls, history: History) -> Stillness:
        """Look at the state as it stands."""
        last = next(iter(history.cycles(1)), None)
        return cls(None, is_over=True) if last is None else cls(last.id, is_over=_is_over(last))

    def lasted(self, state: State) -> bool:
        """Whether no cycle was at work from that moment until now.

        One that was killed leaves no word of its end, and counts as being at work until another
        has ended.
        """
        return self.is_over and Stillness.now(state) == self


def _is_over(cycle: CycleResult) -> bool:
    return not cycle.is_unfinished
