"""Digital River as a sync sees it: items, SKUs, levels and changes over one key."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Final

from syncd.config import DigitalRiverSettings
from syncd.digital_river.item_listing import lanes_for, list_items, list_skus
from syncd.digital_river.levels import ITEM_IDS, read_levels, stocked_among
from syncd.digital_river.line import Line
from syncd.digital_river.messages import MOST_IDS, Answer, fitting, listing, request_for
from syncd.digital_river.outcomes import deleted, mode_mismatch, written
from syncd.digital_river.pacer import Pacer
from syncd.digital_river.reader import Reader
from syncd.digital_river.transport import Transport
from syncd.digital_river.wire import (
    Listed,
    WireItem,
    WireKeptSku,
    WireObject,
    WireSku,
)
from syncd.domain.attributes import ItemId
from syncd.domain.change import SYNCED, Action, Change, Resource
from syncd.domain.delivery import Accepted, Failure, Outcome, Refused, Transient
from syncd.domain.item import RemoteItem, RemoteSku
from syncd.domain.level import LevelFilter, Levels
from syncd.domain.listing import CountedSpan
from syncd.errors import ResourceForbiddenError
from syncd.ports import Clock, Onlooker, Permit, TakeItems, TakePairedSkus

_NO_PATH: Final = frozenset({"", ".", ".."})
_IDS: Final = "ids"
_ANY_ID: Final = "syncd-check"


class DigitalRiver:
    """The `Remote` port over HTTP.

    After the first 401 every call says so without a request, after a 403 every call that needs that
    resource, but for one now and then that asks anew; after an answer from the wrong mode, all.
    """

    def __init__(
        self,
        settings: DigitalRiverSettings,
        pacer: Pacer,
        clock: Clock,
        version: str,
        onlooker: Onlooker | None = None,
    ) -> None:
        """Take the version of syncd; the pacer is closed with the connections."""
        self._live = not settings.is_test
        self._line = Line(Transport(settings, version), pacer, clock, onlooker)
        self._reader = Reader(self._line, live=self._live)
        self._lanes = lanes_for(settings.rate)

    @property
    def requests(self) -> int:
        return self._line.departures

    async def items(self, ids: Sequence[ItemId]) -> Mapping[ItemId, RemoteItem]:
        return {
            ItemId(found.id): found.as_item()
            async for found in self._among(ids, Resource.INVENTORY_ITEM, WireItem)
        }

    async def managed(self, ids: Sequence[ItemId]) -> frozenset[ItemId]:
        found = self._among(ids, Resource.SKU, WireSku)
        return frozenset([ItemId(sku.id) async for sku in found if sku.managed_fulfillment])

    async def skus(self, ids: Sequence[ItemId]) -> Mapping[ItemId, RemoteSku]:
        found = self._among(ids, Resource.SKU, WireKeptSku)
        return {ItemId(sku.id): sku.as_sku() async for sku in found}

    async def stocked(self, ids: Sequence[ItemId]) -> frozenset[ItemId]:
        _checked(ids)
        return await stocked_among(self._reader, ids)

    async def carry_out(self, change: Change) -> Outcome:
        if change.id in _NO_PATH:
            message = "this id cannot stand in the path of a request"
            return Refused(Failure(None, "id_not_sendable", message, "id"))
        answer = await self._line.send(request_for(change))
        if not isinstance(answer, Answer):
            return answer
        if change.action is Action.DELETE:
            return deleted(answer)
        return self._written(change, answer)

    async def search(
        self, part_number: str | None, manufacturer: str | None
    ) -> AsyncIterator[RemoteItem]:
        filters = {"partNumber": part_number, "manufacturerId": manufacturer}
        query = [(name, value) for name, value in filters.items() if value is not None]
        async for found in self._reader.every(Resource.INVENTORY_ITEM, WireItem, query):
            yield found.as_item()

    async def every_item(self, take: TakeItems) -> Sequence[CountedSpan]:
        return await list_items(self._reader, self._lanes, take)

    async def every_sku(self, take: TakePairedSkus) -> Sequence[CountedSpan]:
        return await list_skus(self._reader, self._lanes, take)

    async def levels(self, ids: Sequence[ItemId], wanted: LevelFilter) -> Levels:
        return await read_levels(self._reader, ids, wanted)

    async def access(self) -> Mapping[Resource, Failure | None]:
        """Tell which resources of a sync the key may read, with the 403 where it may not.

        Costs one small request for each; raises like the reads where nothing can be told.
        """
        return {resource: await self._refusal(resource) for resource in SYNCED}

    def depart_by(self, permit: Permit | None) -> None:
        self._line.depart_by(permit)

    def hold(self) -> None:
        self._line.hold()

    async def aclose(self) -> None:
        await self._line.aclose()

    def _written(self, change: Change, answer: Answer) -> Outcome:
        found = written(change.id, answer, change.resource)
        if isinstance(found, Transient):
            return found
        mismatch = mode_mismatch([found], answer.request_id, live=self._live)
        if mismatch is not None:
            self._line.refuse_key(mismatch.failure)
            return Transient(mismatch.failure, in_doubt=True)  # it was carried out all the same
        if isinstance(found, WireItem):
            return Accepted(found.as_item().attributes, answer.request_id)
        sku = found.as_sku()
        return Accepted(sku.attributes, answer.request_id, sku.managed)

    async def _among(
        self, ids: Sequence[ItemId], resource: Resource, entry: type[Listed]
    ) -> AsyncIterator[Listed]:
        asked = _checked(ids)
        for part in fitting(_IDS, ids):
            query = [(_IDS, item) for item in part]
            async for found in self._reader.every(resource, entry, query):
                if found.id in asked:
                    yield found

    async def _refusal(self, resource: Resource) -> Failure | None:
        levels = resource is Resource.INVENTORY_LEVEL
        query = (ITEM_IDS, _ANY_ID) if levels else ("limit", "1")
        request = listing(resource, [query])
        try:
            await self._reader.page(request, WireObject)
        except ResourceForbiddenError:
            shut = self._line.shut(request)
            return None if shut is None else shut.failure
        return None


def _checked(ids: Sequence[ItemId]) -> frozenset[ItemId]:
    if len(ids) > MOST_IDS:
        raise ValueError(len(ids))
    return frozenset(ids)
