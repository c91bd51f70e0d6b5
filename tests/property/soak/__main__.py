"""Soaks for as many cycles as asked: `python -m tests.property.soak --cycles 2000`."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final

import structlog

from tests.property.soak.soak import Terms, soak

_MARKS: Final = 8
_A_DAY: Final = timedelta(days=1)
_STEP: Final = timedelta(minutes=5)


def main() -> int:
    """Print what the process has grown to, eight times on the way."""
    parser = argparse.ArgumentParser(prog="python -m tests.property.soak")
    parser.add_argument("--cycles", type=int, default=2_000, help="five minutes of time each")
    cycles = parser.parse_args().cycles
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    marks = sorted({max(1, cycles * part // _MARKS) for part in range(1, _MARKS + 1)})
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="syncd-soak-") as folder:
        asyncio.run(_tell(Path(folder), marks))
    print(f"{time.monotonic() - began:.0f} s")  # noqa: T201 - the result
    return 0


async def _tell(folder: Path, marks: Sequence[int]) -> None:
    async for size in soak(folder, marks, Terms(_A_DAY, _STEP)):
        print(size, flush=True)  # noqa: T201 - the result


if __name__ == "__main__":
    sys.exit(main())
