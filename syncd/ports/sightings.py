"""What a listing has shown, held against the change-tracking table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol

from syncd.domain.attributes import ItemId
from syncd.domain.audit import PairSighting, Sighting
from syncd.domain.item import RemoteItem, RemoteSku


class Sightings(Protocol):
    """What a listing has shown so far, to be held against the table in whole sets."""

    @property
    def count(self) -> int:
        """How many items were shown."""

    def take(self, items: Sequence[RemoteItem], seen: datetime) -> None:
        """Note what was shown at a moment."""

    def take_skus(self, skus: Sequence[RemoteSku], seen: datetime) -> None:
        """Note what was shown of SKUs at a moment."""

    def read_known(self) -> None:
        """Read the table as it stands now; else that is done when it is first needed.

        It may be done in another thread while `take` and `take_skus` go on.
        """

    def unpaired(self, *, kept: bool) -> Iterator[Sequence[PairSighting]]:
        """Items and SKUs that do not go together, in batches ordered by id.

        Where SKUs are `kept`, those as well that are not as they are known. Some may agree all the
        same. SKUs that Digital River fulfils itself are left out, but those of known items.
        """

    def differing(self) -> Iterator[Sequence[Sighting]]:
        """Those that are not ours exactly as they are known, or not in the catalog, in batches.

        Some may agree all the same: only what is left out is sure to.
        """

    def not_shown(self) -> Iterator[Sequence[ItemId]]:
        """Ids whose item is known and was not shown, ordered, in batches."""
