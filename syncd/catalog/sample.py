"""The first rows of a source, with every column that it has and as the mapping reads them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, assert_never

from syncd.catalog.columns import Columns
from syncd.catalog.database import explained, opened
from syncd.catalog.dialect import Format
from syncd.catalog.header import read_header
from syncd.catalog.join_sql import Joining
from syncd.catalog.json_sql import json_cells, json_fields
from syncd.catalog.mapping_sql import MappingSql
from syncd.catalog.origin import Take
from syncd.catalog.parquet_sql import flat_columns, parquet_cells
from syncd.catalog.ready import ReadyFile, get_ready
from syncd.catalog.sql import FLAW, WHOLE_RECORD, Cells, Look
from syncd.catalog.table_sql import table_cells
from syncd.config import Catalog, ColumnMapping
from syncd.domain.sample import Sample, SampledRow

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_LOOK: Final = Look("sample", parallel=False, numbered=True)
_NOTHING: Final = "NULL::VARCHAR"


def sample_of(take: Take, joining: Joining, settings: Catalog, folder: Path, limit: int) -> Sample:
    """Read so many records of the first file; those that cannot be read as rows are left out.

    The columns of joined sources come last. Raises `CatalogError` where the file cannot be read at
    all; that a mapped column is not there is no error here.
    """
    if not take.files:
        return Sample((), ())
    ready = get_ready(take.files[0], take.keys, None, folder)
    with (
        opened(settings, folder) as connection,
        explained(take.name, settings, {str(ready.plain): ready.file.thing}),
    ):
        names = _names(connection, ready, limit)
        if not names:
            return Sample((), ())
        found = _Sampled(connection, ready, names)
        found.take(limit)
        columns = (*names, *joining.division.of_joined)
        return Sample(columns, tuple(found.rows(joining)))


def _names(connection: DuckDBPyConnection, ready: ReadyFile, limit: int) -> tuple[str, ...]:
    match ready.dialect.format:
        case Format.CSV | Format.TSV:
            return read_header(ready.file, ready.plain, ready.dialect)
        case Format.JSONL | Format.JSON:
            return json_fields(connection, ready, _LOOK, limit)
        case Format.PARQUET:
            return flat_columns(connection, ready)
        case _:
            assert_never(ready.dialect.format)


@dataclass(frozen=True, slots=True)
class _Sampled:
    """Rows in a table of their own, where the cells stand in `s0`, `s1` and so on."""

    connection: DuckDBPyConnection
    ready: ReadyFile
    names: tuple[str, ...]

    def take(self, limit: int) -> None:
        cells = self._every_cell()
        texts = ", ".join(f"{text} AS s{number}" for number, text in enumerate(cells.texts))
        self.connection.execute(
            "CREATE TABLE sampled AS SELECT * FROM "
            f"(SELECT {cells.position} AS place, {texts}, {cells.flaw} AS flaw "
            f"FROM {cells.source} LIMIT {limit:d}) "
            f"WHERE flaw.field IS DISTINCT FROM {WHOLE_RECORD}"
        )

    def rows(self, joining: Joining) -> Iterator[SampledRow]:
        """Hold each row against what the mapping makes of it."""
        division = joining.division
        columns, mapping = division.columns, MappingSql(division.columns, "")
        mapped = mapping.rows([joining.over(self._needed(division.own.names))])
        raw = [f"s{number}" for number in range(len(self.names))]
        raw += [f"f{columns.names.index(name)}" for name in division.of_joined]
        found = self.connection.execute(
            f"SELECT place, kept, id{mapping.values()}, {', '.join(raw)} FROM sampled "
            f"JOIN ({mapped}) ON position = place ORDER BY place"
        ).fetchall()
        above = self.ready.header_rows - self.ready.uncounted_rows
        attributes = [attribute for attribute, _ in columns.attributes]
        for place, kept, id, *rest in found:
            values = dict(zip(attributes, rest, strict=False))
            yield SampledRow(place + above, tuple(rest[len(values) :]), kept, id, values)

    def _every_cell(self) -> Cells:
        columns = Columns(self.names, len(self.names), ColumnMapping(field=self.names[0]), (), ())
        match self.ready.dialect.format:
            case Format.CSV | Format.TSV:
                return table_cells(self.ready, _LOOK)
            case Format.JSONL | Format.JSON:
                return json_cells(self.ready, columns, _LOOK)
            case Format.PARQUET:
                return parquet_cells(self.connection, self.ready, columns)
            case _:
                assert_never(self.ready.dialect.format)

    def _needed(self, names: Sequence[str]) -> Cells:
        texts = [f"s{self.names.index(name)}" if name in self.names else _NOTHING for name in names]
        return Cells(0, "sampled", "place", texts, texts, f"NULL::{FLAW}")
