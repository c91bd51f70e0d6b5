"""The SKUs of one account in bulk: the `SkuListing` port over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TypeVar

from syncd.config import DigitalRiverSettings
from syncd.digital_river.events import deleted_skus
from syncd.digital_river.line import Line
from syncd.digital_river.pacer import Pacer
from syncd.digital_river.reader import Reader
from syncd.digital_river.transport import Transport
from syncd.digital_river.windows import WindowedList, written
from syncd.digital_river.wire import WireWholeSku
from syncd.domain.attributes import ItemId
from syncd.domain.change import Resource
from syncd.domain.listing import CountedSpan
from syncd.ports import Clock, Onlooker, TakeSkus

Result = TypeVar("Result")


class AccountSkus:
    """Reads under one key; connections last for one call, and nothing is done in between."""

    def __init__(
        self,
        account: DigitalRiverSettings,
        open_pacer: Callable[[], Pacer],
        clock: Clock,
        version: str,
        onlooker: Onlooker | None = None,
    ) -> None:
        """Take the version of syncd, and what opens the pacer that all users of this key share."""
        self._account = account
        self._open_pacer = open_pacer
        self._clock = clock
        self._version = version
        self._onlooker = onlooker

    def read(self, since: datetime | None, take: TakeSkus) -> Sequence[CountedSpan]:
        changed = [] if since is None else [("updatedTime[gte]", written(since))]

        def take_page(page: Sequence[WireWholeSku]) -> None:
            take([sku.columns() for sku in page])

        async def read(reader: Reader) -> Sequence[CountedSpan]:
            skus = WindowedList(reader, Resource.SKU, WireWholeSku, changed)
            return await skus.read(take_page)

        return self._run(read)

    def latest(self, count: int) -> Sequence[Mapping[str, object]]:
        async def read(reader: Reader) -> list[Mapping[str, object]]:
            found: list[Mapping[str, object]] = []
            async for sku in reader.every(Resource.SKU, WireWholeSku, ()):
                found.append(sku.columns())
                if len(found) >= count:
                    break
            return found

        return self._run(read)

    def deleted(self, since: datetime) -> frozenset[ItemId]:
        return self._run(lambda reader: deleted_skus(reader, since))

    def _run(self, work: Callable[[Reader], Awaitable[Result]]) -> Result:
        """Work in a thread of its own, for the caller's may have an event loop already."""

        async def session() -> Result:
            transport = Transport(self._account, self._version)
            line = Line(transport, self._open_pacer(), self._clock, self._onlooker)
            try:
                return await work(Reader(line, live=not self._account.is_test))
            finally:
                await line.aclose()

        with ThreadPoolExecutor(1, "syncd-skus") as thread:
            return thread.submit(asyncio.run, session()).result()
