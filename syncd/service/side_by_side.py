"""Runs work side by side: the first error comes out as it is, and a stop holds the remote."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

from syncd.ports import Remote


@asynccontextmanager
async def side_by_side() -> AsyncIterator[asyncio.TaskGroup]:
    """A task group whose first error ends the others and is raised by itself."""
    try:
        async with asyncio.TaskGroup() as tasks:
            yield tasks
    except BaseExceptionGroup as group:
        raise _first(group) from group


@asynccontextmanager
async def meanwhile(work: Callable[[], None]) -> AsyncIterator[None]:
    """Work in a thread beside the block, and see the work to its end however the block ends."""
    working = asyncio.create_task(asyncio.to_thread(work))
    try:
        yield
    finally:
        await working


@asynccontextmanager
async def held_by(stop: asyncio.Event, remote: Remote) -> AsyncIterator[None]:
    """Let nothing depart any more from the moment on when a stop is asked for."""
    watching = asyncio.create_task(_hold_after(stop, remote))
    try:
        yield
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching


@asynccontextmanager
async def given_up_after(stop: asyncio.Event, patience: timedelta) -> AsyncIterator[None]:
    """End the block so long after a stop was asked for, whatever in it still waits."""
    limit = asyncio.timeout(None)
    try:
        async with limit:
            watching = asyncio.create_task(_limit_after(stop, limit, patience))
            try:
                yield
            finally:
                watching.cancel()
    except TimeoutError:
        if not limit.expired():  # it is somebody else's
            raise


async def _limit_after(stop: asyncio.Event, limit: asyncio.Timeout, patience: timedelta) -> None:
    await stop.wait()
    limit.reschedule(asyncio.get_running_loop().time() + patience.total_seconds())


async def _hold_after(stop: asyncio.Event, remote: Remote) -> None:
    await stop.wait()
    remote.hold()


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
