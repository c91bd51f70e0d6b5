"""Items of the remote, by their ids or by what they are called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from syncd.domain.attributes import (
    ItemId,
)
from syncd.domain.item import RemoteItem
from syncd.ports import Remote
from syncd.service.ask import IDS_A_REQUEST


@dataclass(frozen=True, slots=True)
class FoundItems:
    """Inventory items as the remote has them, and the ids among those asked for that it has not."""

    items: tuple[RemoteItem, ...]
    absent: tuple[ItemId, ...] = ()


async def find_items(remote: Remote, ids: Sequence[ItemId]) -> FoundItems:
    """Ask for these items, a hundred a request; they come in the order of the ids."""
    found: dict[ItemId, RemoteItem] = {}
    for start in range(0, len(ids), IDS_A_REQUEST):
        found |= await remote.items(ids[start : start + IDS_A_REQUEST])
    items = tuple(found[item] for item in ids if item in found)
    return FoundItems(items, tuple(item for item in ids if item not in found))


async def search_items(
    remote: Remote, part_number: str | None, manufacturer: str | None, limit: int | None
) -> FoundItems:
    """Search items, newest first; at most `limit` of them where it is given."""
    items: list[RemoteItem] = []
    async for item in remote.search(part_number, manufacturer):
        if limit is not None and len(items) >= limit:
            break
        items.append(item)
    return FoundItems(tuple(items))
