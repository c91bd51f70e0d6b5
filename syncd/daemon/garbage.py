"""How a process that runs for months is searched for what nobody uses any more."""

from __future__ import annotations

import asyncio
import gc
from typing import Final

SETTLED: Final = 60.0
"""Seconds after which all is loaded that an idle daemon needs."""
NEW_OBJECTS: Final = 5_000
"""How many may come before they are searched: what fifty probes leave, half a megabyte."""


async def keep_what_lasts() -> None:
    """Once all is loaded, search little and often: what has lasted so far is not looked at again.

    The command line lets far more come, to load quickly; in an idle daemon that would gather for
    days.
    """
    await asyncio.sleep(SETTLED)
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS)
