"""The change-tracking table, as it is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from syncd.domain.attributes import ItemId
from syncd.domain.snapshot import Reading
from syncd.domain.tracking import SkuState, Tracked
from syncd.ports.fingerprints import Fingerprints


@dataclass(frozen=True, slots=True)
class Census:
    """How many SKUs there are in each state, and how many of all are owned."""

    states: Mapping[SkuState, int]
    owned: int


class Table(Protocol):
    """The change-tracking table and what is remembered of the catalog it follows."""

    def tracked(self, ids: Sequence[ItemId]) -> dict[ItemId, Tracked]:
        """The rows of these ids; unknown ids are left out."""

    def in_states(
        self, states: frozenset[SkuState], after: ItemId | None = None
    ) -> Iterator[Sequence[Tracked]]:
        """All rows in one of these states, those behind an id alone, ordered by it, in batches."""

    def beginning_with(self, prefix: str, limit: int) -> Sequence[Tracked]:
        """The first rows, ordered by id, whose id begins so."""

    def census(self) -> Census:
        """Count the SKUs."""

    def skus_alone(self) -> int:
        """Count the pairs that are ours by their SKU and have no item; `census` leaves them out."""

    def owned(self, limit: int) -> Sequence[ItemId]:
        """Some owned ids, spread over all of them."""

    def known_at_random(self, count: int) -> Sequence[ItemId]:
        """So many owned ids whose item is known to exist, or all there are, chosen by chance."""

    def fingerprints(self) -> AbstractContextManager[Fingerprints]:
        """What `Snapshot.compare` wants, good until the end of the block."""

    def reading(self) -> Reading | None:
        """What is remembered of the last read."""
