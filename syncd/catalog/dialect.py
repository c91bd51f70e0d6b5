"""What a file's bytes are: format, compression and separators, fixed by name and configuration."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from syncd.config import FileKeys
from syncd.errors import CatalogError


class Format(StrEnum):
    """How records are written down."""

    CSV = "csv"
    TSV = "tsv"
    JSONL = "jsonl"
    JSON = "json"
    PARQUET = "parquet"


class Compression(StrEnum):
    """What has to be undone before a file can be read."""

    NONE = ""
    GZIP = ".gz"
    ZSTD = ".zst"


_TABLES: Final = frozenset({Format.CSV, Format.TSV})
_BY_ENDING: Final = {f".{known}": known for known in Format} | {".ndjson": Format.JSONL}


@dataclass(frozen=True, slots=True)
class Dialect:
    """One file's dialect; `delimiter` and `quote` concern tables alone, `quote` may be empty."""

    format: Format
    compression: Compression
    delimiter: str
    quote: str

    @property
    def is_table(self) -> bool:
        """Whether a header names the columns and each record is a line of cells."""
        return self.format in _TABLES

    @property
    def has_lines(self) -> bool:
        """Whether each record ends with a line end, so that a missing one shows a cut."""
        return self.is_table or self.format is Format.JSONL

    @property
    def encloser(self) -> str:
        """The character between two of which a line end belongs to a value; empty for none."""
        return self.quote if self.is_table else ""


def dialect_of(path: Path, settings: FileKeys) -> Dialect:
    """Tell a file's dialect by its name and the configuration, never by its content."""
    compression, by_ending = endings_of(path)
    found = Format(settings.format) if settings.format else by_ending
    if found is None:
        raise CatalogError(
            str(path),
            f'its ending "{path.suffix}" does not tell which format it has',
            'Set catalog.format to "csv", "tsv", "jsonl", "json" or "parquet"',
        )
    if not settings.quote.isascii():
        raise CatalogError(
            str(path),
            f"values cannot be enclosed in {settings.quote}, which is not ASCII",
            "Export with another quote character, and set catalog.quote to it",
        )
    delimiter = settings.delimiter or ("\t" if found is Format.TSV else ",")
    return Dialect(found, compression, delimiter, settings.quote)


def endings_of(path: Path) -> tuple[Compression, Format | None]:
    """Tell what a file's name says of its compression and its format."""
    last = path.suffix.lower()
    if last in {Compression.GZIP, Compression.ZSTD}:
        return Compression(last), _BY_ENDING.get(Path(path.stem).suffix.lower())
    return Compression.NONE, _BY_ENDING.get(last)
