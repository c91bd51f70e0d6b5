"""Looking into a file once, before there is a configuration: its format, encoding and dialect."""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from syncd.catalog.dialect import Format, endings_of
from syncd.catalog.files import CatalogFile, locate
from syncd.catalog.header import refuse_other_encodings
from syncd.catalog.room import private_folder
from syncd.catalog.spool import place
from syncd.domain.plain_text import shown
from syncd.engine.guess import TextDialect, guess_dialect
from syncd.errors import CatalogError

_ENOUGH: Final = 1 << 20
_LAST: Final = 1 << 16
_PARQUET: Final = b"PAR1"
_WHITE: Final = b" \t\r\n"
_BOM: Final = codecs.BOM_UTF8
_FOR_EXCEL: Final = "sep="
_USUAL: Final = {Format.CSV: ",", Format.TSV: "\t"}


@dataclass(frozen=True, slots=True)
class FileLook:
    """The keys of `[catalog]` that the file needs beside its path, and what is worth a word."""

    keys: Mapping[str, str]
    notes: tuple[str, ...] = ()


def look_into(pattern: str) -> FileLook:
    """Look at the start and the end of the first file that a path or glob names.

    Raises `CatalogError` where there is none, or none that can be read: above all one that is not
    written in UTF-8.
    """
    file = locate(pattern)[0]
    compression, ending = endings_of(file.path)
    with private_folder("syncd-look-") as folder:
        plain = place(file, compression, folder)
        refuse_other_encodings(file, plain)
        start, end = _ends_of(plain)
    format = _by_content(start) if ending is None else ending  # noqa: A001 - the key's own name
    keys = {} if ending is not None else {"format": format.value}
    if format is Format.PARQUET:
        return FileLook(keys)
    text = _decoded(start, file)
    dialect = _dialect(text, file) if format in _USUAL else None
    if dialect is not None:
        keys |= _unusual(dialect, _USUAL[format])
    if format is Format.JSON or end.endswith(b"\n"):
        return FileLook(keys)
    return _without_line_end(keys, text, end, dialect)


def _ends_of(plain: Path) -> tuple[bytes, bytes]:
    with plain.open("rb") as stream:
        start = stream.read(_ENOUGH)
        stream.seek(max(0, plain.stat().st_size - _LAST))
        return start, stream.read()


def _by_content(start: bytes) -> Format:
    bare = start.removeprefix(_BOM).lstrip(_WHITE)
    if start.startswith(_PARQUET):
        return Format.PARQUET
    if bare.startswith(b"["):
        return Format.JSON
    if bare.startswith(b"{"):
        return Format.JSONL
    return Format.CSV


def _decoded(start: bytes, file: CatalogFile) -> str:
    """Decode whole lines, as far as there are any."""
    whole = start if len(start) < _ENOUGH else start[: start.rfind(b"\n") + 1] or start
    try:
        return codecs.getincrementaldecoder("utf-8-sig")().decode(whole)
    except UnicodeDecodeError as error:
        line = whole.count(b"\n", 0, error.start) + 1
        raise CatalogError(
            file.thing,
            f"it is not written in UTF-8, as its line {line} shows; it may be in Windows-1252",
            "Export it in UTF-8, or convert it each time: iconv -f WINDOWS-1252 -t UTF-8",
        ) from error


def _dialect(text: str, file: CatalogFile) -> TextDialect:
    if text.startswith(_FOR_EXCEL):
        raise CatalogError(
            file.thing,
            f"its first line is “{shown(text.splitlines()[0])}”, which Excel alone understands",
            "Let the export begin with the names of its columns",
        )
    dialect = guess_dialect(text)
    if dialect is None:
        raise CatalogError(
            file.thing,
            "nothing divides its lines into as many cells as the first one has",
            "Let the export write a table with the names of its columns in the first line",
        )
    return dialect


def _unusual(dialect: TextDialect, usual: str) -> dict[str, str]:
    keys = {} if dialect.delimiter == usual else {"delimiter": dialect.delimiter}
    return keys if dialect.quote == '"' else {**keys, "quote": dialect.quote}


def _without_line_end(
    keys: Mapping[str, str], text: str, end: bytes, dialect: TextDialect | None
) -> FileLook:
    """Take it for a habit of the export, unless the last line is shorter than the first."""
    last = end.rpartition(b"\n")[2].decode(errors="replace")
    between = dialect.delimiter if dialect else "}"
    if last.count(between) < text.partition("\n")[0].count(between):
        return FileLook(keys, ("The last line is shorter than the first: is the file whole?",))
    note = "Its last line has no line end, which is taken for a habit of the export."
    return FileLook({**keys, "final_newline": "optional"}, (note,))
