"""The evidence of a read: what was checked, and what keeps it from being proven complete."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from syncd.catalog.database import count
from syncd.catalog.dialect import Compression, Format
from syncd.catalog.files import locate
from syncd.catalog.header import csv_records
from syncd.catalog.origin import Take
from syncd.catalog.passes import Counts
from syncd.catalog.ready import ReadyFile
from syncd.catalog.row_numbers import RowNumbers
from syncd.catalog.scan import Scan
from syncd.catalog.sidecar import Vouching
from syncd.catalog.trailer import Trailer
from syncd.domain.counting import counted
from syncd.domain.snapshot import NO_PROOF, Certificate, Scope
from syncd.errors import CatalogError
from syncd.ports import Advance, unseen

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_SAME_AGAIN: Final = "each page had the same ids when it was asked for a second time"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What there is to judge a read by; `cut` are the files that end without a line end.

    `lacks` tells, once it must be known, whether something may be missing by this read.
    """

    scan: Scan
    counts: Counts
    numbers: RowNumbers
    cut: frozenset[int]
    lacks: Callable[[], bool]


def certify(
    connection: DuckDBPyConnection, evidence: Evidence, advance: Advance = unseen
) -> Certificate:
    """Judge the read, and look at files in their places a last time.

    Pages that may have moved are asked for once more where something is missing by them.
    """
    take = evidence.scan.take
    of_bytes = list(_doubts_of_bytes(evidence))
    of_counts = list(_doubts_of_counts(evidence))
    of_time = list(_doubts_of_time(evidence)) if take.in_place else [*take.doubts]
    doubts = (*of_time, *of_bytes, *of_counts, *_doubts_of_records(connection, evidence))
    look = take.second_look
    looks_again = look is not None and not doubts and evidence.lacks()
    of_moving = look.doubts(advance) if look is not None and looks_again else ()
    speaks_for_it = [
        *(() if of_time or not take.in_place else (_same_before_and_after(evidence),)),
        *take.evidence,
        *((_SAME_AGAIN,) if looks_again and not of_moving else ()),
        *(() if of_counts else _counted_alike(evidence)),
        *(_evidence_of_bytes(evidence) if take.in_place else ()),
    ]
    return Certificate(
        source=take.name,
        rows=evidence.counts.rows,
        records=evidence.counts.records,
        doubts=(*doubts, *of_moving),
        evidence=tuple(speaks_for_it),
        scope=take.scope,
        since=take.since,
        parts=tuple(ready.file.name for ready in evidence.scan.files) if take.in_place else (),
        pages=take.pages,
        left_out=take.left_out,
    )


# --------------------------------------------------------------------------------- doubts


def _doubts_of_time(evidence: Evidence) -> Iterator[str]:
    """Look whether the files are still those that were there before reading."""
    before = {ready.file.path: ready.file.sighting for ready in evidence.scan.files}
    try:
        after = {file.path: file.sighting for file in locate(evidence.scan.take.keys.path)}
    except CatalogError as error:
        after = {}
        yield f"while it was read, this happened to {error.thing}: {error.reason}"
    if after and before.keys() != after.keys():
        yield "while they were read, files came or went"
    for path in before.keys() & after.keys():
        if before[path] != after[path]:
            yield f"{path.name} was changed while it was read"


def _doubts_of_bytes(evidence: Evidence) -> Iterator[str]:
    for index, ready in enumerate(evidence.scan.files):
        name, sidecar = ready.file.name, ready.file.sidecar_path.name
        if ready.vouching is Vouching.DIFFERS:
            yield f"{name} does not have the SHA-256 that {sidecar} promises"
        if ready.vouching is Vouching.UNREADABLE:
            yield f"{sidecar} holds no SHA-256"
        if index in evidence.cut:
            yield f"{name} does not end with a line end, so its last row may be cut off"


def _doubts_of_counts(evidence: Evidence) -> Iterator[str]:
    """Count the records in other ways than DuckDB does, the quick one first."""
    for index, ready in enumerate(evidence.scan.files):
        found = evidence.counts.of(index)
        if ready.records_by_lines not in {None, found} and _counted(ready) != found:
            yield _lost(ready, found)
        if found and not evidence.counts.accepted[index]:
            yield f"none of the rows of {ready.file.name} can be read: its header may be damaged"
        if ready.trailer is not None and ready.trailer.records != found:
            yield _other_than_promised(ready, ready.trailer, found)


def _lost(ready: ReadyFile, found: int) -> str:
    name = ready.file.name
    if ready.lines is not None and ready.lines.open_quote:
        row = found + ready.header_rows - ready.uncounted_rows + 1
        return f"{name} ends within quotes: one opened in row {row} or later is never closed"
    return f"{name} has another number of records than the {found:,} that came out of reading it"


