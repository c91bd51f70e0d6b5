"""The probe of an idle daemon tells of what it asks for, and of nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from syncd.config import CatalogMapping, ColumnMapping, DigitalRiverSettings, FileCatalog, Settings
from syncd.config.sections import ServiceSettings
from syncd.daemon.news import News
from syncd.daemon.sidework import Account
from syncd.daemon.tour import Tour
from syncd.daemon.wishes import Wishes
from syncd.domain.change import Resource
from syncd.errors import CatalogError, KeyRefusedError
from syncd.service.glimpse import Subject
from syncd.service.pulse import Pulse, Trouble
from tests.integration.service.shop import Shop, numbered, opened

COLUMN = ColumnMapping(field="sku")
SETTINGS = Settings(
    catalog=FileCatalog(path="catalog.csv", mapping=CatalogMapping(id=COLUMN, part_number=COLUMN)),
    digital_river=DigitalRiverSettings(api_key=SecretStr("sk_test_4f1c")),
    service=ServiceSettings(probe=timedelta(milliseconds=5)),
)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with opened(tmp_path) as shop:
        shop.stock(*numbered(2))
        yield shop


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


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - the fakes know no event
            await asyncio.sleep(0.002)


async def test_a_good_answer_says_nothing_of_the_catalog(shop: Shop) -> None:
    shop.catalog.error = CatalogError("catalog.csv", "it is not there", "Bring it back")
    async with on_tour(shop) as pulse:
        await until(lambda: Trouble.CATALOG in pulse.troubles)
        asked = len(shop.asked_for("items"))
        await until(lambda: len(shop.asked_for("items")) >= asked + 3)
        assert set(pulse.troubles) == {Trouble.CATALOG}


async def test_a_key_that_is_refused_and_taken_again_is_told(shop: Shop) -> None:
    async with on_tour(shop) as pulse:
        await until(lambda: pulse.last is not None)
        news = pulse.listener = News()
        shop.remote.fail_read(Resource.INVENTORY_ITEM, KeyRefusedError("key", "401", "Change it"))
        await until(lambda: not shop.remote.read_errors[Resource.INVENTORY_ITEM])
        asked = len(shop.asked_for("items"))
        await until(lambda: len(shop.asked_for("items")) >= asked + 2)
        words = [one.subjects.get(Subject.KEY, "nothing") for one in news.take()]
        assert [word is None for word in words if word != "nothing"][:2] == [False, True]
        assert pulse.troubles == {}
