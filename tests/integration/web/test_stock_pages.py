"""What the pages tell of stock: nothing before the first snapshot, and afterwards what matters."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from syncd.domain.attributes import Attribute, Attributes, ItemId
from syncd.domain.change import Resource
from syncd.domain.cycle import Mode
from syncd.domain.cycle_id import CycleId
from syncd.domain.level import Level
from syncd.domain.tracking import Tracked
from syncd.service.stock import note_levels
from syncd.service.terms import CycleRequest, Ports
from tests.contract.state.examples import put
from tests.contract.state.examples import sku as row_of
from tests.fakes.catalog import FakeCatalog
from tests.fakes.clocks import LeapingClock
from tests.fakes.remote import FakeRemote
from tests.integration.web.room import NOON, Room, room_in, visited

if TYPE_CHECKING:
    import httpx


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    """Three items that are ours; the last of them may be sold without stock."""
    with room_in(tmp_path) as room:
        rows = [owned("a", oversell=False), owned("b", oversell=False), owned("c", oversell=True)]
        put(room.state, rows)
        yield room


@pytest.fixture
def client(room: Room) -> Iterator[httpx.Client]:
    with visited(room) as client:
        client.headers["Accept"] = "text/html"
        yield client


def owned(item: str, *, oversell: bool) -> Tracked:
    values: Attributes = {Attribute.PART_NUMBER: "P", Attribute.ALLOW_OVERSELL: oversell}
    return replace(row_of(item, owned=True), desired=values, known=values)


def note(room: Room, remote: FakeRemote, days: int, **quantities: float) -> None:
    """Take a snapshot so many days ago."""
    remote.shelves = [
        Level(ItemId(item), "berlin", quantity > 0, quantity)
        for item, quantity in quantities.items()
    ]
    clock = LeapingClock(NOON - timedelta(days=days))
    ports = Ports(FakeCatalog(), remote, room.state, clock)
    request = CycleRequest(CycleId("levels"), Mode.REPAIR, "the test")
    asyncio.run(note_levels(ports, remote, request))


def test_before_the_first_snapshot_the_page_says_how_to_have_one(client: httpx.Client) -> None:
    assert "as often as schedule.levels says" in client.get("/stock").text
    assert "/stock" not in client.get("/").text
    assert 'id="stock-title"' not in client.get("/sku/a").text


def test_what_deserves_a_look_is_listed_with_its_course(room: Room, client: httpx.Client) -> None:
    remote = FakeRemote()
    note(room, remote, 4, a=3, b=80, c=0)
    note(room, remote, 2, a=0, b=60, c=0)
    note(room, remote, 0, a=0, b=40, c=5)

    page = client.get("/stock").text
    for words in (
        "Out of stock and not oversellable",
        "Oversellable with stock back",
        "Gone soonest",
        "4 days",
        "Stock of a: over 4 days, 0 at the end",
        "3 items looked at",
    ):
        assert words in page, words
    for item in "abc":
        assert page.count(f'href="/sku/{item}"') == 1

    home = client.get("/").text
    assert '<a href="/stock">' in home
    assert "1 out of stock and not oversellable; 1 oversellable with stock back" in home
    assert "40 in all locations, gone in about 4 days" in client.get("/sku/b").text


def test_a_key_that_may_not_see_levels_is_told(room: Room, client: httpx.Client) -> None:
    note(room, FakeRemote(forbidden={Resource.INVENTORY_LEVEL}), 0)

    assert "The key may not see inventory levels" in client.get("/stock").text
    assert "the key may not see levels" in client.get("/").text


def test_where_nothing_is_odd_the_page_says_so(room: Room, client: httpx.Client) -> None:
    note(room, FakeRemote(), 0, a=5)
    assert "Nothing deserves a look." in client.get("/stock").text