def _other_than_promised(ready: ReadyFile, trailer: Trailer, found: int) -> str:
    name = ready.file.name
    if trailer.records is None:
        return f"{name} does not end with its trailer, so it may be cut short"
    return (
        f"the trailer of {name} counts {counted(trailer.records, 'record')}, but it has {found:,}"
    )


def _counted(ready: ReadyFile) -> int | None:
    """Count a file's records slowly and surely; None where a quote is lost in it."""
    try:
        if ready.dialect.is_table:
            with csv_records(ready.plain, ready.dialect, strict=False) as records:
                return sum(1 for record in records if record) - ready.header_rows
        with ready.plain.open("rb") as lines:
            return sum(1 for line in lines if line.strip(b"\r\n"))
    except csv.Error:
        return None


def _doubts_of_records(connection: DuckDBPyConnection, evidence: Evidence) -> Iterator[str]:
    if not evidence.counts.rows and evidence.scan.take.scope is Scope.WHOLE:
        yield _no_rows(evidence.counts.records)
    yield from _doubts_of_moving(connection, evidence.scan.take)
    nameless = _Where(
        "looked WHERE flaw IS NOT NULL AND id IS NULL",
        "broken WHERE id IS NULL",
        "has no id that can be read, so it may be any product's",
    )
    hiding = _Where(
        "looked WHERE hides",
        "broken WHERE hides",
        "is broken and may have swallowed other rows",
    )
    for where in (nameless, hiding):
        yield from _told(connection, evidence, where)


def _no_rows(records: int) -> str:
    if records:
        return f"catalog.filter lets none of its {counted(records, 'record')} through"
    return f"it has no rows, and {NO_PROOF}"


def _doubts_of_moving(connection: DuckDBPyConnection, take: Take) -> Iterator[str]:
    """Doubt ids that stand on two pages: a row that moved there may have pushed another out."""
    if not take.is_whole_in_pages:
        return
    found = connection.execute(
        "SELECT min(id), count(*) FROM (FROM repeated UNION FROM met_again)"
    ).fetchone()
    first, number = found or (None, 0)
    if number:
        others = f" (and {number - 1:,} more like it)" if number > 1 else ""
        yield (
            f'"{first}" came more than once{others}: rows may have moved between the pages while'
            " they were read, and others have been left out for it"
        )


@dataclass(frozen=True, slots=True)
class _Where:
    """The records of which a sentence holds, among those looked at and those broken."""

    looked: str
    broken: str
    what: str


def _told(connection: DuckDBPyConnection, evidence: Evidence, where: _Where) -> Iterator[str]:
    """Say it of the first row, and of how many others."""
    looked = _first(connection, f"SELECT file, position FROM {where.looked}")
    broken = _first(connection, f"SELECT file, row FROM {where.broken}")
    firsts = [(file, evidence.numbers.row(file, position)) for file, position in looked]
    if not firsts and not broken:
        return
    file, row = min((*firsts, *broken))
    name = evidence.scan.files[file].file.name
    number = sum(
        count(connection, f"SELECT count(*) FROM {table}") for table in (where.looked, where.broken)
    )
    others = f" (and {number - 1:,} more like it)" if number > 1 else ""
    yield f"row {row} of {name} {where.what}{others}"


def _first(connection: DuckDBPyConnection, places: str) -> list[tuple[int, int]]:
    return connection.execute(f"{places} ORDER BY ALL LIMIT 1").fetchall()


# -------------------------------------------------------------------------------- evidence


def _same_before_and_after(evidence: Evidence) -> str:
    return f"size, time and inode were the same before and after reading{_of_all(evidence)}"


def _counted_alike(evidence: Evidence) -> Iterator[str]:
    if evidence.scan.has_lines:
        records = f"{evidence.counts.records:,}"
        yield f"its records, counted apart from reading them, are {records}, as many as were read"
    files = evidence.scan.files
    if files and all(ready.trailer is not None for ready in files):
        yield f"its trailer counts as many records{_of_all(evidence)}"


def _evidence_of_bytes(evidence: Evidence) -> Iterator[str]:
    checks: tuple[tuple[str, Callable[[ReadyFile], bool]], ...] = (
        ("the SHA-256 beside it matches", lambda ready: ready.vouching is Vouching.MATCHES),
        ("it was decompressed up to its end mark", _is_compressed),
        ("its last line has its line end", _has_last_line_end),
        ("its array is closed", lambda ready: ready.dialect.format is Format.JSON),
        ("its footer is there", lambda ready: ready.dialect.format is Format.PARQUET),
    )
    for sentence, holds in checks:
        if all(map(holds, evidence.scan.files)):
            yield f"{sentence}{_of_all(evidence)}"


def _is_compressed(ready: ReadyFile) -> bool:
    return ready.dialect.compression is not Compression.NONE


def _has_last_line_end(ready: ReadyFile) -> bool:
    return ready.lines is not None and ready.lines.ends_with_line_end


def _of_all(evidence: Evidence) -> str:
    count = len(evidence.scan.files)
    return f" (each of {count} files)" if count > 1 else ""
