"""Virtual time for whole processes: what their threads do is done in the loop, a moment later."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from contextvars import ContextVar
from functools import partial
from typing import Any, Final, Protocol

from tests.unit.digital_river.virtual_time import VirtualLoop

LONGEST_THREAD: Final = 0.02
"""Seconds after which the work of a thread is done at the latest."""


class Freezable(Protocol):
    """Who may be stopped for a while, such as by SIGSTOP.

    From `frozen_since` to `frozen_until`, in the loop's time, it does nothing; `owed` are seconds
    that its thread has slept, and which are still to pass.
    """

    frozen_since: float
    frozen_until: float
    owed: float


BEARER: ContextVar[Freezable | None] = ContextVar("BEARER", default=None)
"""The process on whose behalf something is done."""


class SimulatedLoop(VirtualLoop):
    """Draws when the work of a thread is done, and so the order in which processes meet."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self._chance = chance

    def run_in_executor(
        self, executor: object, func: Callable[..., Any], *args: object
    ) -> asyncio.Future[Any]:
        """Do the work later, all at once: nothing else happens in the middle of it."""
        done = self.create_future()
        work = partial(func, *args)
        delay = self._chance.uniform(0.0, LONGEST_THREAD)
        self.call_later(delay, self._work, BEARER.get(), work, done)
        return done

    def _work(
        self, bearer: Freezable | None, work: Callable[[], Any], done: asyncio.Future[Any]
    ) -> None:
        if bearer is not None and bearer.frozen_until > self.time():
            self.call_at(bearer.frozen_until, self._work, bearer, work, done)
            return
        try:
            end = partial(_succeed, done, work())
        except BaseException as error:  # noqa: BLE001 - whoever waits for the thread gets it
            end = partial(_fail, done, error)
        owed = 0.0 if bearer is None else bearer.owed
        if owed and bearer is not None:
            bearer.owed = 0.0
            self.call_later(owed, end)
        else:
            end()


def _succeed(done: asyncio.Future[Any], result: object) -> None:
    if not done.done():
        done.set_result(result)


def _fail(done: asyncio.Future[Any], error: BaseException) -> None:
    if not done.done():
        done.set_exception(error)


async def thawed() -> None:
    """Wait until the process that runs here is not frozen."""
    bearer, loop = BEARER.get(), asyncio.get_running_loop()
    if bearer is not None and bearer.frozen_until > loop.time():
        await asyncio.sleep(bearer.frozen_until - loop.time())
        await thawed()
