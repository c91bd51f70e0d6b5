"""The chain over the history: each seal's digest covers some cycles and the seal before it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from syncd.domain.cycle import CycleId


@dataclass(frozen=True, slots=True)
class Seal:
    """One link of the chain, made when `cycle` had finished.

    `number` counts from 1. It covers the record and the journal of that cycle, and of those before
    it that had ended without a seal. `digest` is what was found then, `found` what is found now,
    None where the history was pruned. `cycles` counts the records that stand under it now.
    """

    number: int
    cycle: CycleId
    at: datetime
    digest: str
    found: str | None
    cycles: int

    @property
    def is_pruned(self) -> bool:
        """Whether nothing is left to hold it against."""
        return self.found is None

    @property
    def is_intact(self) -> bool:
        """Whether everything stands as it was sealed, as far as it was not pruned."""
        return self.found in {None, self.digest}
