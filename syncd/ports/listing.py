"""What is read of Digital River in bulk."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol, TypeAlias

from syncd.domain.attributes import ItemId
from syncd.domain.item import RemoteItem, RemoteSku
from syncd.domain.level import LevelFilter, Levels
from syncd.domain.listing import CountedSpan

TakeItems: TypeAlias = Callable[[Sequence[RemoteItem]], None]
"""Takes some items, as they come."""
TakePairedSkus: TypeAlias = Callable[[Sequence[RemoteSku]], None]
"""Takes some SKUs in canonical form, as they come."""
TakeSkus: TypeAlias = Callable[[Sequence[Mapping[str, object]]], None]
"""Takes some SKUs, in one thread at a time."""


class ItemListing(Protocol):
    """The items and SKUs of one account in bulk; raises as the reads of `Remote` do."""

    @property
    def requests(self) -> int:
        """How many requests have departed so far."""

    async def every_item(self, take: TakeItems) -> Sequence[CountedSpan]:
        """Give each item once to `take`, in no order; raises where any of them may be lacking.

        What is created meanwhile may be lacking, and what is deleted may come.
        """

    async def every_sku(self, take: TakePairedSkus) -> Sequence[CountedSpan]:
        """The same of SKUs."""


class Stock(Protocol):
    """The inventory levels of one account; raises as the reads of `Remote` do."""

    async def levels(self, ids: Sequence[ItemId], wanted: LevelFilter) -> Levels:
        """What every location has of these items, however many ids and levels there are."""


class Inventory(ItemListing, Stock, Protocol):
    """All that is read of one account in bulk."""


class SkuListing(Protocol):
    """The SKUs of one account in bulk, each with the API's own names for its properties.

    The calls block, and may come from any thread; they raise as the reads of `Remote` do.
    """

    def read(self, since: datetime | None, take: TakeSkus) -> Sequence[CountedSpan]:
        """Give each SKU to `take`, or each that was changed from a moment on, in no order.

        Raises where any of them may be lacking; `take` has then had some of them in vain.
        """

    def latest(self, count: int) -> Sequence[Mapping[str, object]]:
        """Give so many of the SKUs that were created last."""

    def deleted(self, since: datetime) -> frozenset[ItemId]:
        """The ids of SKUs that were deleted from a moment on and are not there now.

        Digital River remembers that for 30 days.
        """
