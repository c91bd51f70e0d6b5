"""The items and SKUs of one account in bulk: the `ItemListing` port's calls over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Final

from syncd.digital_river.reader import Reader
from syncd.digital_river.windows import WindowedList
from syncd.digital_river.wire import WireItem, WireKeptSku
from syncd.domain.change import Resource
from syncd.domain.listing import CountedSpan
from syncd.ports import TakeItems, TakePairedSkus

SLOW_ANSWER: Final = 0.25
"""Seconds; answers that take no longer than this do not keep a list from being read at the rate."""


def lanes_for(rate: float) -> int:
    """How many windows to read side by side, so that a key's rate is what limits the reading."""
    return max(1, ceil(rate * SLOW_ANSWER))


async def list_items(reader: Reader, lanes: int, take: TakeItems) -> Sequence[CountedSpan]:
    """Give every item to `take`, a page at a time."""

    def take_page(page: Sequence[WireItem]) -> None:
        take([one.as_item() for one in page])

    items = WindowedList(reader, Resource.INVENTORY_ITEM, WireItem, lanes=lanes)
    return await items.read(take_page)


async def list_skus(reader: Reader, lanes: int, take: TakePairedSkus) -> Sequence[CountedSpan]:
    """Give every SKU to `take`, a page at a time."""

    def take_page(page: Sequence[WireKeptSku]) -> None:
        take([one.as_sku() for one in page])

    skus = WindowedList(reader, Resource.SKU, WireKeptSku, lanes=lanes)
    return await skus.read(take_page)
