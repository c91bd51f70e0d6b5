"""Something between syncd and a server: an encrypting front, one that alters answers, a cable."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

Alter = Callable[[bytes], bytes]

CERTIFICATE: Final = Path(__file__).with_name("loopback.pem")
"""A key and its certificate for localhost, which nobody trusts who is not told to (openssl req)."""
_PIECE: Final = 65_536


@dataclass
class Front:
    """A listener on this machine that hands everything on to another port of it.

    `callers` counts the connections, `heard` is what they have sent, decrypted.
    """

    port: int
    callers: int = 0
    heard: bytearray = field(default_factory=bytearray)
    _plugs: list[socket.socket] = field(default_factory=list)

    def cut(self) -> None:
        """Break every connection in the middle; new ones can be made."""
        plugs, self._plugs = self._plugs, []
        for plug in plugs:
            _end(plug)

    def join(self, caller: socket.socket, server: socket.socket, alter: Alter) -> None:
        """Hand on what either says, until one of them ends."""
        self._plugs += [caller, server]
        back = _thread(lambda: _pass(server, caller, alter))
        _pass(caller, server, self._hear)
        back.join()

    def _hear(self, piece: bytes) -> bytes:
        self.heard += piece
        return piece


@contextmanager
def encrypting(url: str) -> Iterator[Front]:
    """Speak TLS, under a certificate for localhost."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    with _front(
        _port_of(url), lambda plug: context.wrap_socket(plug, server_side=True), bytes
    ) as front:
        yield front


@contextmanager
def altering(url: str, alter: Alter) -> Iterator[Front]:
    """Change what the sandbox answers; its length must stay."""
    with _front(_port_of(url), lambda plug: plug, alter) as front:
        yield front


@contextmanager
def cable(port: int) -> Iterator[Front]:
    """Change nothing; it is there to be cut, and is at the end."""
    with _front(port, lambda plug: plug, bytes) as front:
        try:
            yield front
        finally:
            front.cut()


@contextmanager
def _front(
    port: int, accept: Callable[[socket.socket], socket.socket], alter: Alter
) -> Iterator[Front]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        front = Front(listener.getsockname()[1])

        def serve() -> None:
            with suppress(OSError):  # the listener is closed at the end
                while True:
                    plug, _ = listener.accept()
                    front.callers += 1
                    _thread(lambda plug=plug: _connect(plug))  # type: ignore[misc]  # bound now

        def _connect(plug: socket.socket) -> None:
            with (
                suppress(OSError),  # a caller that does not trust us hangs up; a server is away
                plug,
                accept(plug) as caller,
                socket.create_connection(("127.0.0.1", port)) as server,
            ):
                front.join(caller, server, alter)

        _thread(serve)
        yield front
        listener.shutdown(socket.SHUT_RDWR)


def _port_of(url: str) -> int:
    return urlsplit(url).port or 0


def _pass(source: socket.socket, target: socket.socket, change: Alter) -> None:
    with suppress(OSError):
        while piece := source.recv(_PIECE):
            target.sendall(change(piece))
    for plug in (source, target):
        _end(plug)  # which wakes whoever waits for it as well


def _end(plug: socket.socket) -> None:
    with suppress(OSError):
        plug.shutdown(socket.SHUT_RDWR)


def _thread(work: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread
