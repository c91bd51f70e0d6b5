"""A person's word that changes which guards have stopped may pass, exactly as they were planned."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from syncd.domain.change import Change
from syncd.domain.cycle import CycleId, Guard, GuardStop

NEVER_APPROVED: Final = frozenset({Guard.ACCOUNT, Guard.EMPTY_CATALOG, Guard.PARTIAL_READ})
"""Guards that stop for want of proof: no person can supply it by a word."""


def can_be_approved(stops: Iterable[GuardStop]) -> bool:
    """Whether any of these stops is one that a person may approve."""
    return any(stop.guard not in NEVER_APPROVED for stop in stops)


@dataclass(frozen=True, slots=True)
class Approval:
    """One change that was approved; there is one approval a SKU at most.

    `guards` are those that had stopped it, and the only ones that are lifted; `cycle` is the latest
    cycle whose stop was approved. From `expires` on the approval counts for nothing.
    """

    change: Change
    guards: frozenset[Guard]
    cycle: CycleId
    expires: datetime

    def covers(self, change: Change) -> bool:
        """Whether this is still the very change that was approved: action, revision, values.

        Of a pair's, what is left once one half is done was approved with it.
        """
        return change in (self.change, self.change.then)

    def lifts(self, guard: Guard, change: Change) -> bool:
        """Whether this guard need not look at this change."""
        return guard in self.guards and self.covers(change)


class LeftOut(StrEnum):
    """Why a change that was stopped is not approved after all."""

    DONE = "done"
    GONE = "gone"
    MOVED_ON = "moved_on"
    UNPROVEN = "unproven"
    """One of `NEVER_APPROVED` had stopped it too."""
