"""Departures at any pacers, for tests of their pace."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from syncd.digital_river.pacer import Pacer


def always() -> bool:
    return True


async def departures(
    pacers: Sequence[Pacer], count: int, waiters: int, connecting: float = 0.0
) -> list[float]:
    """Let so many waiters at each pacer depart again and again until all have left.

    The first third of them has to connect for so many seconds between turn and departure.
    """
    loop, left, moments = asyncio.get_running_loop(), iter(range(count)), list[float]()

    async def depart_often(pacer: Pacer) -> None:
        for number in left:
            assert await pacer.turn(always) == 0.0
            await asyncio.sleep(connecting if 3 * number < count else 0.0)
            assert await pacer.depart() == 0.0
            moments.append(loop.time())
            await asyncio.sleep(0.02)

    async with asyncio.TaskGroup() as group:
        for pacer in pacers:
            for _ in range(waiters):
                group.create_task(depart_often(pacer))
    return moments
