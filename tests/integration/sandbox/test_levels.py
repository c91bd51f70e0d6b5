"""Inventory levels: filters, and the silent end at one hundred."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import CheckedClient

LEVELS: list[dict[str, Any]] = [
    {
        "inventoryItemId": "a",
        "locationId": "east",
        "availableQuantity": 6,
        "shipToCountries": ["US", "CA"],
        "updatedTime": "2026-01-01T00:00:00Z",
    },
    {
        "inventoryItemId": "a",
        "locationId": "west",
        "availableQuantity": 0,
        "availableTime": "2027-01-01T00:00:00Z",
        "updatedTime": "2026-02-01T00:00:00Z",
    },
    {"inventoryItemId": "b", "locationId": "east", "availableQuantity": 1},
]


def _locations(client: CheckedClient, **params: str | list[str]) -> list[tuple[str, str]]:
    answer = client.send("GET", "/inventory-levels", params=params)
    return [(level["inventoryItemId"], level["locationId"]) for level in answer.json()["data"]]


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"inventoryItemIds": "a"}, [("a", "east"), ("a", "west")]),
        (
            {"inventoryItemIds": ["b", "a", "nobody"], "available": "true"},
            [("b", "east"), ("a", "east")],
        ),
        ({"inventoryItemIds": "a", "available": "false"}, [("a", "east"), ("a", "west")]),
        ({"inventoryItemIds": "a", "shipToCountry": "CA"}, [("a", "east"), ("a", "west")]),
        ({"inventoryItemIds": "a", "shipToCountry": "DE"}, [("a", "west")]),
        ({"inventoryItemIds": "a", "updatedTime[gte]": "2026-02-01T00:00:00Z"}, [("a", "west")]),
        ({"inventoryItemIds": "nobody"}, []),
    ],
)
def test_levels_are_filtered(
    client: CheckedClient, params: dict[str, str | list[str]], expected: list[tuple[str, str]]
) -> None:
    client.store.seed_levels(LEVELS)

    assert _locations(client, **params) == expected


def test_a_level_tells_when_stock_returns_only_where_there_is_none(client: CheckedClient) -> None:
    client.store.seed_levels([*LEVELS, {**LEVELS[1], "locationId": "east", "availableQuantity": 2}])
    answer = client.send("GET", "/inventory-levels", params={"inventoryItemIds": "a"})
    east, west = answer.json()["data"]

    assert (east["available"], east["availableQuantity"]) == (True, 2)
    assert "availableTime" not in east
    assert (west["available"], west["availableTime"]) == (False, "2027-01-01T00:00:00Z")
    assert west["liveMode"] is False


def test_at_most_one_hundred_levels_come_back_and_nothing_says_so(client: CheckedClient) -> None:
    client.store.seed_levels(
        {"inventoryItemId": f"i{number}", "availableQuantity": 1} for number in range(120)
    )
    asked = [f"i{number}" for number in range(120)]
    answer = client.send("GET", "/inventory-levels", params={"inventoryItemIds": asked})

    assert len(answer.json()["data"]) == 100
    assert list(answer.json()) == ["data"]


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"inventoryItemIds": "a", "limit": "5"},
        {"inventoryItemIds": "a", "available": "perhaps"},
        {"inventoryItemIds": "a", "shipToCountry": "Canada"},
    ],
)
def test_a_query_that_cannot_be_is_refused(client: CheckedClient, params: dict[str, str]) -> None:
    assert client.send_wrong("GET", "/inventory-levels", params=params).status_code == 400


def test_the_stock_of_a_deleted_item_goes_with_it(client: CheckedClient) -> None:
    client.store.seed_items([{"id": "b", "partNumber": "P"}])
    client.store.seed_levels(LEVELS)
    client.send("DELETE", "/inventory-items/b")

    assert _locations(client, inventoryItemIds="b") == []
