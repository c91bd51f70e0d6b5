"""What transactions have done to fingerprints since a copy was made: a few rows mend it."""

from __future__ import annotations

import glob
import os
import secrets
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import repeat
from pathlib import Path
from typing import Final, TypeAlias

import orjson

from syncd.domain.attributes import ItemId
from syncd.domain.tracking import Tracked

Change: TypeAlias = tuple[int | None, bool] | None
"""The fingerprint, and whether the id is missing; None where its row was removed."""

UNFINISHED: Final = ".unfinished"
"""How a file ends that nobody may rely on yet."""
_ENDING: Final = ".step"
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL
_MOST_ROWS: Final = 50_000
"""To mend a copy by more rows saves little, and they would take memory until the commit."""
SHORT: Final = 4 << 20
"""The bytes that may lie there for a copy that is in use: what 50,000 rows take, about."""
_MOST_BYTES: Final = 2 * SHORT
"""What may lie there for a copy that nobody asks for."""


@dataclass(slots=True)
class Changes:
    """Collects what one transaction does to the rows, up to as many as are worth it."""

    rows: dict[str, Change] | None = field(default_factory=dict)
    """None where they were too many."""

    def put(self, rows: Sequence[Tracked]) -> None:
        """Take in rows that were inserted or replaced."""
        self._take(
            [row.id for row in rows], ((row.fingerprint, row.missing is not None) for row in rows)
        )

    def present(self, ids: Sequence[ItemId], fingerprints: Sequence[int]) -> None:
        """Take in that rows were inserted or replaced whose ids are in the catalog."""
        self._take(ids, ((fingerprint, False) for fingerprint in fingerprints))

    def forget(self, ids: Sequence[ItemId]) -> None:
        """Take in that these rows were removed."""
        self._take(ids, repeat(None))

    def _take(self, ids: Sequence[ItemId], changes: Iterable[Change]) -> None:
        if self.rows is None:
            return
        if len(self.rows) + len(ids) > _MOST_ROWS:
            self.rows = None
            return
        self.rows.update(zip(ids, changes, strict=False))  # nothing ends the last of them


@dataclass(frozen=True, slots=True)
class Step:
    """What leads from one stamp to the next."""

    before: str
    after: str
    rows: Mapping[str, Change]


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps that lie beside a copy, each in a file that is named by its stamps and checksum.

    A stamp comes once: what a state did that a backup has replaced since leads to none of its own.
    """

    files: tuple[Path, ...]

    @classmethod
    def beside(cls, copy: Path) -> Steps:
        """Those that are there now; every one leads to a stamp that the state has had by now."""
        with suppress(OSError):
            return cls(tuple(copy.parent.glob(f"{glob.escape(copy.name)}.*{_ENDING}")))
        return cls(())

    def between(self, before: str, after: str) -> Sequence[Path] | None:
        """The files that lead from one stamp to another, in turn; None where one is not whole."""
        preceding = {last: (file, first) for file in self.files for first, last in [_of(file)]}
        chain: list[Path] = []
        while after != before:
            file, after = preceding.pop(after, (None, ""))
            if file is None or not _is_whole(file):
                return None
            chain.insert(0, file)
        return chain

    def remove(self, but: Sequence[Path]) -> None:
        """Take all others away, for the copy is beyond them."""
        for file in self.files:
            if file not in but:
                file.unlink(missing_ok=True)


def leave(copy: Path, step: Step) -> None:
    """Put a step beside the copy, unless it is of no use there or much lies there already."""
    lying = Steps.beside(copy).files
    if sum(file.stat().st_size for file in lying) > _MOST_BYTES:
        return
    lines = b"".join(_lines(step))
    name = f"{copy.name}.{step.before}.{step.after}.{_checksum(lines)}{_ENDING}"
    unfinished = copy.with_name(f"{copy.name}.{secrets.token_hex(4)}{UNFINISHED}")
    try:
        with os.fdopen(os.open(unfinished, _NEW, 0o600), "wb") as file:
            file.write(lines)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(copy.with_name(name))
    finally:
        unfinished.unlink(missing_ok=True)


def _of(file: Path) -> tuple[str, str]:
    before, after, _, _ = file.name.rsplit(".", 4)[1:]
    return before, after


def _is_whole(file: Path) -> bool:
    """Whether it has what was written: a disk may lose or change it, and anybody may."""
    with suppress(OSError):
        return file.name.endswith(f".{_checksum(file.read_bytes())}{_ENDING}")
    return False


def _checksum(lines: bytes) -> str:
    return f"{zlib.crc32(lines):08x}"


def _lines(step: Step) -> Iterator[bytes]:
    for id_, change in step.rows.items():
        fingerprint, missing = change or (None, False)
        line = {"id": id_, "fingerprint": fingerprint, "missing": missing, "gone": change is None}
        yield orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)
