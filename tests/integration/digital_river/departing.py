"""A process that departs as often as its pacer lets it: `python -m … LEDGER RATE SECONDS`."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path

from syncd.digital_river.pacer import FilePacer
from tests.fakes.clocks import WallClock

WAITERS = 40
LEAST = 50


async def depart_until(end: float, pacer: FilePacer) -> list[float]:
    """Until then, and so often at least: a busy machine may hold this process up."""
    moments: list[float] = []

    async def depart_often() -> None:
        while time.monotonic() < end or len(moments) < LEAST:
            await pacer.turn(lambda: True)
            await pacer.depart()
            moments.append(time.monotonic())

    await asyncio.gather(*(depart_often() for _ in range(WAITERS)))
    return moments


def main() -> None:
    ledger, rate, seconds = Path(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
    pacer = FilePacer(ledger, rate, WallClock())
    moments = asyncio.run(depart_until(time.monotonic() + seconds, pacer))
    sys.stdout.write(json.dumps(moments))


if __name__ == "__main__":
    main()
