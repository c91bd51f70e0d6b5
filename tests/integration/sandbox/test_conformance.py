"""The check against the vendor's document finds what it is there to find."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from syncd.sandbox import Fault, FaultKind
from tests.vendor_document import check_answer, check_exchange, check_logged, check_request

from .conftest import Connect

if TYPE_CHECKING:
    from openapi_core import OpenAPI

HEADERS = {"authorization": "Bearer sk_test_1", "content-type": "application/json"}
JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/inventory-items", {"partNumber": "P"}),
        ("POST", "/inventory-items/a", {"hsCode": None}),
        ("PUT", "/skus/a", {"name": "Shoe", "skuGroupId": "g", "managedFulfillment": None}),
        (
            "GET",
            "/inventory-items?ids=a&ids=b&limit=100&createdTime[gte]=2026-01-01T00:00:00Z",
            None,
        ),
        ("GET", "/inventory-levels?inventoryItemIds=a&inventoryItemIds=b&available=true", None),
        ("DELETE", "/skus/a", None),
    ],
)
def test_requests_that_the_vendor_takes_pass(
    document: OpenAPI, method: str, path: str, body: object
) -> None:
    content = None if body is None else json.dumps(body).encode()

    check_request(document, method, f"http://127.0.0.1:1{path}", HEADERS, content)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/inventory-items", {}),
        ("POST", "/inventory-items", {"partNumber": "P", "hsCode": None}),
        ("POST", "/inventory-items", {"partNumber": 7}),
        ("POST", "/inventory-items/a", {"id": "a"}),
        ("POST", "/inventory-items/a", {"allowOversell": "yes"}),
        ("PUT", "/inventory-items/a", {"partNumber": "P"}),
        ("PUT", "/skus/a", {"name": "Shoe"}),
        ("POST", "/skus/a", {"allowOversell": True}),
        ("GET", "/inventory-items?limit=101", None),
        ("GET", "/inventory-items?taxCode=1", None),
        ("GET", "/inventory-levels", None),
        ("DELETE", "/skus/a", {"name": "Shoe"}),
    ],
)
def test_requests_that_the_vendor_does_not_know_are_found(
    document: OpenAPI, method: str, path: str, body: object
) -> None:
    content = None if body is None else json.dumps(body).encode()

    with pytest.raises(AssertionError, match=f"{method} "):
        check_request(document, method, f"http://127.0.0.1:1{path}", HEADERS, content)


def test_a_request_without_a_key_is_found(document: OpenAPI) -> None:
    with pytest.raises(AssertionError, match="request GET"):
        check_request(document, "GET", "http://127.0.0.1:1/skus", {}, None)


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        ("/skus", 200, {"hasMore": "no", "data": []}),
        ("/skus", 200, {"data": [{"id": 7}]}),
        ("/inventory-items/a", 200, {"eccn": None}),
        ("/skus", 400, {"type": "odd", "errors": []}),
        ("/skus", 404, {"type": 404}),
        ("/skus", 418, {}),
        ("/skus", 201, {}),
    ],
)
def test_answers_that_the_vendor_would_not_give_are_found(
    document: OpenAPI, path: str, status: int, body: dict[str, Any]
) -> None:
    with pytest.raises(AssertionError, match=f"answer {status}"):
        check_answer(
            document, "GET", f"http://127.0.0.1:1{path}", status, JSON, json.dumps(body).encode()
        )


def test_a_whole_exchange_is_checked_in_both_directions(document: OpenAPI) -> None:
    url, good = "http://127.0.0.1:1/inventory-items/a", b'{"partNumber": "P"}'
    check_exchange(document, "POST", url, HEADERS, good, 201, JSON, good)
    for sent, answered in ((b'{"colour": 1}', good), (good, b'{"partNumber": 7}')):
        with pytest.raises(AssertionError):
            check_exchange(document, "POST", url, HEADERS, sent, 201, JSON, answered)


def test_a_log_with_answers_can_be_checked_afterwards(connect: Connect, document: OpenAPI) -> None:
    client = connect(keep_answers=True, faults=(Fault(kind=FaultKind.SLOW, path="/skus"),))
    client.send("POST", "/inventory-items", json={"id": "a", "partNumber": "P"})
    client.send("DELETE", "/inventory-items/a")
    client.send("GET", "/skus")
    check_logged(document, client.store.requests())

    client.send_wrong("GET", "/skus?colour=red")
    with pytest.raises(AssertionError, match="colour"):
        check_logged(document, client.store.requests())
