"""Where pacers keep the few numbers that they share: a locked file, or the process's memory."""

from __future__ import annotations

import fcntl
import os
import struct
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Final, Protocol

from syncd.errors import StateError

_WIDTH: Final = 8
_OWNER_ALONE: Final = 0o600


class Cells(Protocol):
    """A row of signed 64-bit numbers, all 0 at first; read and written under its lock."""

    def locked(self) -> AbstractContextManager[None]:
        """Keep every other user of these cells out, for microseconds only."""

    def read(self, start: int, count: int) -> Sequence[int]: ...

    def write(self, start: int, values: Sequence[int]) -> None: ...

    def close(self) -> None: ...


class MemoryCells:
    """Cells that nobody outside this process sees."""

    def __init__(self, size: int) -> None:
        self._values = [0] * size

    def locked(self) -> AbstractContextManager[None]:
        return nullcontext()

    def read(self, start: int, count: int) -> Sequence[int]:
        return self._values[start : start + count]

    def write(self, start: int, values: Sequence[int]) -> None:
        self._values[start : start + len(values)] = values

    def close(self) -> None:
        """Nothing is held open."""


class FileCells:
    """Cells in a file that every process of this machine may have open at the same time.

    The kernel drops the lock of a process that dies. A file that is too short reads as zeros.
    """

    def __init__(self, path: Path, size: int) -> None:
        """Open or make the file, readable by its owner alone; StateError where that fails."""
        self._closed = False
        self._path = path
        with self._translated():
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _OWNER_ALONE)
            self._fill(size * _WIDTH)

    def _fill(self, length: int) -> None:
        """Take the whole room now, so that a full disk is told at the start."""
        with self.locked():
            present = os.fstat(self._file).st_size
            os.pwrite(self._file, bytes(max(0, length - present)), present)

    @contextmanager
    def locked(self) -> Iterator[None]:
        with self._translated():
            fcntl.flock(self._file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def read(self, start: int, count: int) -> Sequence[int]:
        """Read them; StateError where the disk fails."""
        length = count * _WIDTH
        with self._translated():
            found = os.pread(self._file, length, start * _WIDTH).ljust(length, b"\0")
        return struct.unpack(f"<{count}q", found)

    def write(self, start: int, values: Sequence[int]) -> None:
        """Write them; StateError where the disk fails, or a full one keeps its files in copies."""
        with self._translated():
            os.pwrite(self._file, struct.pack(f"<{len(values)}q", *values), start * _WIDTH)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StateError(
                f"Pacer file {self._path}",
                error.strerror or str(error),
                "Make its folder writable and see that the disk has room",
            ) from error

    def close(self) -> None:
        """Close the file; doing so once more does no harm."""
        if not self._closed:
            os.close(self._file)
            self._closed = True
