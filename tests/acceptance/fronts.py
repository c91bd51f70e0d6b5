"""Something between syncd and the sandbox: an encrypting front, or one that alters answers."""

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
    """A listener on this machine that hands everything on to the sandbox.

    `callers` counts the connections, `heard` is what they have sent, decrypted.
    """

    port: int
    callers: int = 0
    heard: bytearray = field(default_factory=bytearray)


@contextmanager
def encrypting(url: str) -> Iterator[Front]:
    """Speak TLS, under a certificate for localhost."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    with _front(url, lambda plug: context.wrap_socket(plug, server_side=True), bytes) as front:
        yield front


@contextmanager
def altering(url: str, alter: Alter) -> Iterator[Front]:
    """Change what the sandbox answers; its length must stay."""
    with _front(url, lambda plug: plug, alter) as front:
        yield front


@contextmanager
def _front(
    url: str, accept: Callable[[socket.socket], socket.socket], alter: Alter
) -> Iterator[Front]:
    parts = urlsplit(url)
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
                suppress(OSError),  # a caller that does not trust us hangs up
                plug,
                accept(plug) as caller,
                socket.create_connection((parts.hostname or "", parts.port or 0)) as sandbox,
            ):
                back = _thread(lambda: _pass(sandbox, caller, alter))
                _pass(caller, sandbox, lambda piece: _heard(front, piece))
                sandbox.shutdown(socket.SHUT_WR)
                back.join()

        _thread(serve)
        yield front
        listener.shutdown(socket.SHUT_RDWR)


def _heard(front: Front, piece: bytes) -> bytes:
    front.heard += piece
    return piece


def _pass(source: socket.socket, target: socket.socket, change: Alter) -> None:
    with suppress(OSError):
        while piece := source.recv(_PIECE):
            target.sendall(change(piece))


def _thread(work: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread
