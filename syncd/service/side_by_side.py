"""Runs work side by side: the first error comes out as it is, and a stop shortens what waits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import timedelta
from typing import Any

from syncd.ports import Remote, State


@asynccontextmanager
async def side_by_side() -> AsyncIterator[asyncio.TaskGroup]:
    """A task group whose first error ends the others and is raised by itself."""
    try:
        async with asyncio.TaskGroup() as tasks:
            yield tasks
    except BaseExceptionGroup as group:
        raise _first(group) from group


async def first_of(*awaited: Coroutine[Any, Any, object]) -> None:
    """Wait until one of these is over, and give the others up, as all where the wait is given up.

    Raises what any that is over has died of.
    """
    tasks = [asyncio.create_task(one) for one in awaited]
    try:
        over, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in over:
        task.result()


@asynccontextmanager
async def meanwhile(work: Callable[[], None], begin: asyncio.Event) -> AsyncIterator[None]:
    """Work in a thread beside the block from this moment on, or after it where that never came.

    The work is seen to its end however the block ends.
    """
    working = asyncio.create_task(_work_after(begin, work))
    try:
        yield
    finally:
        begin.set()
        await working


async def _work_after(begin: asyncio.Event, work: Callable[[], None]) -> None:
    await begin.wait()
    await asyncio.to_thread(work)


def held_by(stop: asyncio.Event, remote: Remote) -> AbstractAsyncContextManager[None]:
    """Let nothing depart any more from the moment on when a stop is asked for."""
    return _done_at(stop, remote.hold)


def hurried_by(stop: asyncio.Event, state: State) -> AbstractAsyncContextManager[None]:
    """Let nothing wait for the state as long as usual from the moment on when a stop is asked for.

    That outlives the block.
    """
    return _done_at(stop, state.hurry)


@asynccontextmanager
async def _done_at(stop: asyncio.Event, deed: Callable[[], None]) -> AsyncIterator[None]:
    watching = asyncio.create_task(_do_after(stop, deed))
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


async def _do_after(stop: asyncio.Event, deed: Callable[[], None]) -> None:
    await stop.wait()
    deed()


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
