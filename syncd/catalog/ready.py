"""Getting a file ready: decompress it, look at its lines and its header, mend its line ends."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from syncd.catalog.columns import Columns, positions_in
from syncd.catalog.dialect import Dialect, Format, dialect_of
from syncd.catalog.files import CatalogFile, chunks
from syncd.catalog.header import read_header, refuse_other_encodings
from syncd.catalog.lines import Lines, look_at, with_line_feeds
from syncd.catalog.sidecar import Vouching, vouching_of
from syncd.catalog.spool import place, write
from syncd.catalog.trailer import Trailer, take_off
from syncd.catalog.watching import moving
from syncd.config import FileKeys
from syncd.errors import CatalogError
from syncd.ports import Advance, unseen

_CHUNK: Final = 1 << 18
_WHITE: Final = b" \t\r\n"
_BOM: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class ReadyFile:
    """One file as DuckDB can read it; `plain` leads to its bytes without their compression.

    `lines` is None where records are no lines. `places` tells where in a table the needed columns
    stand, and `width` how many columns its header has; both are empty for the other formats.
    `trailer` is what the last line says, None where none is to be expected; it is not in `plain`.
    """

    file: CatalogFile
    dialect: Dialect
    plain: Path
    vouching: Vouching
    lines: Lines | None = None
    places: tuple[int, ...] = ()
    width: int = 0
    trailer: Trailer | None = None

    @property
    def header_rows(self) -> int:
        """How many rows stand above the first record."""
        return 1 if self.dialect.is_table else 0

    @property
    def uncounted_rows(self) -> int:
        """How many of them do not count for whoever looks a row up, as in a copy nobody sees."""
        return self.header_rows if self.file.source else 0

    @property
    def records_by_lines(self) -> int | None:
        """How many records there are, by the lines; None where records are no lines."""
        return None if self.lines is None else self.lines.records - self.header_rows

    @property
    def seems_cut(self) -> bool:
        """Whether the last line has no end, and no checksum vouches for the file."""
        has_end = self.lines is None or self.lines.ends_with_line_end
        return not has_end and self.vouching is not Vouching.MATCHES

    @property
    def last_line(self) -> str:
        """The text after the last line end, as far as it is kept."""
        tail = b"" if self.lines is None else self.lines.tail
        return tail.rpartition(b"\n")[2].decode(errors="replace")

    @property
    def can_be_read_in_parallel(self) -> bool:
        """Whether the quick way of reading may be tried."""
        return self.lines is None or not self.lines.encloses_line_ends


def get_ready(
    file: CatalogFile,
    keys: FileKeys,
    columns: Columns | None,
    folder: Path,
    advance: Advance = unseen,
) -> ReadyFile:
    """Prepare a file; raises `CatalogError` where it is damaged, empty or lacks a mapped column.

    Take None as `columns` for all that a table has.
    """
    dialect = dialect_of(file.path, keys)
    plain = place(file, dialect.compression, folder, advance)
    refuse_other_encodings(file, plain)
    vouching = vouching_of(file, advance)
    trailer = None
    if keys.trailer is not None:
        plain, trailer = take_off(file, plain, dialect, keys.trailer)
    if dialect.format is Format.JSON:
        _refuse_open_array(file, plain)
    if not dialect.has_lines:
        return ReadyFile(file, dialect, plain, vouching)
    header = read_header(file, plain, dialect) if dialect.is_table else ()
    every = tuple(range(len(header)))
    places = positions_in(header, columns, file) if header and columns else every
    lines = look_at(moving(chunks(plain, _CHUNK), advance), dialect.encloser)
    _refuse_carriage_returns(file, lines)
    if not lines.uniform:
        plain, lines = _mended(plain, dialect)
        advance(0)
    return ReadyFile(file, dialect, plain, vouching, lines, places, len(header), trailer)


def _mended(plain: Path, dialect: Dialect) -> tuple[Path, Lines]:
    """Copy a file whose lines end in different ways, which DuckDB refuses or misreads."""
    mended = plain.with_suffix(".mended")
    stray = b"\v" if dialect.is_table else b"\t"  # white space that cannot separate anything
    write(mended, with_line_feeds(chunks(plain, _CHUNK), dialect.encloser, stray))
    return mended, look_at(chunks(mended, _CHUNK), dialect.encloser)


def _refuse_carriage_returns(file: CatalogFile, lines: Lines) -> None:
    if lines.carriage_returns and not lines.line_feeds:
        raise CatalogError(
            file.thing,
            "it ends its lines with carriage returns alone",
            "Let the export end them with LF or CR LF",
        )


def _refuse_open_array(file: CatalogFile, plain: Path) -> None:
    """Look at both ends: DuckDB takes an array that was cut after a comma for a whole one."""
    with plain.open("rb") as stream:
        start = stream.read(_CHUNK).removeprefix(_BOM).lstrip(_WHITE)
        stream.seek(max(0, plain.stat().st_size - _CHUNK))
        end = stream.read().rstrip(_WHITE)
    if not start.startswith(b"["):
        raise CatalogError(
            file.thing,
            "it does not begin with [, so it is no JSON array of records",
            "Export one array of objects, or one object a line and name the file .jsonl",
        )
    if not end.endswith(b"]"):
        raise CatalogError(
            file.thing,
            "its JSON array is not closed, so the file was cut short",
            "Wait until the export is written whole, or write it again",
        )
