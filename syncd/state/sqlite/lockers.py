"""Which process keeps a SQLite file locked for writing, as far as it can be told from outside."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from syncd.state.lock_file import look_at

_LOCKS: Final = Path("/proc/locks")
_FOR_WRITING: Final = re.compile(
    r"^\d+: POSIX +ADVISORY +WRITE (\d+) ([0-9a-f]+):([0-9a-f]+):(\d+) ", re.MULTILINE
)
"""A lock that is held: of one that is waited for, an arrow stands behind the number."""
_SHARED_MEMORY: Final = "-shm"
"""The ending of the file in which SQLite locks its journal."""


def locker(file: Path, signs: Iterable[Path]) -> str | None:
    """Name who keeps the file locked for writing; None where the system does not tell.

    In the files `signs` processes of syncd say what they do. The database's own files are not
    opened: to close one again would take this process's locks away.
    """
    for process in _lockers(file):
        return _as_it_says(process, signs) or f"process {process}{_program(process)}"
    return None


def _lockers(file: Path) -> Iterator[int]:
    locked = {_place(path) for path in (file, Path(f"{file}{_SHARED_MEMORY}")) if path.exists()}
    with suppress(OSError):
        for process, major, minor, inode in _FOR_WRITING.findall(_LOCKS.read_text()):
            place = int(major, 16), int(minor, 16), int(inode)
            if place in locked and int(process) not in {0, os.getpid()}:
                yield int(process)


def _place(path: Path) -> tuple[int, int, int]:
    found = path.stat()
    return os.major(found.st_dev), os.minor(found.st_dev), found.st_ino


def _as_it_says(process: int, signs: Iterable[Path]) -> str | None:
    for path in signs:
        with suppress(OSError):
            who = look_at(path).who
            if f"process {process} on " in who:
                return who
    return None


def _program(process: int) -> str:
    with suppress(OSError):
        return f" ({Path(f'/proc/{process}/comm').read_text().strip()})"
    return ""
