"""Lists: newest first, cursors, filters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .conftest import CheckedClient

if TYPE_CHECKING:
    import httpx


def _seed(client: CheckedClient, count: int) -> None:
    client.store.seed_items(
        {
            "id": f"i{number:03}",
            "partNumber": f"P{number % 3}",
            "manufacturerId": "even" if number % 2 == 0 else "odd",
            "createdTime": f"2026-01-{number % 28 + 1:02}T00:00:00Z",
        }
        for number in range(count)
    )


def _list(client: CheckedClient, **params: str | int | list[str]) -> httpx.Response:
    return client.send("GET", "/inventory-items", params=params)


def _ids(answer: httpx.Response) -> list[str]:
    return [item["id"] for item in answer.json()["data"]]


def test_ten_of_the_newest_come_first_and_more_is_told(client: CheckedClient) -> None:
    _seed(client, 11)
    answer = _list(client)

    assert _ids(answer) == [f"i{number:03}" for number in range(10, 0, -1)]
    assert answer.json()["hasMore"] is True


def test_pages_that_follow_the_cursor_show_every_item_once(client: CheckedClient) -> None:
    _seed(client, 250)
    seen: list[str] = []
    more, cursor = True, dict[str, str]()
    while more:
        answer = _list(client, limit=100, **cursor)
        seen += _ids(answer)
        more, cursor = answer.json()["hasMore"], {"startingAfter": seen[-1]}

    assert seen == [f"i{number:03}" for number in range(249, -1, -1)]


def test_a_page_that_ends_before_an_item_holds_its_newer_neighbours(client: CheckedClient) -> None:
    _seed(client, 9)
    nearest = _list(client, limit=3, endingBefore="i004")
    rest = _list(client, limit=3, endingBefore="i007")

    assert (_ids(nearest), nearest.json()["hasMore"]) == (["i007", "i006", "i005"], True)
    assert (_ids(rest), rest.json()["hasMore"]) == (["i008"], False)


def test_items_deleted_between_two_pages_neither_show_nor_shift_others(
    client: CheckedClient,
) -> None:
    _seed(client, 6)
    first = _list(client, limit=2)
    client.store.remove_items(["i003", "i005"])
    second = _list(client, limit=2, startingAfter="i004")

    assert _ids(first) == ["i005", "i004"]
    assert _ids(second) == ["i002", "i001"]


def test_ids_are_answered_newest_first_under_the_limit_and_unknown_ones_passed_over(
    client: CheckedClient,
) -> None:
    _seed(client, 30)
    asked = [f"i{number:03}" for number in range(12)] + ["nobody", "i003"]
    by_default = _list(client, ids=asked)
    whole = _list(client, ids=asked, limit=100)
    rest = _list(client, ids=asked, startingAfter="i002")
    newer = _list(client, ids=asked, endingBefore="i009")

    assert (len(_ids(by_default)), by_default.json()["hasMore"]) == (10, True)
    assert _ids(whole) == [f"i{number:03}" for number in range(11, -1, -1)]
    assert _ids(rest) == ["i001", "i000"]
    assert _ids(newer) == ["i011", "i010"]


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"partNumber": "P1"}, ["i004", "i001"]),
        ({"manufacturerId": "odd"}, ["i005", "i003", "i001"]),
        ({"partNumber": "P1", "manufacturerId": "odd"}, ["i001"]),
        ({"createdTime[gte]": "2026-01-05T00:00:00Z"}, ["i005", "i004"]),
        ({"createdTime[gt]": "2026-01-05T00:00:00Z"}, ["i005"]),
        ({"createdTime[lt]": "2026-01-02T00:00:00Z"}, ["i000"]),
        ({"createdTime[lte]": "2026-01-02T00:00:00Z"}, ["i001", "i000"]),
        ({"createdTime[eq]": "2026-01-03T00:00:00Z"}, ["i002"]),
        (
            {
                "updatedTime[gte]": "2026-01-02T00:00:00Z",
                "updatedTime[lt]": "2026-01-04T00:00:00Z",
            },
            ["i002", "i001"],
        ),
        ({"ids": ["i001", "i002"], "partNumber": "P2"}, ["i002"]),
        ({"ids": ["nobody"]}, []),
    ],
)
def test_filters_narrow_a_list(
    client: CheckedClient, params: dict[str, str | list[str]], expected: list[str]
) -> None:
    _seed(client, 6)

    assert _ids(_list(client, **params)) == expected


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("limit", "0"),
        ("limit", "101"),
        ("limit", "ten"),
        ("limit", "²"),
        ("startingAfter", "nobody"),
        ("endingBefore", "nobody"),
        ("createdTime[gte]", "yesterday"),
        ("createdTime[near]", "2026-01-01T00:00:00Z"),
        ("colour", "red"),
        ("ids", [str(number) for number in range(101)]),
        ("limit", ["5", "6"]),
    ],
)
def test_a_parameter_that_cannot_be_is_refused_and_named(
    client: CheckedClient, parameter: str, value: str | list[str]
) -> None:
    _seed(client, 1)
    answer = client.send_wrong("GET", "/inventory-items", params={parameter: value})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["parameter"] == parameter


def test_both_cursors_at_once_are_refused(client: CheckedClient) -> None:
    _seed(client, 2)
    answer = _list(client, startingAfter="i000", endingBefore="i001")

    assert answer.status_code == 400
