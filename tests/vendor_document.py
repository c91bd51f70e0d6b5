"""Checks an HTTP exchange against the vendor's own OpenAPI document, where that is at hand.

What this project and the document are known to see differently, and nothing else, is let pass:

- a `null` in an update clears an attribute, although no request property is nullable;
- an item that is updated may be gone, although the document gives that call no 404;
- a SKU with a `skuGroupId` takes countryOfOrigin, eccn and taxCode from its group;
- a SKU takes itemBreadcrumb, which the document does not name;
- a gateway answers 502, 503 and 504 in HTML;
- a path or method that does not exist is answered like any other error.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import parse_qs, urlsplit

from openapi_core import OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest, MockResponse

from syncd.sandbox import LoggedRequest

VENDOR_HOST = "https://api.digitalriver.com"
DOCUMENT = (
    Path(__file__).resolve().parents[2] / "shared" / "api" / "digital-river-2021-12-13.openapi.json"
)
GATEWAY_STATUSES = frozenset({502, 503, 504})
NO_SUCH_CALL = frozenset({404, 405})
FIRST_ERROR = 400
Operation: TypeAlias = tuple[str, str]
"""A method and a path as the document writes it."""
FROM_THE_GROUP = ("countryOfOrigin", "eccn", "taxCode")


@functools.cache
def load_vendor_document() -> OpenAPI | None:
    """Return the document, or None where it is not beside this project."""
    if not DOCUMENT.is_file():
        return None
    return OpenAPI.from_dict(json.loads(DOCUMENT.read_bytes()))


def documented_statuses(resources: Sequence[str]) -> Mapping[Operation, frozenset[int]]:
    """Give the error statuses of every call that the document has for these resources."""
    return {
        (method.upper(), path): frozenset(
            int(status) for status in operation["responses"] if int(status) >= FIRST_ERROR
        )
        for path, operations in _raw_document()["paths"].items()
        if path.removesuffix("/{id}") in resources
        for method, operation in operations.items()
        if isinstance(operation, dict) and "responses" in operation
    }


def check_exchange(
    document: OpenAPI,
    method: str,
    url: str,
    request_headers: Mapping[str, str],
    request_body: bytes | None,
    status: int,
    response_headers: Mapping[str, str],
    response_body: bytes | None,
) -> None:
    """Raise AssertionError if the request or its answer is not what the document says."""
    check_request(document, method, url, request_headers, request_body)
    check_answer(document, method, url, status, response_headers, response_body)


def check_logged(document: OpenAPI, requests: Iterable[LoggedRequest]) -> None:
    """Check what a sandbox with `keep_answers` logged; broken connections have no answer."""
    for entry in requests:
        url = f"{entry.path}?{entry.query}"
        headers = {"authorization": "Bearer …", **entry.headers}
        check_request(document, entry.method, url, headers, entry.body)
        if entry.status is not None and entry.fault != "half":
            assert entry.answer_type is not None, "start the sandbox with keep_answers"
            answered = {"content-type": entry.answer_type}
            check_answer(document, entry.method, url, entry.status, answered, entry.answer)


def check_request(
    document: OpenAPI,
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes | None,
) -> None:
    """Raise AssertionError for a call, parameter or property that the document does not have."""
    operation = _operation(method, url)
    assert operation is not None, f"{method} {url} is no call of the vendor's document"
    _refuse_unknown_parameters(operation, method, url)
    sent = _without_named_exceptions(method, url, body)
    if sent:
        _refuse_unknown_properties(operation, method, url, sent)
    try:
        document.validate_request(_request(method, url, headers, sent))
    except OpenAPIError as error:
        raise AssertionError(f"request {method} {url}: {_reason(error)}") from error


def check_answer(
    document: OpenAPI,
    method: str,
    url: str,
    status: int,
    headers: Mapping[str, str],
    body: bytes | None,
) -> None:
    """Raise AssertionError for a status or a body that the document does not have."""
    content_type = _header(headers, "content-type")
    if status in GATEWAY_STATUSES and content_type.startswith("text/html"):
        return
    answer = MockResponse(body or b"", status, dict(headers), _media_type(content_type))
    asked = _request(method, url, {}, None)
    operation = _operation(method, url)
    if status in NO_SUCH_CALL and (operation is None or str(status) not in operation["responses"]):
        asked = _request("GET", "/inventory-items", {}, None)
        answer.status_code = 400  # any error has the same body
    try:
        document.validate_response(asked, answer)
    except OpenAPIError as error:
        raise AssertionError(f"answer {status} to {method} {url}: {_reason(error)}") from error


def _request(method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> MockRequest:
    parts = urlsplit(url)
    return MockRequest(
        VENDOR_HOST,
        method.lower(),
        parts.path,
        args=parse_qs(parts.query, keep_blank_values=True),
        headers={name.title(): value for name, value in headers.items()},
        data=body,
        content_type=_media_type(_header(headers, "content-type")),
    )


def _without_named_exceptions(method: str, url: str, body: bytes | None) -> bytes | None:
    if not body:
        return body
    value = json.loads(body)
    if not isinstance(value, dict):
        return body
    if urlsplit(url).path.count("/") > 1:
        value = {name: entry for name, entry in value.items() if entry is not None}
    if urlsplit(url).path.startswith("/skus"):
        value.pop("itemBreadcrumb", None)
    if value.get("skuGroupId") and method in {"POST", "PUT"}:
        value = {**dict.fromkeys(FROM_THE_GROUP, "from the group"), **value}
    return json.dumps(value).encode()


def _refuse_unknown_parameters(operation: Mapping[str, Any], method: str, url: str) -> None:
    known = {parameter["name"] for parameter in operation.get("parameters", ())}
    for name in parse_qs(urlsplit(url).query, keep_blank_values=True):
        assert name.partition("[")[0] in known, f"request {method} {url}: no parameter {name!r}"


def _refuse_unknown_properties(
    operation: Mapping[str, Any], method: str, url: str, body: bytes
) -> None:
    assert "requestBody" in operation, f"request {method} {url}: takes no body"
    reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    known = _raw_document()["components"]["schemas"][reference.rpartition("/")[2]]["properties"]
    unknown = sorted(set(json.loads(body)) - set(known))
    assert not unknown, f"request {method} {url}: no properties {unknown}"


def _operation(method: str, url: str) -> Mapping[str, Any] | None:
    resource, _, resource_id = urlsplit(url).path.strip("/").partition("/")
    if "/" in resource_id:
        return None
    path = f"/{resource}/{{id}}" if resource_id else f"/{resource}"
    operation = _raw_document()["paths"].get(path, {}).get(method.lower())
    return operation if isinstance(operation, dict) else None


@functools.cache
def _raw_document() -> Mapping[str, Any]:
    document: Mapping[str, Any] = json.loads(DOCUMENT.read_bytes())
    return document


def _header(headers: Mapping[str, str], name: str) -> str:
    return next((value for known, value in headers.items() if known.lower() == name), "")


def _media_type(content_type: str) -> str:
    return content_type.partition(";")[0] or "application/json"


def _reason(error: OpenAPIError) -> str:
    cause = error.__cause__
    details = getattr(cause, "schema_errors", None) or ([cause] if cause else [])
    return "; ".join([str(error), *(str(detail).partition("\n")[0] for detail in details)])
