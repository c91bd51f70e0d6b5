"""A last line that is no record, but says how many records stand above it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from syncd.catalog.dialect import Dialect
from syncd.catalog.files import CatalogFile, chunks
from syncd.catalog.spool import write
from syncd.config import TRAILER_COUNT
from syncd.errors import CatalogError

_TAIL: Final = 1 << 12
_ANYTHING: Final = "*"


@dataclass(frozen=True, slots=True)
class Trailer:
    """What the trailer says; `records` is None where the file does not end with one."""

    records: int | None


def take_off(file: CatalogFile, plain: Path, dialect: Dialect, form: str) -> tuple[Path, Trailer]:
    """Copy a file without its trailer; raises `CatalogError` where records are no lines."""
    if not dialect.has_lines:
        raise CatalogError(
            file.thing,
            "it has no lines, so it cannot have the trailer that catalog.trailer describes",
            "Take catalog.trailer out, or export CSV, TSV or JSON lines",
        )
    size = plain.stat().st_size
    with plain.open("rb") as stream:
        stream.seek(max(0, size - _TAIL))
        tail = stream.read()
    last = tail.rstrip(b"\r\n").rpartition(b"\n")[2]
    match = _pattern(form).fullmatch(last.decode(errors="replace").strip())
    if match is None:
        return plain, Trailer(None)
    body = plain.with_suffix(".body")
    write(body, _first(plain, size - len(tail) + tail.rindex(last)))
    return body, Trailer(int(match["count"]))


def _pattern(form: str) -> re.Pattern[str]:
    """Let the count be digits, and every star anything at all."""
    parts = form.strip().split(TRAILER_COUNT)
    free = [".*".join(map(re.escape, part.split(_ANYTHING))) for part in parts]
    return re.compile(r"(?P<count>[0-9]{1,15})".join(free))


def _first(plain: Path, size: int) -> Iterator[bytes]:
    for chunk in chunks(plain):
        yield chunk[:size]
        size -= len(chunk)
        if size <= 0:
            return
