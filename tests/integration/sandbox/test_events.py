"""Events tell what happened to SKUs, as far back as the vendor remembers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from syncd.sandbox import SandboxSettings, SandboxStore
from syncd.sandbox.calls import RawRequest, read_call

from .conftest import CheckedClient, Connect
from .test_skus import SKU


def events(client: CheckedClient, query: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.send("GET", f"/events{query}").json()["data"]
    return found


@pytest.fixture
def told(client: CheckedClient) -> CheckedClient:
    """An account with a SKU that was made, changed and deleted."""
    client.send("POST", "/skus", json=SKU)
    client.send("POST", "/skus/shoe-1", json={"name": "Shoe", "hsCode": None})
    client.send("DELETE", "/skus/shoe-1")
    return client


def test_each_write_to_a_sku_makes_one_newest_first(told: CheckedClient) -> None:
    found = events(told)

    assert [one["type"] for one in found] == ["sku.deleted", "sku.updated", "sku.created"]
    assert {one["data"]["object"]["id"] for one in found} == {"shoe-1"}
    assert found[1]["data"]["previousAttributes"] == {"name": SKU["name"], "hsCode": SKU["hsCode"]}
    assert found[2]["data"]["object"]["name"] == SKU["name"]
    assert told.send("GET", f"/events/{found[0]['id']}").json() == found[0]


def test_what_was_refused_and_what_items_do_make_none(client: CheckedClient) -> None:
    client.send_wrong("POST", "/skus", json={"id": "x"})
    client.send("DELETE", "/skus/none")
    client.send("POST", "/inventory-items", json={"id": "a", "partNumber": "P"})

    assert events(client) == []


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("?types=sku.deleted", 1),
        ("?types=sku.deleted&types=sku.created", 2),
        ("?type=sku.*", 3),
        ("?type=order.*", 0),
        ("?createdTime[gte]=2020-01-01T00:00:00Z", 3),
        ("?createdTime[lt]=2020-01-01T00:00:00Z", 0),
        ("?limit=2", 2),
    ],
)
def test_they_are_filtered_by_type_and_time(told: CheckedClient, query: str, count: int) -> None:
    assert len(events(told, query)) == count


def test_they_are_paged_by_cursor_in_both_directions(told: CheckedClient) -> None:
    first = told.send("GET", "/events?limit=1").json()
    cursor = first["data"][0]["id"]
    rest = events(told, f"?startingAfter={cursor}")

    assert first["hasMore"] is True
    assert [one["type"] for one in rest] == ["sku.updated", "sku.created"]
    assert events(told, f"?endingBefore={rest[-1]['id']}") == [first["data"][0], rest[0]]


@pytest.mark.parametrize(
    "query",
    ["ids=a", "updatedTime[gte]=2020-01-01T00:00:00Z", "type=a&types=b", "types=a&" * 20, "x=1"],
)
def test_what_the_vendor_does_not_take_is_refused(client: CheckedClient, query: str) -> None:
    assert client.send_wrong("GET", f"/events?{query}").status_code == 400


def test_an_event_that_is_not_there_is_not_found(client: CheckedClient) -> None:
    path = "/events/00000000-0000-0000-0000-000000000000"

    assert client.send("GET", path).status_code == 404
    assert client.send_wrong("POST", "/events").status_code == 405


def test_a_key_may_be_refused_events_alone(connect: Connect) -> None:
    client = connect(forbidden=frozenset({"events"}))

    assert client.send("GET", "/events").status_code == 403
    assert client.send("GET", "/skus").status_code == 200


class Days:
    """A clock that a test sets forward."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment


def _asked(store: SandboxStore, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
    headers = {"authorization": "Bearer sk_test_1", "content-type": "application/json"}
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    content = b"" if body is None else orjson.dumps(body)
    call = read_call(RawRequest(method, path, b"", raw, content, 0.0))
    return orjson.loads(store.handle(call).answer.body or b"null")


def _remembered(days: Iterator[int]) -> list[int]:
    clock = Days()
    store = SandboxStore(SandboxSettings(rate_limit=0), clock.now)
    _asked(store, "POST", "/skus", SKU)
    start, counts = clock.moment, []
    for day in days:
        clock.moment = start + timedelta(days=day)
        counts.append(len(_asked(store, "GET", "/events")["data"]))
    return counts


def test_they_are_forgotten_after_thirty_days() -> None:
    assert _remembered(iter([0, 29, 30, 31])) == [1, 1, 0, 0]
