"""Answers about stock are cut at a hundred without a word; every level is found all the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import httpx
import pytest

from syncd.digital_river.client import DigitalRiver
from syncd.domain.attributes import ItemId
from syncd.domain.level import Level, LevelFilter
from syncd.errors import RemoteUnavailableError

if TYPE_CHECKING:
    import respx

START = datetime(2026, 3, 1, tzinfo=UTC)
ALL = LevelFilter()


@dataclass
class Warehouses:
    """The levels of an account, as (item, location, seconds after the start).

    Where these are None it does not tell when the level was updated, and no time finds it. At
    `stocked` there is something left.
    """

    levels: Sequence[tuple[str, str, float | None]]
    stocked: str | None = None
    requests: list[httpx.URL] = field(default_factory=list)

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request.url)
        ids = request.url.params.get_list("inventoryItemIds")
        start = request.url.params.get("updatedTime[gte]")
        end = request.url.params.get("updatedTime[lt]")
        found = [
            self._shown(*level)
            for level in self.levels
            if level[0] in ids and _lies_between(level[2], start, end)
            if level[1] == self.stocked or "available" not in request.url.params
        ]
        return httpx.Response(200, json={"data": found[:100]})

    def _shown(self, item: str, location: str, seconds: float | None) -> Mapping[str, object]:
        left = 3 if location == self.stocked else 0
        updated = None if seconds is None else (START + timedelta(seconds=seconds)).isoformat()
        return {
            "inventoryItemId": item,
            "locationId": location,
            "available": left > 0,
            "availableQuantity": left,
            "availableTime": "2026-04-01T00:00:00Z",
            "updatedTime": updated,
        }


def _lies_between(seconds: float | None, start: str | None, end: str | None) -> bool:
    if seconds is None:
        return start is None and end is None
    moment = START + timedelta(seconds=seconds)
    is_early = start is not None and moment < datetime.fromisoformat(start)
    return not is_early and (end is None or moment < datetime.fromisoformat(end))


def ids(count: int) -> list[ItemId]:
    return [ItemId(f"item-{number:03}") for number in range(count)]


CASES: Mapping[str, tuple[int, Sequence[tuple[str, str, float]]]] = {
    "none": (3, []),
    "one each": (150, [(item, "east", 0) for item in ids(150)]),
    "two each": (150, [(item, place, 0) for item in ids(150) for place in "ab"]),
    "five each": (60, [(item, str(place), 0) for item in ids(60) for place in range(5)]),
    "exactly a hundred of one": (1, [("item-000", f"{n:03}", n) for n in range(100)]),
    "many of one": (2, [("item-001", f"{n:03}", n * 60) for n in range(350)]),
    "many of one, half of them at once": (
        1,
        [("item-000", f"{n:03}", max(0, n - 60) * 60) for n in range(150)],
    ),
}


@pytest.mark.parametrize(("count", "levels"), CASES.values(), ids=CASES.keys())
async def test_every_level_comes_once(
    remote: DigitalRiver,
    api: respx.MockRouter,
    count: int,
    levels: Sequence[tuple[str, str, float]],
) -> None:
    warehouses = Warehouses(levels)
    api.get("/inventory-levels").mock(side_effect=warehouses.answer)

    found = await remote.levels(ids(count), ALL)

    assert Counter((one.item, one.location) for one in found.levels) == Counter(
        (item, location) for item, location, _ in levels
    )
    assert list(found.levels) == sorted(found.levels, key=lambda one: (one.item, one.location))
    assert found.cut_short == frozenset()


async def test_more_levels_of_one_moment_than_an_answer_holds_are_told(
    remote: DigitalRiver, api: respx.MockRouter
) -> None:
    api.get("/inventory-levels").mock(
        side_effect=Warehouses([("item-000", f"{n:03}", 0) for n in range(130)]).answer
    )

    found = await remote.levels(ids(1), ALL)

    assert len(found.levels) == 100
    assert set(found.cut_short) == {"item-000"}


async def test_levels_of_which_one_tells_no_time_are_not_read_in_parts_of_time(
    remote: DigitalRiver, api: respx.MockRouter
) -> None:
    levels = [("item-000", f"{n:03}", n * 60 if n else None) for n in range(130)]
    api.get("/inventory-levels").mock(side_effect=Warehouses(levels).answer)

    found = await remote.levels(ids(1), ALL)

    assert [level.location for level in found.levels] == [f"{n:03}" for n in range(100)]
    assert set(found.cut_short) == {"item-000"}


@pytest.mark.parametrize("place", [0, 99, 100, 129])
@pytest.mark.parametrize("seconds", [None, 0.0, 6_000.0])
async def test_the_one_place_with_stock_left_is_found_wherever_it_stands(
    remote: DigitalRiver, api: respx.MockRouter, place: int, seconds: float | None
) -> None:
    """Else the item would be deleted with it."""
    levels: list[tuple[str, str, float | None]]
    levels = [("item-000", f"{n:03}", n * 60.0) for n in range(130)]
    levels[place] = ("item-000", "full", seconds)
    warehouses = Warehouses(levels)
    api.get("/inventory-levels").mock(side_effect=warehouses.answer)
    assert await remote.stocked(ids(1)) == frozenset()

    warehouses.stocked = "full"

    assert await remote.stocked(ids(1)) == {"item-000"}


async def test_one_or_two_locations_an_item_cost_one_request_a_part(
    remote: DigitalRiver, api: respx.MockRouter
) -> None:
    warehouses = Warehouses([(item, place, 0) for item in ids(98) for place in "ab"])
    api.get("/inventory-levels").mock(side_effect=warehouses.answer)

    await remote.levels(ids(98), ALL)

    assert len(warehouses.requests) == 2


async def test_filters_are_sent_as_they_are_documented(
    remote: DigitalRiver, api: respx.MockRouter
) -> None:
    warehouses = Warehouses([])
    api.get("/inventory-levels").mock(side_effect=warehouses.answer)

    await remote.levels(ids(1), LevelFilter("DE", available=True, updated_since=START))

    (url,) = warehouses.requests
    assert dict(url.params) == {
        "inventoryItemIds": "item-000",
        "shipToCountry": "DE",
        "available": "true",
        "updatedTime[gte]": "2026-03-01T00:00:00Z",
    }


async def test_a_level_says_all_that_the_remote_says(
    remote: DigitalRiver, api: respx.MockRouter
) -> None:
    api.get("/inventory-levels").respond(
        json={
            "data": [
                {
                    "inventoryItemId": "item-000",
                    "locationId": "east",
                    "available": True,
                    "availableQuantity": 2.5,
                    "availableTime": "2026-04-01T00:00:00Z",
                    "updatedTime": "2026-03-01T00:00:00Z",
                },
                {"inventoryItemId": "item-000", "locationId": None},
                {"inventoryItemId": "another", "locationId": "east"},
            ]
        }
    )

    found = await remote.levels(ids(1), ALL)

    assert found.levels == (
        Level(ItemId("item-000"), "", available=None, quantity=None),
        Level(ItemId("item-000"), "east", available=True, quantity=2.5, updated=START),
    )


async def test_an_answer_that_fails_is_raised_as_it_is(
    remote: DigitalRiver, api: respx.MockRouter
) -> None:
    api.get("/inventory-levels").respond(503)

    with pytest.raises(RemoteUnavailableError, match="GET /inventory-levels: failed"):
        await remote.levels(ids(1), ALL)
