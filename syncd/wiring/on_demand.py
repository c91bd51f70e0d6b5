"""The remote that is built when first asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from syncd.domain.attributes import ItemId
from syncd.domain.change import Change
from syncd.domain.delivery import Outcome
from syncd.domain.item import RemoteItem, RemoteSku
from syncd.domain.level import LevelFilter, Levels
from syncd.domain.listing import CountedSpan
from syncd.ports import Permit, TakeItems, TakePairedSkus

if TYPE_CHECKING:
    from syncd.digital_river.client import DigitalRiver


class RemoteOnDemand:
    """A remote that is built when first asked: a quiet cycle never does, and starts sooner."""

    def __init__(self, build: Callable[[], DigitalRiver]) -> None:
        """Take what builds it, in a thread, for that asks the state."""
        self._build = build
        self._building = asyncio.Lock()
        self._built: DigitalRiver | None = None
        self._held = False
        self._permit: Permit | None = None

    @property
    def requests(self) -> int:
        return 0 if self._built is None else self._built.requests

    async def items(self, ids: Sequence[ItemId]) -> Mapping[ItemId, RemoteItem]:
        return await (await self._remote()).items(ids)

    async def managed(self, ids: Sequence[ItemId]) -> frozenset[ItemId]:
        return await (await self._remote()).managed(ids)

    async def skus(self, ids: Sequence[ItemId]) -> Mapping[ItemId, RemoteSku]:
        return await (await self._remote()).skus(ids)

    async def stocked(self, ids: Sequence[ItemId]) -> frozenset[ItemId]:
        return await (await self._remote()).stocked(ids)

    async def carry_out(self, change: Change) -> Outcome:
        return await (await self._remote()).carry_out(change)

    async def search(
        self, part_number: str | None, manufacturer: str | None
    ) -> AsyncIterator[RemoteItem]:
        remote = await self._remote()
        async for found in remote.search(part_number, manufacturer):
            yield found

    async def every_item(self, take: TakeItems) -> Sequence[CountedSpan]:
        return await (await self._remote()).every_item(take)

    async def every_sku(self, take: TakePairedSkus) -> Sequence[CountedSpan]:
        return await (await self._remote()).every_sku(take)

    async def levels(self, ids: Sequence[ItemId], wanted: LevelFilter) -> Levels:
        return await (await self._remote()).levels(ids, wanted)

    def depart_by(self, permit: Permit | None) -> None:
        self._permit = permit
        if self._built is not None:
            self._built.depart_by(permit)

    def hold(self) -> None:
        self._held = True
        if self._built is not None:
            self._built.hold()

    async def aclose(self) -> None:
        if self._built is not None:
            await self._built.aclose()

    async def _remote(self) -> DigitalRiver:
        if self._built is not None:
            return self._built
        async with self._building:
            if self._built is None:
                built = await asyncio.to_thread(self._build)
                built.depart_by(self._permit)
                if self._held:
                    built.hold()
                self._built = built
            return self._built
