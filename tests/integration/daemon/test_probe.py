"""The probe of an idle daemon tells of what it asks for, and of nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from syncd.daemon.news import News
from syncd.domain.change import Resource
from syncd.errors import CatalogError, KeyRefusedError
from syncd.service.glimpse import Subject
from syncd.service.pulse import Trouble
from tests.integration.daemon.at_work import until
from tests.integration.daemon.on_tour import on_tour
from tests.integration.service.shop import Shop, numbered, opened


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with opened(tmp_path) as shop:
        shop.stock(*numbered(2))
        yield shop


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
