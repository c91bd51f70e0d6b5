"""Serving in a thread of its own, which answers even where the loop that works hangs."""

from __future__ import annotations

import asyncio
import errno
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

import structlog
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from syncd.config.addresses import host_and_port
from syncd.config.values import OFF
from syncd.errors import ConfigurationError

if TYPE_CHECKING:
    from starlette.types import ASGIApp

_KEY: Final = "service.listen"
_START_SECONDS: Final = 10.0
_STOP_SECONDS: Final = 1.5
_LAST_ANSWERS_SECONDS: Final = 1
_KEEP_ALIVE_SECONDS: Final = 60
MOST_CONNECTIONS: Final = 128
FIRST_WORDS: Final = 10.0
"""Seconds within which a whole request has to come from somebody who has connected, or begun it."""
_BACKLOG: Final = 128
_AGAIN_SECONDS: Final = 1.0
"""Between two looks at whether an address that another has taken is free."""

_log = structlog.get_logger()


class AddressTakenError(ConfigurationError):
    """Another process serves there, which may be the one on duty."""


class Serving:
    """Serves at one address at a time, and moves when the configuration does."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._listen = OFF
        self._running: _Running | None = None

    @property
    def address(self) -> str | None:
        """Where it serves now, such as `http://127.0.0.1:9464`; None while it cannot."""
        return None if self._running is None else self._running.address

    def begin_at(self, listen: str) -> None:
        """Serve there from now on, or from the moment on when whoever has taken it is gone.

        Whoever stands by on the same machine takes the page over with the duty. Raises
        `ConfigurationError` where nobody can serve there.
        """
        try:
            self.move_to(listen)
        except AddressTakenError as taken:
            _log.warning("web.waits", reason=taken.reason)
            self._running, self._listen = _Running(self._app, listen, None), listen

    def move_to(self, listen: str) -> None:
        """Serve there from now on; `ConfigurationError` where that cannot be, and all stays."""
        if listen == self._listen:
            return
        former = self._listen
        self.stop()  # first, for the new address may cover the old one
        try:
            self._begin(listen)
        except ConfigurationError:
            self._begin(former)
            raise
        _log.info("web.serves", address=self.address or OFF)

    def stop(self) -> None:
        """Answer what was asked, for a second, and serve no more."""
        if self._running is not None:
            self._running.stop()
        self._running, self._listen = None, OFF

    def _begin(self, listen: str) -> None:
        self._running = None if listen == OFF else _Running(self._app, listen, listening(listen))
        self._listen = listen


@contextmanager
def serving(app: ASGIApp, listen: str) -> Iterator[Serving]:
    """Serve until the block ends, as `Serving.begin_at` does."""
    served = Serving(app)
    served.begin_at(listen)
    try:
        yield served
    finally:
        served.stop()


def listening(listen: str) -> socket.socket:
    """Listen at an address such as `127.0.0.1:9464`; raises `ConfigurationError`.

    That is `AddressTakenError` where another process listens there.
    """
    host, port = host_and_port(listen)
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        # With the protocol by its number asyncio knows it for TCP, and sends answers at once.
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise _refused(listen, error) from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise _refused(listen, error) from error
    return listener


def _refused(listen: str, error: OSError) -> ConfigurationError:
    kind = AddressTakenError if error.errno == errno.EADDRINUSE else ConfigurationError
    return kind(
        _KEY,
        f"nothing can be served at {listen}: {error.strerror or error}",
        f'Set {_KEY} to an address of this machine that is free, or to "{OFF}"',
    )


class _Running:
    """A server in its thread, from its first answer on; without a listener it waits for one."""

    def __init__(self, app: ASGIApp, listen: str, listener: socket.socket | None) -> None:
        self.address: str | None = None
        self._server = _Server(app)
        self._over = threading.Event()
        self._thread = threading.Thread(
            target=self._serve, args=(listen, listener), name="syncd-web", daemon=True
        )
        self._thread.start()
        if listener is not None:
            self._server.ready.wait(_START_SECONDS)

    def stop(self) -> None:
        self._over.set()
        self._server.stop()
        self._thread.join(_STOP_SECONDS)  # one that hangs all the same ends with the process

    def _serve(self, listen: str, listener: socket.socket | None) -> None:
        waits = listener is None
        while listener is None:
            if self._over.wait(_AGAIN_SECONDS):
                return
            with suppress(ConfigurationError):
                listener = listening(listen)
        host, port = listener.getsockname()[:2]
        self.address = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        if waits:
            _log.info("web.serves", address=self.address)
        self._server.run([listener])


class _Connection(H11Protocol):
    """One of so many; whoever asks nothing, or begins to and does not end, has to go.

    Each takes a file of the process, and the work needs some as well.
    """

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            transport.abort()
        else:
            self._expect_a_request()

    def data_received(self, data: bytes) -> None:
        """Have the rest of a request follow in time, however slowly its bytes trickle."""
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before or _is_under_way(self.cycle):
            self._expect_nothing()
        elif self._deadline is None:
            self._expect_a_request()

    def connection_lost(self, exc: Exception | None) -> None:
        self._expect_nothing()
        super().connection_lost(exc)

    def _expect_a_request(self) -> None:
        self._deadline = self.loop.call_later(FIRST_WORDS, self.transport.abort)

    def _expect_nothing(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = None


def _is_under_way(cycle: RequestResponseCycle | None) -> bool:
    """Whether a request is being answered, with as much of its body as there is."""
    return cycle is not None and not cycle.response_complete


class _Server(uvicorn.Server):
    """Uvicorn that sleeps while nobody asks, and leaves signals alone as in any other thread."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=_Connection,
                ws="none",
                loop="asyncio",
                lifespan="off",
                log_config=None,
                log_level="error",  # not for everybody who sends garbage
                access_log=False,
                proxy_headers=False,
                server_header=False,
                date_header=False,
                timeout_keep_alive=_KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=_LAST_ANSWERS_SECONDS,
            )
        )
        self.ready = threading.Event()
        self._stopped: Callable[[], None] | None = None

    def stop(self) -> None:
        """Ask the server to stop; from any thread, before or after it is up."""
        self.should_exit = True
        if self._stopped is not None:
            self._stopped()

    async def main_loop(self) -> None:
        """Wait to be stopped; uvicorn's own looks ten times a second, and never lets a CPU rest."""
        loop, stopped = asyncio.get_running_loop(), asyncio.Event()
        self._stopped = lambda: _call_in(loop, stopped.set)
        self.ready.set()
        if not self.should_exit:
            await stopped.wait()


def _call_in(loop: asyncio.AbstractEventLoop, action: Callable[[], None]) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(action)
