"""What events tell of deleted objects, as far back as Digital River remembers them."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from syncd.digital_river.messages import MOST_IDS, fitting
from syncd.digital_river.reader import Reader
from syncd.digital_river.windows import written
from syncd.digital_river.wire import WireEvent, WireIdentified
from syncd.domain.attributes import ItemId
from syncd.domain.change import Resource

_SKU_DELETED: Final = "sku.deleted"


async def deleted_skus(reader: Reader, since: datetime) -> frozenset[ItemId]:
    """Find the SKUs deleted from a moment on, without those that are there again.

    An event that does not say which SKU it is about is passed over: a full read misses that one.
    """
    query = [("types", _SKU_DELETED), ("createdTime[gte]", written(since))]
    gone = [
        ItemId(event.about)
        async for event in reader.every(Resource.EVENT, WireEvent, query)
        if event.type == _SKU_DELETED and event.about is not None
    ]
    ids = list(dict.fromkeys(gone))
    return frozenset(ids) - await _present(reader, ids)


async def _present(reader: Reader, ids: list[ItemId]) -> frozenset[ItemId]:
    found: set[ItemId] = set()
    for start in range(0, len(ids), MOST_IDS):
        for part in fitting("ids", ids[start : start + MOST_IDS]):
            query = [("ids", item) for item in part]
            present = reader.every(Resource.SKU, WireIdentified, query)
            found.update([ItemId(sku.id) async for sku in present])
    return frozenset(found)
