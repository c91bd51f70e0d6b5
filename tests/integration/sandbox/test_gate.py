"""Keys, versions, accepted forms, rates, restricted resources, unknown paths."""

from __future__ import annotations

import socket
import uuid
from typing import TYPE_CHECKING

import pytest

from .conftest import CheckedClient, Connect

if TYPE_CHECKING:
    import httpx


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer pk_1", "Basic sk_1", "sk_1"])
def test_without_a_valid_key_nothing_is_done(client: CheckedClient, header: str) -> None:
    answer = client.send_wrong(
        "POST", "/inventory-items", json={"partNumber": "P"}, headers={"authorization": header}
    )

    assert (answer.status_code, answer.json()["type"]) == (401, "unauthorized")
    assert client.store.items() == {}


def test_only_the_named_keys_are_accepted_where_any_are_named(connect: Connect) -> None:
    client = connect(keys=frozenset({"sk_test_mine"}), key="sk_test_mine")
    other = {"authorization": "Bearer sk_test_other"}

    assert client.send("GET", "/skus").status_code == 200
    assert client.send("GET", "/skus", headers=other).status_code == 401


def test_a_restricted_key_is_kept_from_one_resource_only(connect: Connect) -> None:
    client = connect(forbidden=frozenset({"skus"}))

    assert client.send("GET", "/inventory-items").status_code == 200
    for method, path in (("GET", "/skus"), ("DELETE", "/skus/s")):
        answer = client.send(method, path)
        assert (answer.status_code, answer.json()["type"]) == (403, "forbidden")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/orders", 404),
        ("GET", "/skus/a/b", 404),
        ("GET", "/inventory-levels/a", 404),
        ("GET", "/_sandbox/nothing", 404),
        ("PATCH", "/inventory-items/a", 405),
        ("PUT", "/inventory-items/a", 405),
        ("DELETE", "/skus", 405),
        ("POST", "/inventory-levels", 405),
    ],
)
def test_unknown_paths_and_methods_are_answered_in_the_vendors_form(
    client: CheckedClient, method: str, path: str, status: int
) -> None:
    answer = client.send_wrong(method, path)

    assert answer.status_code == status
    assert answer.json()["type"] == {404: "not_found", 405: "method_not_allowed"}[status]
    assert ("allow" in answer.headers) is (status == 405)


@pytest.mark.parametrize(
    ("header", "value", "status"),
    [
        ("DigitalRiver-Version", "2021-12-13", 200),
        ("DigitalRiver-Version", "2021-03-23", 400),
        ("accept", "application/json", 200),
        ("accept", "text/html, */*;q=0.1", 200),
        ("accept", "text/html", 406),
    ],
)
def test_versions_and_forms_that_the_sandbox_does_not_have_are_refused(
    client: CheckedClient, header: str, value: str, status: int
) -> None:
    assert client.send("GET", "/skus", headers={header: value}).status_code == status


def test_every_answer_carries_a_request_id_that_the_log_knows(client: CheckedClient) -> None:
    answers = [
        client.send("GET", "/skus"),
        client.send("GET", "/skus/nobody"),
        client.send_wrong("GET", "/nowhere"),
        client.send_wrong("GET", "/skus", headers={"authorization": ""}),
    ]
    told = [answer.headers["x-dr-requestid"] for answer in answers]

    assert told == [entry.request_id for entry in client.store.requests()]
    assert len({uuid.UUID(request_id) for request_id in told}) == 4


def test_past_the_rate_a_key_has_to_wait_and_another_has_not(connect: Connect) -> None:
    client = connect(rate_limit=2)
    statuses = [client.send("GET", "/skus").status_code for _ in range(2)]
    refused = _refused(client)
    other = client.send("GET", "/skus", headers={"authorization": "Bearer sk_test_2"})

    assert statuses == [200, 200]
    assert (refused.status_code, refused.json()["type"]) == (429, "too_many_requests")
    assert refused.headers["retry-after"] == "1"
    assert other.status_code == 200


def _refused(client: CheckedClient) -> httpx.Response:
    """Ask until the key has to wait; whether that comes soon is the machine's affair."""
    answers = (client.send("GET", "/skus") for _ in range(1000))
    return next(answer for answer in answers if answer.status_code == 429)


def test_retry_after_can_be_left_off(connect: Connect) -> None:
    client = connect(rate_limit=1, retry_after=False)
    refused = _refused(client)

    assert refused.status_code == 429
    assert "retry-after" not in refused.headers


def test_requests_are_answered_over_ipv6_as_well(connect: Connect) -> None:
    client = connect(host="::1")

    assert client.sandbox.url.startswith("http://[::1]:")
    assert client.send("GET", "/skus").status_code == 200


def test_what_is_not_http_is_refused_and_does_no_harm(client: CheckedClient) -> None:
    port = int(client.sandbox.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(b"hello\r\n\r\n")
        assert connection.recv(1000).startswith(b"HTTP/1.1 400 ")

    assert client.store.requests() == []
    assert client.send("GET", "/skus").status_code == 200


def test_a_client_that_leaves_in_mid_body_does_no_harm(client: CheckedClient) -> None:
    port = int(client.sandbox.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(b"POST /skus HTTP/1.1\r\nhost: x\r\ncontent-length: 99\r\n\r\n{")

    assert client.send("GET", "/skus").status_code == 200
    assert [entry.method for entry in client.store.requests()] == ["GET"]
