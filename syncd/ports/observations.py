"""What was observed of the remote and is not known by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from syncd.domain.attributes import ItemId
from syncd.domain.audit import Observed
from syncd.domain.stock import StockPoint
from syncd.ports.sightings import Sightings


class Observations(Protocol):
    """What audits and snapshots of stock have seen."""

    def sightings(self) -> AbstractContextManager[Sightings]:
        """Somewhere to note what a listing shows, thrown away at the end of the block.

        What it is held against is the table as it stands when it is first asked.
        """

    def observed(self, ids: Sequence[ItemId]) -> Mapping[ItemId, Observed]:
        """What audits found of these ids otherwise than it was known."""

    def left_to_mend(self) -> int:
        """How many of those a repair would mend, and nothing was written for since."""

    def stock_of(self, ids: Sequence[ItemId]) -> Mapping[ItemId, Sequence[StockPoint]]:
        """How the stock of these items went, each oldest first; those never seen are left out."""
