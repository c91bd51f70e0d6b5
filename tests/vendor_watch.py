"""Holds every request that syncd sends in a test run against the vendor's document.

Requests are seen where they leave, in this process and in a command that a test runs as a process
of its own, and where they arrive, in every sandbox: processes whose environment a test makes up
itself tell nothing.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlsplit

import pytest

from syncd.digital_river.transport import Transport
from syncd.sandbox.request_log import LoggedRequest, RequestLog
from tests.vendor_document import check_request, load_vendor_document

if TYPE_CHECKING:
    import httpx

_WATCHING: Final = Path(__file__).with_name("watching")
SENDER: Final = "upstream-application-id"
IDS: Final = frozenset({"ids", "inventoryItemIds", "startingAfter"})
ENUMERATED: Final = frozenset({"weightUnit", "managedFulfillment"})
"""Properties of which the document lists the values; of the others it tells the type."""


class UnknownRequestError(AssertionError):
    """syncd has sent what the vendor's document does not know."""


class Watch:
    """What was sent since anybody asked; requests of one shape are checked once."""

    def __init__(self) -> None:
        self.seen = 0
        self._complaints: list[str] = []
        self._told: IO[bytes] = io.BytesIO()

    def see(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> None:
        """Check one request, if syncd has sent it."""
        if not headers.get(SENDER, "").startswith("syncd/"):
            return
        self.seen += 1
        content = body or b""
        complaint = _complaint(_Asked(method, url, "authorization" in headers, content))
        if complaint:
            sent = f"{method} {url} {content.decode(errors='replace')}"
            self._complaints.append(f"{sent}\n  {complaint}")

    def see_logged(self, requests: Iterable[LoggedRequest]) -> None:
        """Check what a sandbox has logged, which keeps no keys."""
        for one in requests:
            self._see_logged(one.method, f"{one.path}?{one.query}", one.headers, one.body)

    def see_told(self, requests: Iterable[Mapping[str, Any]]) -> None:
        """Check what a sandbox in a process of its own tells of its requests."""
        for one in requests:
            url, body = f"{one['path']}?{one['query']}", str(one["body"]).encode()
            self._see_logged(str(one["method"]), url, one["headers"], body)

    def _see_logged(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> None:
        self.see(method, url, {**headers, "authorization": "Bearer …"}, body)

    def hear(self) -> None:
        """Check what processes have told since the last time."""
        while line := self._told.readline():
            method, url, headers, body = json.loads(line)
            self.see(method, url, headers, body.encode())

    def complain(self) -> None:
        """Raise `UnknownRequestError` where anything was wrong since the last time."""
        self.hear()
        found = self.forget()
        if found:
            raise UnknownRequestError("\n".join(dict.fromkeys(found)))

    def forget(self) -> list[str]:
        """Give what was wrong since the last time, and say nothing of it any more."""
        found, self._complaints = self._complaints, []
        return found

    @contextmanager
    def told_in(self, file: Path) -> Iterator[None]:
        """Have every syncd that is started from now on tell what it sends, in this file.

        Not where PYTHONPATH has Python begin with something else.
        """
        file.touch()
        path = os.pathsep.join(filter(None, (os.environ.get("PYTHONPATH"), str(_WATCHING))))
        with pytest.MonkeyPatch.context() as patch, file.open("rb") as self._told:
            patch.setenv("TOLD_BY_SYNCD", str(file))
            patch.setenv("PYTHONPATH", path)
            yield
        self._told = io.BytesIO()


WATCH: Final = Watch()
"""The one of this test run."""


class _Asked:
    """One request, equal to every other one that the document cannot tell from it."""

    def __init__(self, method: str, url: str, has_key: bool, body: bytes) -> None:
        self.method, self.url, self.has_key, self.body = method, url, has_key, body
        parts = urlsplit(url)
        resource, _, item = parts.path.strip("/").partition("/")
        self._shape = (
            method,
            resource,
            item.count("/") if item else None,
            frozenset(_shape_of(*pair) for pair in parse_qsl(parts.query, keep_blank_values=True)),
            has_key,
            _shape_of_body(body),
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Asked) and self._shape == other._shape

    def __hash__(self) -> int:
        return hash(self._shape)


@cache
def _complaint(asked: _Asked) -> str:
    document = load_vendor_document()
    if document is None:
        return ""
    headers = {"content-type": "application/json"} if asked.body else {}
    if asked.has_key:
        headers["authorization"] = "Bearer …"
    try:
        check_request(document, asked.method, asked.url, headers, asked.body or None)
    except AssertionError as error:
        return str(error)
    return ""


def _shape_of(name: str, value: str) -> tuple[str, str]:
    if name in IDS:
        return name, ""
    return name, value if name == "limit" else "".join("0" if c.isdigit() else c for c in value)


def _shape_of_body(body: bytes) -> object:
    if not body:
        return None
    try:
        value = json.loads(body)
    except ValueError:
        return body
    return frozenset(map(_shape_of_property, value.items())) if isinstance(value, dict) else body


def _shape_of_property(entry: tuple[str, Any]) -> tuple[str, object]:
    name, value = entry
    if name in ENUMERATED:
        return name, value
    if isinstance(value, dict):
        return name, frozenset(map(_shape_of_property, value.items()))
    return name, (type(value).__name__, bool(value))


@contextmanager
def watched(watch: Watch) -> Iterator[None]:
    """Look at every request that leaves this process, or arrives at a sandbox in it."""
    write, add = Transport._written, RequestLog.add  # noqa: SLF001 - every request passes there

    def written(transport: Transport, *asked: Any) -> httpx.Request:  # noqa: ANN401 - its own
        request = write(transport, *asked)
        watch.see(request.method, str(request.url), request.headers, request.content)
        return request

    def added(log: RequestLog, entry: LoggedRequest) -> None:
        watch.see_logged([entry])
        add(log, entry)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Transport, "_written", written)
        patch.setattr(RequestLog, "add", added)
        yield
