"""A daemon's tour of a shop: by the timetable, with the probe."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from pydantic import SecretStr

from syncd.config import CatalogMapping, ColumnMapping, DigitalRiverSettings, FileCatalog, Settings
from syncd.config.sections import ServiceSettings
from syncd.daemon.sidework import Account
from syncd.daemon.tour import Tour
from syncd.daemon.wishes import Wishes
from syncd.service.pulse import Pulse
from tests.integration.service.shop import Shop

COLUMN = ColumnMapping(field="sku")
SETTINGS = Settings(
    catalog=FileCatalog(path="catalog.csv", mapping=CatalogMapping(id=COLUMN, part_number=COLUMN)),
    digital_river=DigitalRiverSettings(api_key=SecretStr("sk_test_4f1c")),
    service=ServiceSettings(probe=timedelta(milliseconds=5)),
)


@asynccontextmanager
async def on_tour(shop: Shop) -> AsyncIterator[Pulse]:
    """Let a daemon poll once, and ask every few milliseconds from then on."""
    pulse, stop, over = Pulse(shop.clock.now), asyncio.Event(), asyncio.Event()
    account = Account(shop.ports, shop.remote, shop.terms, "the test")
    tour = asyncio.create_task(Tour(SETTINGS, account, pulse, Wishes(), stop, over).run())
    try:
        yield pulse
    finally:
        over.set()
        await tour
