"""How a process that runs for months is searched for what nobody uses any more."""

from __future__ import annotations

import asyncio
import gc
from typing import Final

SETTLED: Final = 60.0
"""Seconds after which all is loaded that an idle daemon needs."""
NEW_OBJECTS: Final = 5_000
"""How many may come before they are searched: what fifty probes leave, half a megabyte."""
AGAIN: Final = 600.0
"""Seconds between two looks whether a delivery has let go of what was kept out of the search."""


async def keep_what_lasts() -> None:
    """Once all is loaded, search little and often: what has lasted so far is not looked at again.

    The command line lets far more come, to load quickly; in an idle daemon that would gather for
    days. Each delivery ends with everything being searched again.
    """
    await asyncio.sleep(SETTLED)
    gc.set_threshold(NEW_OBJECTS)
    while True:
        if not gc.get_freeze_count():
            gc.collect()
            gc.freeze()
        await asyncio.sleep(AGAIN)
