"""The ASGI side: reads a request, lets the store decide, and answers as a fault may have it."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from typing import TYPE_CHECKING

from syncd.sandbox.answers import Answer
from syncd.sandbox.calls import RawRequest, read_call
from syncd.sandbox.errors import SandboxError
from syncd.sandbox.faults import FaultKind
from syncd.sandbox.gate import API_VERSION
from syncd.sandbox.store import Handled, SandboxStore

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

RESET_AT_ONCE = struct.pack("ii", 1, 0)


class Pauses:
    """Waiting that a stopping server can cut short."""

    def __init__(self) -> None:
        self._under_way: set[asyncio.Future[None]] = set()
        self._ended = False

    async def wait(self, seconds: float) -> None:
        if seconds <= 0 or self._ended:
            return
        loop = asyncio.get_running_loop()
        over: asyncio.Future[None] = loop.create_future()
        timer = loop.call_later(seconds, _set, over)
        self._under_way.add(over)
        try:
            await over
        finally:
            timer.cancel()
            self._under_way.discard(over)

    def end_all(self) -> None:
        """Let everybody go on now, and nobody wait from now on; call it in the loop's thread."""
        self._ended = True
        for over in self._under_way:
            _set(over)


class FrontDoor:
    """Takes every request to the API; `Api` says what each of them means."""

    def __init__(self, store: SandboxStore, pauses: Pauses) -> None:
        self._store = store
        self._pauses = pauses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request, or break its connection where a fault wants that."""
        arrived = time.monotonic()
        body = await _read_body(receive)
        if body is None:
            return
        raw = RawRequest(
            method=scope["method"],
            path=scope["path"],
            query=scope["query_string"],
            headers=scope["headers"],
            body=body,
            arrived=arrived,
        )
        handled = self._store.handle(read_call(raw))
        if handled.fault is not FaultKind.DROP:
            await self._pauses.wait(handled.delay)
        self._store.finish(handled.entry)  # first, for who has the answer may look at the log
        await _deliver(handled, scope, receive, send)


async def _read_body(receive: Receive) -> bytes | None:
    """Return the whole body, or None when the client went away before its end."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


async def _deliver(handled: Handled, scope: Scope, receive: Receive, send: Send) -> None:
    match handled.fault:
        case FaultKind.DROP:
            await _reset(scope, receive)
        case FaultKind.LOST:
            await _hang_up(scope, receive)
        case FaultKind.HALF:
            await _start(handled, send)
            half = handled.answer.body[: len(handled.answer.body) // 2]
            await send({"type": "http.response.body", "body": half, "more_body": True})
            await _hang_up(scope, receive)
        case _:
            await _start(handled, send)
            await send({"type": "http.response.body", "body": handled.answer.body})


async def _start(handled: Handled, send: Send) -> None:
    headers = _headers(handled.answer, handled.entry.request_id)
    await send({"type": "http.response.start", "status": handled.answer.status, "headers": headers})


def _headers(answer: Answer, request_id: str) -> list[tuple[bytes, bytes]]:
    headers = [
        (b"x-dr-requestid", request_id.encode()),
        (b"digitalriver-version", API_VERSION.encode()),
        *((name.encode(), value.encode()) for name, value in answer.headers.items()),
    ]
    if answer.body:
        headers.append((b"content-type", answer.content_type.encode()))
        headers.append((b"content-length", str(len(answer.body)).encode()))
    return headers


async def _hang_up(scope: Scope, receive: Receive) -> None:
    """Close the connection after what was sent so far."""
    _connection(scope).close()
    await _wait_for_end(receive)


async def _reset(scope: Scope, receive: Receive) -> None:
    """Reset the connection, so that the client sees it broken rather than closed."""
    transport = _connection(scope)
    plug = transport.get_extra_info("socket")
    plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_ONCE)
    transport.abort()
    await _wait_for_end(receive)


def _connection(scope: Scope) -> asyncio.Transport:
    transport = scope.get("state", {}).get("transport")
    if not isinstance(transport, asyncio.Transport):
        raise SandboxError(
            "This fault", "needs a connection to break", "Run the app with running_sandbox or serve"
        )
    return transport


async def _wait_for_end(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _set(over: asyncio.Future[None]) -> None:
    if not over.done():
        over.set_result(None)
