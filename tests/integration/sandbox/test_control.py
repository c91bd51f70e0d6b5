"""The control calls, the log and its figures."""

from __future__ import annotations

import httpx
import pytest

from .conftest import NO_TLS, CheckedClient, Connect


def _control(client: CheckedClient, method: str, what: str, json: object = None) -> httpx.Response:
    with httpx.Client(base_url=client.sandbox.url, verify=NO_TLS) as without_key:
        return without_key.request(method, f"/_sandbox/{what}", json=json)


def test_seeds_come_in_past_the_rules_and_out_as_they_went_in(client: CheckedClient) -> None:
    items = [{"id": "a", "partNumber": "P", "countryOfOrigin": "KP"}]
    assert _control(client, "PUT", "items", json=items).status_code == 204
    _control(client, "PUT", "skus", json=[{"id": "a", "name": "Shoe"}])
    _control(client, "PUT", "levels", json=[{"inventoryItemId": "a", "availableQuantity": 3}])
    seen = _control(client, "GET", "items").json()
    _control(client, "PUT", "items", json=seen)

    assert _control(client, "GET", "items").json() == seen == client.store.items()
    assert seen["a"]["countryOfOrigin"] == "KP"
    assert _control(client, "GET", "skus").json()["a"]["name"] == "Shoe"
    levels = client.send("GET", "/inventory-levels?inventoryItemIds=a").json()["data"]
    assert [level["availableQuantity"] for level in levels] == [3]


def test_faults_are_replaced_over_the_wire(client: CheckedClient) -> None:
    fault = {"kind": "status", "status": 500, "path": "/sk*", "count": 1}
    assert _control(client, "PUT", "faults", json=[fault]).status_code == 204

    assert [client.send("GET", "/skus").status_code for _ in range(2)] == [500, 200]
    _control(client, "PUT", "faults", json=[{"kind": "slow"}])
    assert client.send("GET", "/skus").status_code == 200


@pytest.mark.parametrize(
    ("what", "body", "told"),
    [
        ("faults", [{"kind": "storm"}], "kind"),
        ("faults", [{"kind": "status", "status": 599}], "599"),
        ("faults", [{"kind": "lost", "often": 1}], "often"),
        ("faults", {"kind": "lost"}, "list"),
        ("items", [{"partNumber": "P"}], "id"),
        ("items", ["a"], "object"),
        ("items", "a", "array"),
        ("levels", [{"inventoryItemId": "a", "availableQuantity": "many"}], "availableQuantity"),
        ("levels", [{"inventoryItemId": "a", "shipToCountries": "DE"}], "shipToCountries"),
        ("skus", [{"id": "a", "createdTime": "yesterday"}], "createdTime"),
    ],
)
def test_what_cannot_be_read_is_told_in_one_message(
    client: CheckedClient, what: str, body: object, told: str
) -> None:
    answer = _control(client, "PUT", what, json=body)

    assert answer.status_code == 400
    assert told in answer.json()["message"]


def test_seeds_that_are_no_json_are_told(client: CheckedClient) -> None:
    answer = httpx.put(f"{client.sandbox.url}/_sandbox/items", content=b"[")

    assert (answer.status_code, "JSON" in answer.json()["message"]) == (400, True)


def test_the_log_tells_what_was_asked_and_never_the_key(client: CheckedClient) -> None:
    body = {"id": "a", "partNumber": "P"}
    client.send("POST", "/inventory-items", json=body, headers={"upstream-id": "u-1"})
    client.send("GET", "/inventory-items?limit=5")
    answer = _control(client, "GET", "requests")
    first, second = answer.json()

    assert (first["method"], first["path"], first["status"]) == ("POST", "/inventory-items", 201)
    assert first["body"] == '{"id":"a","partNumber":"P"}'
    assert first["headers"]["upstream-id"] == "u-1"
    assert first["carriedOut"] is True
    assert first["arrived"] <= first["finished"] <= second["arrived"]
    assert second["query"] == "limit=5"
    assert "sk_test_key" not in answer.text


def test_the_log_is_bounded_and_the_figures_are_not(connect: Connect) -> None:
    client = connect(log_size=3)
    for _ in range(4):
        client.send("GET", "/skus")
    client.send("GET", "/skus/nobody")
    figures = _control(client, "GET", "statistics").json()

    assert len(client.store.requests()) == 3
    assert figures == {
        "requests": 5,
        "most_in_one_second": 5,
        "by_method": {"GET": 5},
        "by_status": {"200": 4, "404": 1},
    }


def test_clearing_the_log_keeps_the_account_and_a_reset_keeps_nothing(
    client: CheckedClient,
) -> None:
    client.send("POST", "/inventory-items", json={"id": "a", "partNumber": "P"})
    assert _control(client, "DELETE", "requests").status_code == 204
    assert (client.store.requests(), list(client.store.items())) == ([], ["a"])
    assert client.store.statistics()["requests"] == 0

    client.send("GET", "/skus")
    assert _control(client, "POST", "reset").status_code == 204
    assert (client.store.requests(), client.store.items()) == ([], {})
    assert client.send("GET", "/inventory-items/a").status_code == 404


def test_control_calls_are_neither_logged_nor_limited(connect: Connect) -> None:
    client = connect(rate_limit=1)
    for _ in range(3):
        assert _control(client, "GET", "items").status_code == 200

    assert client.store.requests() == []
