"""Ports for servers that are started later, by others."""

from __future__ import annotations

import socket


def free_port() -> int:
    """One of this machine, on which nobody listens and which the system gives to nobody else.

    A connection was ended from there, and the system keeps its port for a minute: it is for those
    who ask for it by number, and not for whoever wants any.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            listener.accept()[0].close()
        return port
