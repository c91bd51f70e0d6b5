"""Running the sandbox on a loopback socket: in a thread, or as the whole process."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from syncd.sandbox.app import build_app
from syncd.sandbox.errors import SandboxError
from syncd.sandbox.front_door import Pauses
from syncd.sandbox.settings import SandboxSettings
from syncd.sandbox.store import SandboxStore

if TYPE_CHECKING:
    from starlette.applications import Starlette

START_SECONDS = 10.0
STOP_SECONDS = 10.0
LAST_ANSWERS_SECONDS = 2.0
KEEP_ALIVE_SECONDS = 60
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
SEARCHES = (700, 10, 1_000)
"""How much is made before Python searches for rings of objects: what is old, hardly ever."""


@dataclass(frozen=True, slots=True)
class RunningSandbox:
    """A sandbox that answers: at `url`, over the account in `store`."""

    url: str
    store: SandboxStore


@contextmanager
def running_sandbox(settings: SandboxSettings | None = None) -> Iterator[RunningSandbox]:
    """Serve from a thread of its own until the block ends; SandboxError if it cannot start."""
    settings = settings or SandboxSettings()
    app = build_app(settings)
    with _listening(settings) as listener:
        server = _SandboxServer(app, lambda: None)
        thread = threading.Thread(
            target=server.run, args=([listener],), name="syncd-sandbox", daemon=True
        )
        thread.start()
        try:
            if not server.ready.wait(START_SECONDS):
                raise SandboxError("Sandbox", "did not start in time", "Try again")
            yield RunningSandbox(_url(listener), app.state.store)
        finally:
            server.stop()
            thread.join(STOP_SECONDS)


def serve(settings: SandboxSettings, on_ready: Callable[[str], None] | None = None) -> None:
    """Serve until SIGINT or SIGTERM, in the main thread; `on_ready` gets the URL once it answers.

    SandboxError if the address cannot be had. The whole process is the sandbox's: it never stands
    still for long, for what comes meanwhile, at its pace, would be counted as a bunch.
    """
    with _listening(settings) as listener:
        url = _url(listener)

        def announce() -> None:
            gc.freeze()
            gc.set_threshold(*SEARCHES)
            for name in STOP_SIGNALS:
                asyncio.get_running_loop().add_signal_handler(name, server.stop)
            if on_ready is not None:
                on_ready(url)

        server = _SandboxServer(build_app(settings), announce)
        server.run([listener])


class _BreakableProtocol(H11Protocol):
    """Hands the application its transport, which faults need in order to break it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        # Head and body are written apart; without this, each answer waits for a delayed ACK.
        plug = transport.get_extra_info("socket")
        plug.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.app_state = {**self.app_state, "transport": transport}


class _SandboxServer(uvicorn.Server):
    """Uvicorn that leaves signals alone and stops within a turn of its loop."""

    def __init__(self, app: Starlette, announce: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=_BreakableProtocol,
                ws="none",
                loop="asyncio",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                date_header=False,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
            )
        )
        self.ready = threading.Event()
        self._announce = announce
        self._pauses: Pauses = app.state.pauses
        self._stopped: Callable[[], None] | None = None

    def stop(self) -> None:
        """Ask the server to stop; from any thread, before or after it is up."""
        self.should_exit = True
        if self._stopped is not None:
            self._stopped()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def main_loop(self) -> None:
        loop, stopped = asyncio.get_running_loop(), asyncio.Event()
        self._stopped = lambda: _call_in(loop, stopped.set)
        self._announce()
        self.ready.set()
        if not self.should_exit:
            await stopped.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close the door, send what is due at once, then close every connection.

        A server that closes while it accepts a connection leaks it, so accepting ends first.
        """
        for listener in sockets or []:
            asyncio.get_running_loop().remove_reader(listener)
        self._pauses.end_all()
        await _end_of_other_tasks()
        while self.server_state.connections:
            for connection in list(self.server_state.connections):
                connection.transport.close()
            await _end_of_other_tasks()
        for server in self.servers:
            server.close()
            await server.wait_closed()


async def _end_of_other_tasks() -> None:
    """See answers to their end, and connections that were just accepted to their beginning."""
    await asyncio.sleep(0)
    others = asyncio.all_tasks() - {asyncio.current_task()}
    if others:
        await asyncio.wait(others, timeout=LAST_ANSWERS_SECONDS)


@contextmanager
def _listening(settings: SandboxSettings) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        listener = socket.create_server((settings.host, settings.port), family=family)
    except OSError as error:
        raise SandboxError(
            f"Sandbox address {settings.host}:{settings.port}",
            error.strerror or str(error),
            "Use another port, or 0 for any free one",
        ) from error
    with listener:
        yield listener


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _call_in(loop: asyncio.AbstractEventLoop, action: Callable[[], None]) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(action)
