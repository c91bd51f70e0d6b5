"""A server that sends exactly the bytes it is told to, whole, cut, or without a length."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Asked:
    """One request as it came in; header names are in small letters."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return dict(self.pairs)

    @property
    def pairs(self) -> list[tuple[str, str]]:
        return parse_qsl(urlsplit(self.target).query, keep_blank_values=True)


@dataclass(frozen=True)
class Reply:
    """One answer; after `cut` bytes of the body the connection is closed."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    framed: bool = True
    cut: int | None = None


Respond: TypeAlias = Callable[[Asked], Reply]


class RawServer(socketserver.ThreadingTCPServer):
    """Answers as `respond` says, which may be set anew, and keeps what it was asked."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.asked: list[Asked] = []
        self.respond: Respond = lambda _: Reply(404)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def answers(self, respond: Respond) -> None:
        """Answer like this from now on, with nothing asked so far."""
        self.asked.clear()
        self.respond = respond


class _Connection(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True
    server: RawServer

    def handle(self) -> None:
        try:
            while self._exchange():
                pass
        except ConnectionError:
            pass

    def _exchange(self) -> bool:
        first = self.rfile.readline()
        if not first.strip():
            return False
        asked = self._asked(first)
        self.server.asked.append(asked)
        reply = self.server.respond(asked)
        self._send(asked, reply)
        return reply.framed and reply.cut is None

    def _asked(self, first: bytes) -> Asked:
        method, target, _ = first.decode().split(" ", 2)
        headers: dict[str, str] = {}
        while line := self.rfile.readline().strip():
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.strip().lower()] = value.strip()
        body = self.rfile.read(int(headers.get("content-length", 0)))
        return Asked(method, target, headers, body)

    def _send(self, asked: Asked, reply: Reply) -> None:
        given = {"content-type": "application/json", **reply.headers}
        length = {"content-length": str(len(reply.body))} if reply.framed else {}
        headers = {**length, **({} if reply.framed else {"connection": "close"}), **given}
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        body = b"" if asked.method == "HEAD" else reply.body[: reply.cut]
        self.wfile.write(f"HTTP/1.1 {reply.status} x\r\n{head}\r\n".encode("latin-1") + body)
        self.wfile.flush()


@contextmanager
def raw_server() -> Iterator[RawServer]:
    """Serve on a free loopback port until the block ends."""
    with RawServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
