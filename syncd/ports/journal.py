"""What was written, when, and what may have come of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from syncd.domain.attributes import Attributes, ItemId
from syncd.domain.change import Action
from syncd.domain.cycle import CycleId
from syncd.domain.journal import JournalEntry, WritesOfAnHour


class Journal(Protocol):
    """The intents and outcomes of all writes."""

    def written_since(self, moment: datetime, action: Action) -> frozenset[ItemId]:
        """Ids whose writes of this kind began since then and were, or may be, carried out.

        Writes that a person had approved are left out.
        """

    def updates_since(self, moment: datetime) -> Iterator[Sequence[tuple[ItemId, Attributes]]]:
        """The updates of `written_since`, each with the values it sent, in batches."""

    def recreated_since(self, moment: datetime) -> frozenset[ItemId]:
        """Those created since then that had been ours before: the remote had lost them.

        Which creates count is as in `written_since`.
        """

    def written_after(self, cycle: CycleId, ids: Sequence[ItemId]) -> frozenset[ItemId]:
        """Those of these ids that later cycles have written, or may have."""

    def last_written(self, ids: Sequence[ItemId]) -> Mapping[ItemId, datetime]:
        """When the last write of each of these ids began that was, or may have been, carried out.

        Ids that were never written are left out.
        """

    def journal_of(self, item: ItemId) -> Sequence[JournalEntry]:
        """What happened to this SKU, oldest first."""

    def journal_of_cycle(self, cycle: CycleId) -> Iterator[Sequence[JournalEntry]]:
        """What this cycle did, oldest first, in batches."""

    def writes_by_hour(self, first: datetime, hours: int) -> Sequence[WritesOfAnHour]:
        """Count the writes of so many hours, the first of which begins at `first`.

        They come by time, in each hour by action, and none comes that counts nothing.
        """
