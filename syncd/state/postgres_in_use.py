"""What a pool's connections wait for, so that a stop need not wait for all of it."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakSet

import psycopg
import structlog
from psycopg.pq import TransactionStatus
from sqlalchemy import event

from syncd.state.patience import HURRIED, LEAST

if TYPE_CHECKING:
    from sqlalchemy import Engine

_ROUND: Final = 0.25
"""Seconds between two looks at what is still waited for."""
_CANCELLING: Final = 0.5
"""Seconds that the server is given to end what it was told to end."""

_log = structlog.get_logger()


@dataclass(slots=True)
class _Waiting:
    since: float
    cancelled: float | None = None


class InUse:
    """Ends what is asked of the server, a few seconds after there is a hurry, and only then.

    The server is told first, for it may be waiting for a lock; where it does not answer that
    either, the connection is cut. What has only just been asked is left to go on.
    """

    def __init__(
        self, name: str, engine: Engine, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        """Watch the pool of an engine; `name` is what messages call the state."""
        self._name = name
        self._seconds = seconds
        self._one_at_a_time = threading.Lock()
        self._drivers = WeakSet[psycopg.Connection[Any]]()
        self._waiting: dict[psycopg.Connection[Any], _Waiting] = {}
        self._closed = threading.Event()
        self._hurrying: threading.Thread | None = None
        event.listen(engine, "connect", self._made, insert=True)  # before it is asked anything

    def hurry(self) -> None:
        """Leave a few seconds more from now on; to say so again changes nothing."""
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
        """Go one step further with whatever has waited for a moment."""
        now, before = self._seconds(), self._waiting
        self._waiting = {
            driver: before.get(driver) or _Waiting(now) for driver in self._all() if _waits(driver)
        }
        for driver, waiting in self._waiting.items():
            if waiting.cancelled is None and now - waiting.since >= LEAST:
                waiting.cancelled = now
                _log.warning("state.given_up", state=self._name)
                _cancel_beside(driver)
            elif waiting.cancelled is not None and now - waiting.cancelled >= _CANCELLING:
                _cut(driver)

    def _all(self) -> list[psycopg.Connection[Any]]:
        with self._one_at_a_time:
            return list(self._drivers)

    def _made(self, driver: psycopg.Connection[Any], _: object) -> None:
        with self._one_at_a_time:
            self._drivers.add(driver)


def _waits(driver: psycopg.Connection[Any]) -> bool:
    return driver.pgconn.transaction_status == TransactionStatus.ACTIVE


def _cancel_beside(driver: psycopg.Connection[Any]) -> None:
    """From a thread of its own: older client libraries wait for the server, come what may."""
    threading.Thread(target=_cancel, args=(driver,), daemon=True).start()


def _cancel(driver: psycopg.Connection[Any]) -> None:
    with suppress(psycopg.Error):
        driver.cancel_safe(timeout=_CANCELLING)


def _cut(driver: psycopg.Connection[Any]) -> None:
    """Shut the socket down, and whoever waits for an answer finds the connection lost."""
    with (
        suppress(psycopg.Error, OSError),
        socket.socket(fileno=os.dup(driver.fileno())) as line,
    ):
        line.shutdown(socket.SHUT_RDWR)
