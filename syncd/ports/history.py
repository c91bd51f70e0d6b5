"""The cycles there were, what they were stopped at, and the seals on them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from syncd.domain.approval import Approval
from syncd.domain.attributes import ItemId
from syncd.domain.chain import Seal
from syncd.domain.change import Change
from syncd.domain.cycle import CycleId, CycleResult


class History(Protocol):
    """The cycles, and what was approved of what they were stopped at."""

    def cycles(self, limit: int) -> Sequence[CycleResult]:
        """The latest cycles, newest first, without their changes."""

    def cycle(self, cycle: CycleId) -> CycleResult | None:
        """One cycle without its changes."""

    def seals(self) -> Iterator[Seal]:
        """Every seal, oldest first, with the digest of what stands under it now.

        Where some were pruned, the first one is the last of those.
        """

    def last_seal(self) -> str | None:
        """The digest of the newest seal, as it is remembered apart from the seals."""

    def unsealed(self) -> Sequence[CycleId]:
        """The cycles under no seal, those included that only entries of the journal name."""

    def prune(self, before: datetime) -> Iterator[int]:
        """Remove what was sealed before a moment; each step is a short transaction of its own.

        Events that came before it go as well, and points of stock that were over by then. Gives
        how many rows each step removed. The last digest before those of the cycles that remain
        stays, and so do the cycle sealed last, cycles with a write in flight, and the stopped plans
        of the cycles that remain.
        """

    def stopped(self, name: str) -> Sequence[Change]:
        """The changes that `record_stopped` kept under this name; none where it kept none."""

    def approvals(self, ids: Sequence[ItemId], moment: datetime) -> Mapping[ItemId, Approval]:
        """The approvals for these ids that are in force at this moment."""
