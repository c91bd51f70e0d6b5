"""The servers of a rig within this process: their answers, cuts included, without sockets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx

from tests.stubs.raw import Asked, RawServer, Reply

if TYPE_CHECKING:
    import pytest


def answer_in_memory(patch: pytest.MonkeyPatch, servers: Sequence[RawServer]) -> None:
    """Let each HTTP client talk to these servers directly, which takes a fraction of the time."""
    by_port = {server.server_address[1]: server for server in servers}
    patch.setattr("syncd.catalog.from_http.transport.httpx.Client", lambda **_: _Client(by_port))


@dataclass(frozen=True)
class _Client:
    """As much of `httpx.Client` as the transport asks of it."""

    by_port: Mapping[int, RawServer]

    @contextmanager
    def stream(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes | None
    ) -> Iterator[_Response]:
        server, target = self._found(url)
        names = {name.lower(): value for name, value in headers.items()}
        reply = server.respond(Asked(method, target, names, content or b""))
        yield _Response(url, method, reply)

    def close(self) -> None:
        """Leave everything as it is."""

    def _found(self, url: str) -> tuple[RawServer, str]:
        try:
            parts, port = urlsplit(url), urlsplit(url).port or 0
        except ValueError as error:
            raise httpx.InvalidURL(str(error)) from error
        if port not in self.by_port:
            raise httpx.ConnectError("nobody listens there")
        target = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
        return self.by_port[port], target


@dataclass(frozen=True)
class _Response:
    """Sends as much as is to come, and then breaks off where more was announced."""

    url: str
    method: str
    reply: Reply
    http_version: str = "HTTP/1.1"

    @property
    def status_code(self) -> int:
        return self.reply.status

    @property
    def headers(self) -> dict[str, str]:
        length = {"content-length": str(len(self.reply.body))} if self.reply.framed else {}
        return {"content-type": "application/json", **self.reply.headers, **length}

    def iter_raw(self, _: int) -> Iterator[bytes]:
        if self.method == "HEAD":
            return
        sent = self.reply.body[: self.reply.cut]
        yield sent
        if self.reply.framed and len(sent) < len(self.reply.body):
            raise httpx.RemoteProtocolError("the peer closed the connection")
