"""The derived Parquet copy of all fingerprints, good as long as it bears the state's stamp."""

from __future__ import annotations

import os
import secrets
import shutil
import struct
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, TypeAlias

import orjson
from sqlalchemy import Connection

from syncd.errors import StateError
from syncd.state import facts
from syncd.state.columnar import columnar_engine, first_line, literal
from syncd.state.faults import files_translated

Fingerprint: TypeAlias = tuple[str, int | None, int]
"""Id, fingerprint, and 1 where the id is missing."""
Stream: TypeAlias = Callable[[Connection], Iterable[Fingerprint]]
"""All of them, without ever holding them all."""

_FORMAT: Final = "1"
"""Part of the stamp: a copy written by a version that lays it out otherwise is stale."""
_UNFINISHED: Final = ".unfinished"
_ABANDONED_AFTER: Final = 3600.0
_CONVERT: Final = """
COPY (
  SELECT * FROM read_json(
    $spool, format = 'newline_delimited',
    columns = {{'id': 'VARCHAR', 'fingerprint': 'BIGINT', 'missing': 'BOOLEAN'}})
) TO {target} (FORMAT parquet, USE_TMP_FILE false, KV_METADATA {{stamp: {stamp}}})
"""
_TAIL: Final = struct.Struct("<I4s")
_MAGIC: Final = b"PAR1"


@dataclass(frozen=True, slots=True)
class FingerprintCopy:
    """The copy at `home`; `borrowed` is somebody else's, which is only read, and may be as good."""

    name: str
    home: Path
    borrowed: Path | None = None

    @property
    def lendable(self) -> Path:
        """The copy that whoever works on a copy of the state may borrow."""
        return self.borrowed or self.home

    @contextmanager
    def current(
        self, reading: Callable[[], AbstractContextManager[Connection]], stream: Stream
    ) -> Iterator[Path]:
        """Give the copy's path, after making it anew where it is stale."""
        with files_translated(self.name):
            self._refresh(reading, stream)
        yield self.home

    def _refresh(
        self, reading: Callable[[], AbstractContextManager[Connection]], stream: Stream
    ) -> None:
        with reading() as connection:
            stamp = f"{_FORMAT}:{facts.stamp(connection)}"
            if _bears(self.home, stamp) or self._take_borrowed(stamp):
                return
            with TemporaryDirectory(prefix="syncd-") as folder:
                spool = Path(folder, "fingerprints.ndjson")
                _spool(spool, stream(connection))
                self._replace(spool, stamp)

    def _take_borrowed(self, stamp: str) -> bool:
        """Copy before looking: its owner may put another in its place at any moment."""
        if self.borrowed is None:
            return False
        with suppress(OSError):
            shutil.copyfile(self.borrowed, self.home)
        return _bears(self.home, stamp)

    def _replace(self, spool: Path, stamp: str) -> None:
        _remove_abandoned(self.home)
        unfinished = self.home.with_name(f"{self.home.name}.{secrets.token_hex(4)}{_UNFINISHED}")
        try:
            _convert(self.name, spool, unfinished, stamp)
            unfinished.replace(self.home)
        finally:
            unfinished.unlink(missing_ok=True)


def _bears(copy: Path, stamp: str) -> bool:
    """Look into the file's footer alone, where a stamp stands as it is: an engine takes longer.

    A footer is followed by its length and the format's name, and so has no other place.
    """
    with suppress(OSError), copy.open("rb") as file:
        file.seek(-_TAIL.size, os.SEEK_END)
        length, magic = _TAIL.unpack(file.read())
        if magic == _MAGIC:
            file.seek(-_TAIL.size - length, os.SEEK_END)
            return stamp.encode() in file.read(length)
    return False


def _spool(spool: Path, rows: Iterable[Fingerprint]) -> None:
    """One JSON object a line: unlike in CSV, no id can be mistaken for the layout around it."""
    with spool.open("wb") as file:
        file.writelines(
            orjson.dumps(
                {"id": id_, "fingerprint": fingerprint, "missing": bool(missing)},
                option=orjson.OPT_APPEND_NEWLINE,
            )
            for id_, fingerprint, missing in rows
        )


def _convert(name: str, spool: Path, target: Path, stamp: str) -> None:
    import duckdb

    os.close(os.open(target, os.O_CREAT | os.O_EXCL, 0o600))
    with columnar_engine(spool.parent) as engine:
        try:
            engine.execute(
                _CONVERT.format(target=literal(str(target)), stamp=literal(stamp)),
                {"spool": str(spool)},
            )
        except duckdb.Error as error:
            raise StateError(
                name,
                f"the copy of its fingerprints cannot be written ({first_line(error)})",
                "See that the disk has space and the state's folder can be written, then run again",
            ) from error
    _to_disk(target)


def _to_disk(file: Path) -> None:
    """A name must never stand on the disk before what it names."""
    descriptor = os.open(file, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove_abandoned(home: Path) -> None:
    """Take away what a killed process left long ago; a younger one may still be at work."""
    for unfinished in home.parent.glob(f"*{_UNFINISHED}"):
        with suppress(FileNotFoundError):
            if time.time() - unfinished.stat().st_mtime > _ABANDONED_AFTER:
                unfinished.unlink()
