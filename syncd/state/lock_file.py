"""The file beside the state that whoever holds the lease has locked, and keeps writing into."""

from __future__ import annotations

import fcntl
import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Self

import orjson

_SINCE: Final = "%Y-%m-%d %H:%M:%S UTC"
_ENOUGH: Final = 4096
_NEXT: Final = ".next"


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds the lease: the `number`-th to do so.

    `at` is the moment of its last sign of life in microseconds since 1970, `beats` how many it has
    given; `ended` says that it has let go.
    """

    holder: str
    since: str
    number: int
    at: int
    beats: int = 0
    ended: bool = False

    @property
    def began(self) -> datetime:
        """When it came to hold the lease, to the second."""
        return datetime.strptime(self.since, _SINCE).replace(tzinfo=UTC)


def since(moment: datetime) -> str:
    """What `Holder.since` says of this moment, in words that people read too."""
    return moment.astimezone(UTC).strftime(_SINCE)


@dataclass(frozen=True, slots=True)
class Sight:
    """What a look at the file shows; two that are alike mean that no sign of life came between."""

    identity: tuple[int, int] | None
    content: bytes = b""

    @property
    def holder(self) -> Holder | None:
        """None where its holder has not written its name yet, or an older version has."""
        try:
            return Holder(**orjson.loads(self.content))
        except (orjson.JSONDecodeError, TypeError):
            return None

    @property
    def is_mute(self) -> bool:
        """Whether it is locked by an older syncd, which lives without a sign and knows no fence."""
        return bool(self.content) and self.holder is None

    @property
    def who(self) -> str:
        """Its holder in words."""
        holder = self.holder
        return "another process" if holder is None else f"{holder.holder} (since {holder.since})"


class LockFile:
    """The file, open; the lock is the system's, which frees it when the process ends.

    As a context manager it is closed at the end of the block, unless it was to be kept.
    """

    def __init__(self, path: Path) -> None:
        """Open or make it; `path` itself may come to name another file."""
        self._path = path
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._identity = _identity(os.fstat(self._descriptor))
        self._kept = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if not self._kept:
            self.close()

    def keep(self) -> None:
        """Leave it open at the end of the block."""
        self._kept = True

    def is_locked_by_me(self) -> bool:
        """Try to lock it, without waiting."""
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def stands_at(self, path: Path) -> bool:
        """Whether this path still names this very file: nobody has put another in its place."""
        try:
            return _identity(path.stat()) == self._identity
        except OSError:
            return False

    def move_to(self, path: Path) -> None:
        """Take the place of the file at this path; whoever has that one locked is left with it."""
        self._path.replace(path)

    def read(self) -> Sight:
        """Look at what is in it."""
        return Sight(self._identity, os.pread(self._descriptor, _ENOUGH, 0))

    def write(self, holder: Holder) -> None:
        """Put a name in the place of the one before."""
        content = orjson.dumps(asdict(holder))
        os.pwrite(self._descriptor, content, 0)
        os.ftruncate(self._descriptor, len(content))

    def close(self) -> None:
        """Free the lock."""
        os.close(self._descriptor)


def look_at(path: Path) -> Sight:
    """See what anybody may see, without touching the lock."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return Sight(None)
    try:
        return Sight(_identity(os.fstat(descriptor)), os.pread(descriptor, _ENOUGH, 0))
    finally:
        os.close(descriptor)


def held_since(path: Path) -> datetime | None:
    """Since when whoever has the file locked has had it; None where nobody alive has.

    To find that out the file is locked for a moment, as far as others may share it.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = Sight(None, os.pread(descriptor, _ENOUGH, 0)).holder
        return None if holder is None or holder.ended else holder.began
    else:
        return None
    finally:
        os.close(descriptor)


def next_to(path: Path) -> Path:
    """Where the file is made that is to take the place of the one at this path."""
    return path.with_name(path.name + _NEXT)


def _identity(found: os.stat_result) -> tuple[int, int]:
    return found.st_dev, found.st_ino
