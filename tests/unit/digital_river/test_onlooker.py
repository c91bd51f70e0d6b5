"""Whoever watches is told of each request that leaves, and of each answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx
import pytest
from pydantic import SecretStr

from syncd.config import DigitalRiverSettings
from syncd.digital_river.client import DigitalRiver
from syncd.digital_river.pacer import MemoryPacer
from syncd.domain.attributes import ItemId
from syncd.domain.change import Action, Change, Resource
from syncd.domain.delivery import Verb
from tests.fakes.clocks import LeapingClock
from tests.unit.digital_river.conftest import BASE_URL, KEY

if TYPE_CHECKING:
    import respx

ITEM = Resource.INVENTORY_ITEM


@dataclass
class Notes:
    """What was seen."""

    departures: int = 0
    answers: list[tuple[Verb, Resource, int | None]] = field(default_factory=list)

    def departed(self) -> None:
        self.departures += 1

    def answered(self, verb: Verb, resource: Resource, status: int | None, seconds: float) -> None:
        assert 0 <= seconds < 5
        self.answers.append((verb, resource, status))


@pytest.fixture
def notes() -> Notes:
    return Notes()


@pytest.fixture
async def remote(
    api: respx.MockRouter, clock: LeapingClock, notes: Notes
) -> AsyncIterator[DigitalRiver]:
    assert not api.calls
    settings = DigitalRiverSettings(base_url=BASE_URL, api_key=SecretStr(KEY))
    remote = DigitalRiver(settings, MemoryPacer(1000, clock, clock.ticks), clock, "1.2.3", notes)
    yield remote
    await remote.aclose()


async def test_each_try_is_told(api: respx.MockRouter, remote: DigitalRiver, notes: Notes) -> None:
    busy, found = httpx.Response(429), httpx.Response(200, json={"hasMore": False, "data": []})
    api.get("/inventory-items").side_effect = [busy, httpx.ReadTimeout("slow"), found]
    api.delete("/inventory-items/a").respond(204)
    await remote.items([ItemId("a")])
    await remote.carry_out(Change(ItemId("a"), Action.DELETE, 1, {}))

    assert notes.answers == [
        (Verb.LOOK_UP, ITEM, 429),
        (Verb.LOOK_UP, ITEM, None),
        (Verb.LOOK_UP, ITEM, 200),
        (Verb.DELETE, ITEM, 204),
    ]
    assert notes.departures == remote.requests > 0


async def test_what_was_never_sent_is_not_told(
    api: respx.MockRouter, remote: DigitalRiver, notes: Notes
) -> None:
    remote.hold()
    await remote.carry_out(Change(ItemId("a"), Action.DELETE, 1, {}))

    assert (notes.departures, notes.answers, api.calls.call_count) == (0, [], 0)


async def test_what_cannot_be_sent_is_not_told(
    api: respx.MockRouter, remote: DigitalRiver, notes: Notes
) -> None:
    api.delete("/inventory-items/a").side_effect = httpx.InvalidURL("too long")
    await remote.carry_out(Change(ItemId("a"), Action.DELETE, 1, {}))

    assert notes.answers == []
