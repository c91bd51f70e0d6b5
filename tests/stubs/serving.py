"""Serves a Starlette application on a free loopback port, in a thread."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import uvicorn

if TYPE_CHECKING:
    from starlette.applications import Starlette

_PATIENCE = 60.0


@contextmanager
def serving(app: Starlette) -> Iterator[str]:
    """Give the URL; the server is gone when the block ends."""
    config = uvicorn.Config(
        app, loop="asyncio", ws="none", lifespan="off", log_config=None, access_log=False
    )
    server = _Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            _wait_for(server)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.end()
            thread.join(_PATIENCE)


class _Server(uvicorn.Server):
    """Stands still until it is to stop, so that many of them take no time from the tests."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended = asyncio.Event()

    async def main_loop(self) -> None:
        self._loop = asyncio.get_running_loop()
        await self._ended.wait()
        self.should_exit = True

    def end(self) -> None:
        """Stop it, from another thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._ended.set)


def _wait_for(server: uvicorn.Server) -> None:
    until = time.monotonic() + _PATIENCE
    while not server.started:
        assert time.monotonic() < until
        time.sleep(0.005)
