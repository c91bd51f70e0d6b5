"""The cycle lease on one machine: an OS lock, which the system frees when its holder dies."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, TypeAlias

import orjson

from syncd.errors import LeaseHeldError
from syncd.state.faults import files_translated

Now: TypeAlias = Callable[[], datetime]
Pause: TypeAlias = Callable[[float], None]

_STEP: Final = timedelta(milliseconds=100)


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds the lease, and since when."""

    holder: str
    since: str


@dataclass(frozen=True, slots=True)
class Lease:
    """The lease of the state called `name`, by the lock on one file that is never removed."""

    name: str
    file: Path
    now: Now = lambda: datetime.now(UTC)
    pause: Pause = time.sleep

    @contextmanager
    def held(self, holder: str, wait: timedelta) -> Iterator[None]:
        """Hold it for the block; raises `LeaseHeldError` after waiting in vain."""
        with _opened(self.name, self.file) as lock:
            self._take(lock, wait)
            _write(lock, Holder(holder, f"{self.now().astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"))
            try:
                yield
            finally:
                os.ftruncate(lock, 0)

    def _take(self, lock: int, wait: timedelta) -> None:
        waited = timedelta(0)
        while not _try(lock):
            if waited >= wait:
                raise _refusal(self.name, _read(lock))
            step = min(_STEP, wait - waited)
            self.pause(step.total_seconds())
            waited += step


@contextmanager
def _opened(name: str, file: Path) -> Iterator[int]:
    with files_translated(name):
        lock = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield lock
    finally:
        os.close(lock)  # which frees it


def _try(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _write(lock: int, holder: Holder) -> None:
    os.ftruncate(lock, 0)
    os.pwrite(lock, orjson.dumps(asdict(holder)), 0)


def _read(lock: int) -> Holder | None:
    """None where the holder has not written its name yet."""
    try:
        return Holder(**orjson.loads(os.pread(lock, 4096, 0)))
    except (orjson.JSONDecodeError, TypeError):
        return None


def _refusal(name: str, holder: Holder | None) -> LeaseHeldError:
    who = "another process" if holder is None else f"{holder.holder} (since {holder.since})"
    return LeaseHeldError(
        name,
        f"a cycle is running, held by {who}",
        "Wait for it to end or stop it, then run again; one that was killed holds nothing",
    )
