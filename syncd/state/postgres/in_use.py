"""What a pool's connections wait for, so that a stop need not wait for all of it."""

from __future__ import annotations

import os
import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar
from weakref import WeakSet

import psycopg
import structlog
from sqlalchemy import event

from syncd.state.patience import HURRIED, LEAST

if TYPE_CHECKING:
    from psycopg.abc import PQGen
    from sqlalchemy import Engine

_ROUND: Final = 0.25
"""Seconds between two looks at what is still waited for."""
_CANCELLING: Final = 0.5
"""Seconds that the server is given to end what it was told to end."""
_RV = TypeVar("_RV")

_log = structlog.get_logger()


class Watched(psycopg.Connection[Any]):
    """Tells since when the server is waited for: by `time.monotonic`, and None where it is not."""

    waits_since: float | None = None

    def wait(self, gen: PQGen[_RV], *more: Any, **named: Any) -> _RV:  # noqa: ANN401 - the driver's
        """Wait for one answer, as the driver does each time that it wants one."""
        self.waits_since = time.monotonic()
        try:
            return super().wait(gen, *more, **named)
        finally:
            self.waits_since = None


@dataclass(frozen=True, slots=True)
class _Ending:
    """An answer that the server was told not to give, and when it was told so."""

    waited_for_since: float
    told: float


class InUse:
    """Ends what is asked of the server, a few seconds after there is a hurry, and only then.

    The server is told first, for it may be waiting for a lock; where it does not answer that
    either, the connection is cut. What has only just been asked is left to go on.
    """

    def __init__(self, name: str, engine: Engine) -> None:
        """Watch the pool of an engine; `name` is what messages call the state."""
        self._name = name
        self._one_at_a_time = threading.Lock()
        self._drivers = WeakSet[Watched]()
        self._ending: dict[Watched, _Ending] = {}
        self._closed = threading.Event()
        self._hurrying: threading.Thread | None = None
        event.listen(engine, "connect", self._made, insert=True)  # before it is asked anything

    def hurry(self) -> None:
        """Leave a few seconds more from now on; to say so again changes nothing."""
        with self._one_at_a_time:
            if self._hurrying is None:
                self._hurrying = threading.Thread(target=self._keep_ending, daemon=True)
                self._hurrying.start()

    def close(self) -> None:
        """Nothing is waited for any more."""
        self._closed.set()

    def _keep_ending(self) -> None:
        if self._closed.wait(HURRIED):
            return
        while not self._closed.wait(_ROUND):
            self._end_what_waits()

    def _end_what_waits(self) -> None:
        """Go one step further with each answer that has been waited for long enough."""
        now, before = time.monotonic(), self._ending
        self._ending = {}
        for driver in self._all():
            since = driver.waits_since
            if since is None:
                continue
            ending = before.get(driver)
            if ending is not None and ending.waited_for_since == since:
                self._ending[driver] = ending
                if now - ending.told >= _CANCELLING:
                    _cut(driver)
            elif now - since >= LEAST:
                self._ending[driver] = _Ending(since, now)
                _log.warning("state.given_up", state=self._name)
                _cancel_beside(driver)

    def _all(self) -> list[Watched]:
        with self._one_at_a_time:
            return list(self._drivers)

    def _made(self, driver: Watched, _: object) -> None:
        with self._one_at_a_time:
            self._drivers.add(driver)


def _cancel_beside(driver: Watched) -> None:
    """From a thread of its own: older client libraries wait for the server, come what may."""
    threading.Thread(target=_cancel, args=(driver,), daemon=True).start()


def _cancel(driver: Watched) -> None:
    with suppress(psycopg.Error):
        driver.cancel_safe(timeout=_CANCELLING)


def _cut(driver: Watched) -> None:
    """Shut the socket down, and whoever waits for an answer finds the connection lost."""
    with (
        suppress(psycopg.Error, OSError),
        socket.socket(fileno=os.dup(driver.fileno())) as line,
    ):
        line.shutdown(socket.SHUT_RDWR)
