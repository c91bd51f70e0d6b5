"""Holds the history against its seals: whether cycles and journal are as they were written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum, auto

from syncd.domain.chain import Seal
from syncd.domain.cycle import CycleId
from syncd.ports import History, State


class Damage(Enum):
    """What was done to the history."""

    CHANGED = auto()
    """Its record or its entries were changed, removed or added to."""
    FOLLOWS_A_GAP = auto()
    """The seal before its own is gone."""
    CUT_OFF = auto()
    """The newest ones were removed, those after it."""
    NOT_RECORDED = auto()
    """Entries of the journal name it, and no record does."""
    NOT_SEALED = auto()
    """Its record was added by another hand than a cycle's."""


@dataclass(frozen=True, slots=True)
class Breach:
    """The first cycle that is not as it was sealed; None where no cycle at all is left."""

    cycle: CycleId | None
    damage: Damage


@dataclass(frozen=True, slots=True)
class Verdict:
    """How many cycles are as they were, since when, and up to when the history was pruned."""

    cycles: int = 0
    since: datetime | None = None
    pruned_upto: datetime | None = None
    breach: Breach | None = None


@dataclass(slots=True)
class _Walk:
    """The chain so far."""

    verdict: Verdict = field(default_factory=Verdict)
    last: Seal | None = None
    digests: set[str] = field(default_factory=set)

    def passes(self, seal: Seal) -> bool:
        """Take one more seal; False where it does not follow from the last, or does not hold."""
        if not self._follows(seal):
            self.verdict = replace(self.verdict, breach=Breach(seal.cycle, Damage.FOLLOWS_A_GAP))
        elif not seal.is_intact:
            self.verdict = replace(self.verdict, breach=Breach(seal.cycle, Damage.CHANGED))
        elif seal.is_pruned:
            self.verdict = replace(self.verdict, pruned_upto=seal.at)
        else:
            since = self.verdict.since or seal.at
            self.verdict = replace(
                self.verdict, cycles=self.verdict.cycles + seal.cycles, since=since
            )
        self.last = seal
        self.digests.add(seal.digest)
        return self.verdict.breach is None

    def _follows(self, seal: Seal) -> bool:
        """Whether none is missing before it; of those that were pruned the last one stays."""
        if self.last is None:
            return seal.number == 1 or seal.is_pruned
        return seal.number == self.last.number + 1


def verify(state: State) -> Verdict:
    """Find the first cycle whose record or journal is not as it was when it was sealed.

    A cycle that runs meanwhile does not disturb: what stands under no seal is looked at first.
    """
    loose, newest = list(_loose(state)), state.last_seal()
    walk = _Walk()
    for seal in state.seals():
        if not walk.passes(seal):
            return walk.verdict
    if newest is not None and newest not in walk.digests:
        cycle = walk.last.cycle if walk.last else None
        return replace(walk.verdict, breach=Breach(cycle, Damage.CUT_OFF))
    if walk.last is not None and loose:
        return replace(walk.verdict, breach=loose[0])
    return walk.verdict


def _loose(history: History) -> Iterator[Breach]:
    """What stands under no seal although nothing that runs, or that was broken off, left it so."""
    for cycle in sorted(history.unsealed()):
        result = history.cycle(cycle)
        if result is None:
            yield Breach(cycle, Damage.NOT_RECORDED)
        elif not result.is_unfinished and cycle in history.unsealed():
            yield Breach(cycle, Damage.NOT_SEALED)
