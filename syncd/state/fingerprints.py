"""The derived Parquet copy of all fingerprints, good as long as it bears the state's stamp."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import struct
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, TypeAlias

import orjson
from sqlalchemy import Connection

from syncd.errors import StateError
from syncd.ports import Fingerprints
from syncd.state import facts
from syncd.state.columnar import columnar_engine, first_line, literal
from syncd.state.faults import files_translated
from syncd.state.fingerprint_steps import SHORT, UNFINISHED, Step, Steps, leave

Fingerprint: TypeAlias = tuple[str, int | None, int]
"""Id, fingerprint, and 1 where the id is missing."""
Stream: TypeAlias = Callable[[Connection], Iterable[Fingerprint]]
"""All of them, without ever holding them all."""

_FORMAT: Final = "fingerprints-2"
"""Stands before the stamp: a copy written by a version that lays it out otherwise is stale."""
_ABANDONED_AFTER: Final = 3600.0
_WORTH_MENDING: Final = 1 << 20
"""A smaller copy, in bytes, is made anew in no time."""
_FEW: Final = 16
"""Steps, each of which is a file to open."""
_SHARE: Final = 1 / 3
"""Of the copy's bytes: more than that takes about as long to be read as a new copy to be made."""
_SPOOLED: Final = """
SELECT * FROM read_json(
  {spool}, format = 'newline_delimited',
  columns = {{'id': 'VARCHAR', 'fingerprint': 'BIGINT', 'missing': 'BOOLEAN'}})
"""
_MENDED: Final = "WITH walked AS MATERIALIZED ({walked}) {known}"
_WRITE: Final = """
COPY ({rows}) TO {target} (FORMAT parquet, USE_TMP_FILE false, KV_METADATA {{stamp: {stamp}}})
"""
_TAIL: Final = struct.Struct("<I4s")
_MAGIC: Final = b"PAR1"
_STAMP: Final = re.compile(rb"%s:([0-9a-z]+);" % _FORMAT.encode())


@dataclass(frozen=True, slots=True)
class FingerprintCopy:
    """The copy at `home`; `borrowed` is somebody else's, which is only read, and may be as good.

    A stale one is mended by the steps that lead to the present stamp, where all of them lie beside
    it, or given with them as long as they are short; any other is made anew.
    """

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
    ) -> Iterator[Fingerprints]:
        """Give the copy with short steps, or after mending it or making it anew."""
        with files_translated(self.name):
            steps = self._refresh(reading, stream)
        yield Fingerprints(self.home, tuple(steps))

    def stepped(self, step: Step) -> None:
        """Note what a transaction has done; what cannot be noted costs a copy made anew."""
        with suppress(OSError):
            if self.home.stat().st_size >= _WORTH_MENDING:
                leave(self.home, step)

    def _refresh(
        self, reading: Callable[[], AbstractContextManager[Connection]], stream: Stream
    ) -> Sequence[Path]:
        """Give the steps that lead from the copy to the present, once all others are gone."""
        past = Steps.beside(self.home)  # before the moment is chosen, which none leads beyond then
        with reading() as connection:
            stamp = facts.stamp(connection)
            steps = self._short_way(past, stamp)
            if steps is None and not self._is_at(stamp):
                with TemporaryDirectory(prefix="syncd-") as folder:
                    spool = Path(folder, "fingerprints.ndjson")
                    _spool(spool, stream(connection))
                    self._replace(_SPOOLED.format(spool=literal(str(spool))), stamp)
        past.remove(but=steps or ())
        return steps or ()

    def _short_way(self, past: Steps, stamp: str) -> Sequence[Path] | None:
        """The whole way to the stamp, where it takes less to go it each time than a new copy does.

        Whoever leaves steps finds room for more of them beside these.
        """
        before = _stamp_of(self.home)
        way = None if before is None else past.between(before, stamp)
        if way is None or len(way) > _FEW:
            return None
        with suppress(OSError):
            size = sum(step.stat().st_size for step in way)
            return way if size <= min(_SHARE * self.home.stat().st_size, SHORT) else None
        return None

    def _is_at(self, stamp: str) -> bool:
        """Whether the copy is good, after all that can be done without reading the whole table."""
        if _stamp_of(self.home) == stamp or self._is_mended(self.home, stamp):
            return True
        if self.borrowed is None:
            return False
        with suppress(OSError):
            shutil.copyfile(self.borrowed, self.home)
        return _stamp_of(self.home) == stamp or self._is_mended(self.borrowed, stamp)

    def _is_mended(self, lying: Path, stamp: str) -> bool:
        """Whether steps beside this copy have led to the stamp; its owner may remove them."""
        before = _stamp_of(self.home)
        chain = None if before is None else Steps.beside(lying).between(before, stamp)
        if chain is None:
            return False
        lying_there = Fingerprints(self.home, tuple(chain))
        rows = _MENDED.format(walked=lying_there.walked(), known=lying_there.known("walked"))
        try:
            self._replace(rows, stamp)
        except StateError:  # for a step that is gone or broken; a full disk is told by the next try
            return False
        return True

    def _replace(self, rows: str, stamp: str) -> None:
        """Put these rows in the place of the copy, where whoever reads the old one may go on."""
        _remove_abandoned(self.home)
        unfinished = self.home.with_name(f"{self.home.name}.{secrets.token_hex(4)}{UNFINISHED}")
        try:
            _write(self.name, rows, unfinished, stamp)
            unfinished.replace(self.home)
        finally:
            unfinished.unlink(missing_ok=True)


def _stamp_of(copy: Path) -> str | None:
    """Look into the file's footer alone, where a stamp stands as it is: an engine takes longer.

    A footer is followed by its length and the format's name, and so has no other place. None where
    no whole copy of this layout is there.
    """
    with suppress(OSError), copy.open("rb") as file:
        file.seek(-_TAIL.size, os.SEEK_END)
        length, magic = _TAIL.unpack(file.read())
        if magic == _MAGIC:
            file.seek(-_TAIL.size - length, os.SEEK_END)
            found = _STAMP.search(file.read(length))
            return None if found is None else found[1].decode()
    return None


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


def _write(name: str, rows: str, target: Path, stamp: str) -> None:
    import duckdb

    os.close(os.open(target, os.O_CREAT | os.O_EXCL, 0o600))
    stamped = literal(f"{_FORMAT}:{stamp};")
    with TemporaryDirectory(prefix="syncd-") as spill, columnar_engine(Path(spill)) as engine:
        try:
            engine.execute(_WRITE.format(rows=rows, target=literal(str(target)), stamp=stamped))
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
    for unfinished in home.parent.glob(f"*{UNFINISHED}"):
        with suppress(FileNotFoundError):
            if time.time() - unfinished.stat().st_mtime > _ABANDONED_AFTER:
                unfinished.unlink()
