"""The servers of a rig within this process: their answers, cuts included, without sockets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import httpx

from tests.stubs.raw import Asked, RawServer, Reply

if TYPE_CHECKING:
    import pytest


def answer_in_memory(patch: pytest.MonkeyPatch, servers: Sequence[RawServer]) -> None:
    """Let each HTTP client talk to these servers directly, which takes a fraction of the time."""
    by_port = {server.server_address[1]: server for server in servers}

    def respond(request: httpx.Request) -> httpx.Response:
        server = by_port.get(request.url.port or 0)
        if server is None:
            raise httpx.ConnectError("nobody listens there")
        headers = {name.lower(): value for name, value in request.headers.items()}
        target = request.url.raw_path.decode()
        reply = server.respond(Asked(request.method, target, headers, request.read()))
        return _response(request, reply)

    real = httpx.Client
    over = httpx.MockTransport(respond)
    patch.setattr(
        "syncd.catalog.from_http.transport.httpx.Client",
        lambda **keys: real(transport=over, **keys),
    )


def _response(request: httpx.Request, reply: Reply) -> httpx.Response:
    headers = {"content-type": "application/json", **reply.headers}
    if reply.framed:
        headers["content-length"] = str(len(reply.body))
    has_body = request.method != "HEAD"
    return httpx.Response(reply.status, headers=headers, stream=_Body(reply, has_body=has_body))


class _Body(httpx.SyncByteStream):
    """Sends as much as is to come, and then breaks off where more was announced."""

    def __init__(self, reply: Reply, *, has_body: bool) -> None:
        self._reply = reply
        self._has_body = has_body

    def __iter__(self) -> Iterator[bytes]:
        if not self._has_body:
            return
        sent = self._reply.body[: self._reply.cut]
        yield sent
        if self._reply.framed and len(sent) < len(self._reply.body):
            raise httpx.RemoteProtocolError("the peer closed the connection")
