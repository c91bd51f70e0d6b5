"""How long something takes, but for the time in which others had the processors."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_LOOK = 0.02


def queued(pid: int) -> float:
    """Seconds in which its threads could have run, and none of the processors was free."""
    told = Path(f"/proc/{pid}/task").glob("*/schedstat")
    with suppress(FileNotFoundError, ProcessLookupError):  # some end while they are looked at
        return sum(int(each.read_text().split()[1]) for each in told) / 1e9
    return 0.0


@contextmanager
def over_within(seconds: float, pid: int) -> Iterator[None]:
    """Fail where the block takes longer, what this process or ours has queued for left out."""
    waits, over = {one: _Wait(one) for one in (pid, os.getpid())}, threading.Event()

    def look() -> None:
        while not over.wait(_LOOK):
            for wait in waits.values():
                wait.look()

    looking = threading.Thread(target=look)
    looking.start()
    began = time.monotonic()
    try:
        yield
        took = time.monotonic() - began
    finally:
        over.set()
        looking.join()
    assert took - sum(wait.seconds for wait in waits.values()) < seconds


class _Wait:
    """What a process has queued for since now, as far as could be seen before its end."""

    def __init__(self, pid: int) -> None:
        self.seconds = 0.0
        self._pid = pid
        self._before = queued(pid)

    def look(self) -> None:
        self.seconds = max(self.seconds, queued(self._pid) - self._before)
