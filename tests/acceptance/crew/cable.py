"""A line to the database that can be cut."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

_PIECE = 65_536


@dataclass
class Cable:
    """A listener on this machine that hands everything on to another port of it."""

    port: int
    _plugs: list[socket.socket] = field(default_factory=list)

    def cut(self) -> None:
        """Break every connection in the middle; new ones can be made."""
        plugs, self._plugs = self._plugs, []
        for plug in plugs:
            with suppress(OSError):
                plug.shutdown(socket.SHUT_RDWR)

    def join(self, caller: socket.socket, server: socket.socket) -> None:
        """Hand on what either says, until one of them ends."""
        self._plugs += [caller, server]

        def hand_on() -> None:
            with caller, server:
                back = threading.Thread(target=_pass, args=(server, caller), daemon=True)
                back.start()
                _pass(caller, server)
                back.join()

        threading.Thread(target=hand_on, daemon=True).start()


@contextmanager
def cable(port: int) -> Iterator[Cable]:
    """Lay one to this port; it is cut at the end."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        laid = Cable(listener.getsockname()[1])

        def serve() -> None:
            with suppress(OSError):  # the listener is closed at the end
                while True:
                    caller, _ = listener.accept()
                    try:
                        server = socket.create_connection(("127.0.0.1", port))
                    except OSError:  # it is just being restarted
                        caller.close()
                        continue
                    laid.join(caller, server)

        threading.Thread(target=serve, daemon=True).start()
        try:
            yield laid
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            laid.cut()


def _pass(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(_PIECE):
            target.sendall(piece)
    for plug in (source, target):
        with suppress(OSError):
            plug.shutdown(socket.SHUT_RDWR)  # which wakes whoever waits for it as well
