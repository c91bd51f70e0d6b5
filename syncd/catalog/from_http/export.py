"""A whole export in one body: JSON, JSON lines or CSV, spooled without being held in memory."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from syncd.catalog.files import chunks
from syncd.catalog.from_http.answer import Answer
from syncd.catalog.from_http.documents import parse
from syncd.catalog.from_http.elements import elements
from syncd.catalog.from_http.request import shown
from syncd.catalog.from_http.rows import Rows
from syncd.catalog.from_http.setback import Setback
from syncd.catalog.from_http.tally import Tally
from syncd.config import HttpKeys
from syncd.errors import CatalogError


class Kind(StrEnum):
    """How the records of an export are written down."""

    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"


_BY_MEDIA_TYPE: Final = {
    "application/json": Kind.JSON,
    "text/json": Kind.JSON,
    "application/x-ndjson": Kind.JSONL,
    "application/ndjson": Kind.JSONL,
    "application/jsonl": Kind.JSONL,
    "application/x-jsonlines": Kind.JSONL,
    "application/jsonlines": Kind.JSONL,
    "application/json-lines": Kind.JSONL,
    "text/csv": Kind.CSV,
    "application/csv": Kind.CSV,
}
_BY_ENDING: Final = {
    ".json": Kind.JSON,
    ".jsonl": Kind.JSONL,
    ".ndjson": Kind.JSONL,
    ".csv": Kind.CSV,
}
_COMPRESSIONS: Final = frozenset({".gz", ".zst"})


def look_at(answer: Answer, kind: Kind) -> None:
    """Look at how a body begins; raises `Setback` for a page where an export should be."""
    start = answer.start
    if kind is Kind.JSONL and start and not start.startswith(b"{"):
        raise Setback("its body does not begin with a JSON object, as JSON lines do")
    if kind is Kind.CSV and start.startswith((b"{", b"[")):
        raise Setback("its body is JSON where a CSV is looked for, as answers with errors are")


def kind_of(answer: Answer, settings: HttpKeys) -> Kind:
    """Tell the format by the configuration, the content type, or the address, in this order."""
    if answer.is_web_page:
        raise Setback("it answers with a web page, as for logging in or for an error")
    told = _BY_MEDIA_TYPE.get(answer.media_type)
    if answer.media_type.endswith("+json"):
        told = Kind.JSON
    if settings.format is not None:
        return _agreed(Kind(settings.format), told)
    found = told or _BY_ENDING.get(_ending(answer))
    if found is None:
        raise CatalogError(
            shown(answer.url),
            f'its content type "{answer.media_type}" does not tell which format it has',
            'Set catalog.format to "json", "jsonl" or "csv", if this is the export at all',
        )
    return found


def _agreed(wanted: Kind, told: Kind | None) -> Kind:
    """Refuse a table where JSON is looked for, and the other way round: it is another document."""
    if told is not None and (wanted is Kind.CSV) != (told is Kind.CSV):
        raise Setback(f"it answers with {told.value}, where {wanted.value} is looked for")
    return wanted


def _ending(answer: Answer) -> str:
    path = Path(urlsplit(answer.url).path.lower())
    return Path(path.stem).suffix if path.suffix in _COMPRESSIONS else path.suffix


# ------------------------------------------------------------------------------ JSON lines


def array_rows(body: Path, rows: Rows, tally: Tally) -> Iterator[bytes]:
    """Give the rows of a JSON array, element by element."""
    records = 0
    for record in elements(chunks(body)):
        records += 1
        yield from rows.of(record)
    tally.add(records, ())
    tally.speak_for("its JSON array is closed")


def line_rows(body: Path, rows: Rows, tally: Tally, trailers: int = 0) -> Iterator[bytes]:
    """Give the rows of JSON lines; a line that is none goes on as it is, to be held.

    So do the `trailers`, the last lines, which are not counted.
    """
    records = 0
    for line in lines_of(body):
        records += 1
        yield from _rows_of(line, rows)
    tally.add(max(0, records - trailers), ())


def _rows_of(line: bytes, rows: Rows) -> Iterator[bytes]:
    if rows.changes_nothing:
        yield line
        return
    try:
        record = parse(line)
    except Setback:
        yield line
        return
    found = b"".join(rows.of(record))
    yield found if line.endswith(b"\n") else found.removesuffix(b"\n")


def lines_of(body: Path) -> Iterator[bytes]:
    """Give the lines of a body, each with its line end, without empty ones."""
    with body.open("rb") as stream:
        for line in stream:
            if line.strip(b" \t\r\n\xef\xbb\xbf"):
                yield line


# ------------------------------------------------------------------------------------- CSV


def with_commas(body: Path, delimiter: str) -> Iterator[bytes]:
    """Write a CSV anew with commas; raises `Setback` where its quotes do not fit together.

    A last record without a line end stays without one.
    """
    with body.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as text:
        held = b""
        for record in _records(text, delimiter):
            yield held
            held = _with_commas(record)
    yield held if _ends_with_line_end(body) else held.removesuffix(b"\n")


def count_records(body: Path, delimiter: str) -> int:
    """Count the records of a CSV below its header."""
    with body.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as text:
        return max(sum(1 for record in _records(text, delimiter) if record) - 1, 0)


def _records(text: Iterator[str], delimiter: str) -> Iterator[list[str]]:
    try:
        yield from csv.reader(text, delimiter=delimiter, strict=True)
    except csv.Error as error:
        raise Setback(f"its CSV cannot be read ({error})") from error


def _with_commas(record: list[str]) -> bytes:
    cells = [_quoted(cell) for cell in record]
    return (",".join(cells) + "\n").encode("utf-8", "surrogateescape")


def _quoted(cell: str) -> str:
    if any(mark in cell for mark in ',"\r\n'):
        return '"' + cell.replace('"', '""') + '"'
    return cell


def _ends_with_line_end(body: Path) -> bool:
    with body.open("rb") as stream:
        stream.seek(max(0, body.stat().st_size - 1))
        return stream.read() == b"\n"
