"""The first record of a CSV or TSV file, read with the dialect that the configuration fixes."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TextIO

from syncd.catalog.dialect import Dialect
from syncd.catalog.files import CatalogFile, unreadable
from syncd.domain.plain_text import trimmed
from syncd.errors import CatalogError, SuspectCatalogError

_UTF_16_32: Final = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")


def read_header(file: CatalogFile, plain: Path, dialect: Dialect) -> tuple[str, ...]:
    """Give the column names, trimmed; `plain` leads to the bytes without their compression."""
    refuse_other_encodings(file, plain)
    with _text_of(plain) as text:
        lines = _Seen(text)
        records = csv_reader(lines, dialect, strict=True)
        try:
            header = tuple(trimmed(cell) for cell in next(records, []))
        except csv.Error as error:
            raise CatalogError(
                file.thing,
                f"its header cannot be read ({error})",
                "Look whether this is the export, and whether catalog.quote is right",
            ) from error
    if lines.last.endswith("\r"):
        raise carriage_returns_alone(file)
    if not any(header):
        raise SuspectCatalogError(
            file.thing,
            "it begins with an empty line instead of its header",
            "Let the export begin with the names of its columns",
        )
    if not all(map(_is_unicode, header)):
        raise _not_utf_8(file)
    return header


class _Seen:
    """Gives lines, and remembers the last one.

    One that ends with a carriage return alone is a line to the standard library and none to DuckDB,
    which would take the first record for the end of the header.
    """

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self.last = ""

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        self.last = next(self._lines)
        return self.last


def carriage_returns_alone(file: CatalogFile) -> CatalogError:
    """Say that lines end as they did on computers of long ago."""
    return CatalogError(
        file.thing,
        "it ends its header, if not all its lines, with carriage returns alone",
        "Let the export end them with LF or CR LF",
    )


@contextmanager
def csv_records(plain: Path, dialect: Dialect, *, strict: bool) -> Iterator[Iterator[list[str]]]:
    """Open a table for the standard library's reader, which is slow but knows each record's end."""
    with _text_of(plain) as text:
        yield csv_reader(text, dialect, strict=strict)


def _text_of(plain: Path) -> TextIO:
    return plain.open(encoding="utf-8-sig", errors="surrogateescape", newline="")


def csv_reader(lines: Iterator[str], dialect: Dialect, *, strict: bool) -> Iterator[list[str]]:
    """Read lines that keep their line ends, in the dialect that DuckDB is given, too."""
    if not dialect.quote:
        return csv.reader(lines, delimiter=dialect.delimiter, quoting=csv.QUOTE_NONE, strict=strict)
    return csv.reader(lines, delimiter=dialect.delimiter, quotechar=dialect.quote, strict=strict)


def refuse_other_encodings(file: CatalogFile, plain: Path) -> None:
    """Raise where the file is empty or begins with another encoding's byte order mark."""
    try:
        with plain.open("rb") as stream:
            start = stream.read(4)
    except OSError as error:
        raise unreadable(file.path, error) from error
    if not start:
        raise SuspectCatalogError(
            file.thing,
            "it is an empty file",
            "Look why the export wrote nothing; a catalog without products needs its header",
        )
    if start.startswith(_UTF_16_32):
        raise _not_utf_8(file)


def _not_utf_8(file: CatalogFile) -> CatalogError:
    return CatalogError(
        file.thing,
        "it is not written in UTF-8",
        "Let the export write UTF-8, with or without BOM",
    )


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)
