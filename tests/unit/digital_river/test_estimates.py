"""Estimates of the time left, at the rate at which requests really leave, in virtual time."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from syncd.digital_river.pacer import FilePacer
from syncd.service.pulse import Strand
from tests.unit.digital_river.departing import always
from tests.unit.digital_river.virtual_time import (
    EPOCH,
    LateClock,
    run_virtually,
    ticks,
)

WRITES = 3000
WORKERS = 40
TENTH = 0.1


@dataclass(frozen=True, slots=True)
class Remote:
    """The key's rate, how long answers take, and how many others send under the same key.

    When the last answer comes is `unsure` by so many seconds: of the slowest, or of others. Where
    the key is `throttled`, nothing may leave in a quarter of each second, at whatever moment.
    """

    rate: float
    latency: Callable[[random.Random], float]
    unsure: float
    others: int = 0
    throttled: bool = False


@dataclass(frozen=True, slots=True)
class Estimate:
    """What was told at a moment would be left."""

    at: float
    left: float


@dataclass(slots=True)
class Delivery:
    """Delivers through pacers that share a ledger, and notes what is told after each answer."""

    remote: Remote
    pacers: list[FilePacer]
    told: list[Estimate]

    async def run(self) -> float:
        """Deliver all, and give the moment of the end."""
        loop = asyncio.get_running_loop()
        strand, left = Strand(lambda: EPOCH, loop.time), iter(range(WRITES))
        strand.phase("delivering", WRITES)
        others = [asyncio.create_task(self._meddle(pacer)) for pacer in self.pacers[1:]]
        if self.remote.throttled:
            others.append(asyncio.create_task(_throttle(self.pacers[0], random.Random(1))))
        async with asyncio.TaskGroup() as group:
            for number in range(WORKERS):
                group.create_task(self._deliver(left, strand, random.Random(number)))
        for other in others:
            other.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        return loop.time()

    async def _deliver(self, left: Iterator[int], strand: Strand, chance: random.Random) -> None:
        for _ in left:
            await _depart(self.pacers[0])
            await asyncio.sleep(self.remote.latency(chance))
            strand.advance()
            if strand.doing.left is not None:
                now = asyncio.get_running_loop().time()
                self.told.append(Estimate(now, strand.doing.left.total_seconds()))

    async def _meddle(self, pacer: FilePacer) -> None:
        while True:
            await _depart(pacer)


async def _depart(pacer: FilePacer) -> None:
    pause = await pacer.turn(always) or await pacer.depart()
    if pause:
        await asyncio.sleep(pause)
        await _depart(pacer)


async def _throttle(pacer: FilePacer, chance: random.Random) -> None:
    """Pause the key as answers of 429 do, on average for a quarter of all time."""
    while True:
        await asyncio.sleep(chance.uniform(0.2, 0.4))
        pacer.pause(0.1)
        await asyncio.sleep(0.1)


def _quick(chance: random.Random) -> float:
    return chance.uniform(0.015, 0.025)


def _slow(chance: random.Random) -> float:
    return chance.uniform(0.2, 0.4)


def _now_and_then_slower(chance: random.Random) -> float:
    return 0.6 if chance.random() < 0.2 else chance.uniform(0.2, 0.3)


@pytest.mark.parametrize(
    "remote",
    [
        Remote(25, _quick, 0.025),
        Remote(250, _slow, 0.4),
        Remote(1000, _slow, 0.4),
        Remote(250, _now_and_then_slower, 0.6),
        Remote(100, _quick, 0.6, others=1),
        Remote(100, _quick, 0.6, throttled=True),
    ],
    ids=[
        "by the rate",
        "hardly by the rate",
        "by the answers",
        "by a few answers",
        "shared",
        "throttled",
    ],
)
def test_after_the_first_tenth_the_estimate_is_within_a_tenth(
    remote: Remote, tmp_path: Path
) -> None:
    clock, ledger = LateClock(random.Random(7), 0.004), tmp_path / "pacer"
    pacers = [FilePacer(ledger, remote.rate, clock, ticks) for _ in range(1 + remote.others)]
    delivery = Delivery(remote, pacers, [])

    end = run_virtually(delivery.run())

    for pacer in pacers:
        pacer.close()
    assert len(delivery.told) > WRITES * (1 - 2 * TENTH)
    for one in delivery.told:
        left = end - one.at
        assert abs(one.left - left) <= max(TENTH * left, remote.unsure)
