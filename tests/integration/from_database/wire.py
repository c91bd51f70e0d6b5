"""A wire between syncd and a server, which a test cuts after so many bytes of the answer."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

_CHUNK = 1 << 14
_POLL = 0.01


class Wire(socketserver.ThreadingTCPServer):
    """Carries connections to a port, and cuts them after `limit` bytes from there; see `cut`."""

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.target = port
        self.limit: int | None = None
        self.carried = 0
        self.has_cut = False
        self.cut: Callable[[], None] = lambda: None

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def let_through(self, data: bytes) -> bytes:
        """Count what the server sends; nothing where that is too much."""
        self.carried += len(data)
        if self.limit is None or self.carried < self.limit:
            return data
        self.limit = None  # what a driver sends on other connections then is let through
        self.has_cut = True
        self.cut()
        return b""


class _Connection(socketserver.BaseRequestHandler):
    server: Wire
    request: socket.socket

    def handle(self) -> None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.server.target)) as far:
            there = threading.Thread(target=_carry, args=(self.request, far, bytes))
            there.start()
            _carry(far, self.request, self.server.let_through)
            there.join()


def _carry(source: socket.socket, sink: socket.socket, passing: Callable[[bytes], bytes]) -> None:
    with suppress(OSError):
        while data := passing(source.recv(_CHUNK)):
            sink.sendall(data)
    for end in (source, sink):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


@contextmanager
def wire_to(port: int) -> Iterator[Wire]:
    with Wire(port) as wire:
        thread = threading.Thread(target=wire.serve_forever, args=(_POLL,))
        thread.start()
        try:
            yield wire
        finally:
            wire.shutdown()
            thread.join()
