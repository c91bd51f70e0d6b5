"""Lets a test break a daemon from within: at SIGUSR2 it does what its file `sabotage` names.

Python imports this at its start where the folder is in PYTHONPATH. The handler runs in the main
thread, in between two steps of the loop that works.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import time
from pathlib import Path
from types import FrameType
from typing import Final

BLOCKED_SECONDS: Final = 7.0
_THREADS: Final = min(32, (os.cpu_count() or 1) + 4)
"""As many as a loop has where nobody says otherwise."""


def _block_the_loop() -> None:
    time.sleep(BLOCKED_SECONDS)


def _use_up_all_threads() -> None:
    loop = asyncio.get_running_loop()
    for _ in range(_THREADS):
        loop.run_in_executor(None, time.sleep, 3.0)


def _forget_all_jobs() -> None:
    from apscheduler.schedulers.asyncio import AsyncIOScheduler

    for one in gc.get_objects():
        if isinstance(one, AsyncIOScheduler):
            one.remove_all_jobs()  # type: ignore[no-untyped-call] # it has no types


def _set_the_clock_back() -> None:
    import time_machine

    time_machine.travel(time.time() - 86_400.0).start()


_DEEDS: Final = {
    deed.__name__: deed
    for deed in (_block_the_loop, _use_up_all_threads, _forget_all_jobs, _set_the_clock_back)
}


def _sabotage(_number: int, _frame: FrameType | None) -> None:
    _DEEDS[f"_{Path('sabotage').read_text()}"]()


signal.signal(signal.SIGUSR2, _sabotage)
