"""All files of a catalog as one relation, and what came of reading it once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, assert_never

from syncd.catalog.broken import Broken, Reject, broken_cells, broken_json
from syncd.catalog.columns import Columns
from syncd.catalog.dialect import Format
from syncd.catalog.join_sql import Joining
from syncd.catalog.json_sql import json_cells, refuse_vanished
from syncd.catalog.mapping_sql import MappingSql
from syncd.catalog.origin import Take
from syncd.catalog.parquet_sql import parquet_cells
from syncd.catalog.ready import ReadyFile
from syncd.catalog.sql import Cells, Look, id_cells, no_cells
from syncd.catalog.table_sql import table_cells

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_PROBE: Final = Look("probe", parallel=False, numbered=False)
_BATCH: Final = 2000


@dataclass(frozen=True, slots=True)
class Scan:
    """The files that were taken, and the SQL that reads them."""

    take: Take
    files: tuple[ReadyFile, ...]
    mapping: MappingSql
    joining: Joining

    @property
    def columns(self) -> Columns:
        """All columns, those of joined sources included."""
        return self.joining.division.columns

    @property
    def own(self) -> Columns:
        """The columns that the files themselves have."""
        return self.joining.division.own

    @property
    def has_lines(self) -> bool:
        """Whether DuckDB's CSV reader takes part, and leaves a table of rejects."""
        return any(ready.dialect.has_lines for ready in self.files)

    def rows(self, connection: DuckDBPyConnection, look: Look) -> str:
        """Select every record of every file once, mapped; see `MappingSql.rows`."""
        return self.mapping.rows(self._every_cell(connection, look))

    def chosen_rows(self, connection: DuckDBPyConnection, look: Look, chosen: str) -> str:
        """Select those of these records that are chosen by their `id` and `flaw`."""
        return self.mapping.rows(self._every_cell(connection, look), chosen)

    def _every_cell(self, connection: DuckDBPyConnection, look: Look) -> list[Cells]:
        cells = [self.joining.over(self._cells(connection, ready, look)) for ready in self.files]
        return cells or [no_cells(len(self.columns.names))]

    def removed(self, ids: Path) -> str:
        """Select, as `id`, what the mapping makes of ids that stand in a file as JSON strings."""
        return f"SELECT id FROM ({self.mapping.rows([id_cells(ids, len(self.columns.names))])})"

    def _cells(self, connection: DuckDBPyConnection, ready: ReadyFile, look: Look) -> Cells:
        match ready.dialect.format:
            case Format.CSV | Format.TSV:
                return table_cells(ready, look)
            case Format.JSONL | Format.JSON:
                return json_cells(ready, self.own, look)
            case Format.PARQUET:
                return parquet_cells(connection, ready, self.own)
            case _:
                assert_never(ready.dialect.format)

    def refuse_vanished(self, connection: DuckDBPyConnection) -> None:
        """Raise where no record of a JSON file has a mapped field; tables were looked at before."""
        for ready in self.files:
            if ready.dialect.format in {Format.JSONL, Format.JSON}:
                refuse_vanished(connection, ready, self.own, _PROBE)

    def broken(self, reject: Reject, index: int) -> Broken:
        """Judge a record that is no row."""
        ready = self.files[index]
        judge = broken_cells if ready.dialect.is_table else broken_json
        broken = judge(reject, ready, self.own)
        return replace(broken, row=broken.row - ready.uncounted_rows)


def rejected_rows(connection: DuckDBPyConnection, look: Look) -> dict[int, list[int]]:
    """Give by file, in order, which rows the reader refused; the header counts as a row."""
    found = connection.execute(
        f"SELECT DISTINCT file_path, line FROM {look.rejects} JOIN {look.scans} "
        "USING (scan_id, file_id) ORDER BY ALL"
    )
    rows: dict[int, list[int]] = {}
    while batch := found.fetchmany(_BATCH):
        for path, row in batch:
            rows.setdefault(_index_of(path), []).append(row)
    return rows


def rejects_of(connection: DuckDBPyConnection, look: Look) -> Iterator[tuple[int, Reject]]:
    """Give what the reader refused, with its file; each record once, with all its errors."""
    found = connection.execute(
        "SELECT file_path, line, any_value(csv_line), list(DISTINCT error_type::VARCHAR), "
        f"list(DISTINCT column_idx) FROM {look.rejects} JOIN {look.scans} "
        "USING (scan_id, file_id) GROUP BY file_path, line"
    )
    while batch := found.fetchmany(_BATCH):
        for path, row, text, errors, places in batch:
            known = tuple(place for place in places if place is not None)
            yield _index_of(path), Reject(row, text or "", frozenset(errors), known)


def _index_of(path: str) -> int:
    return int(Path(path).name.partition(".")[0])
