"""What one comparison found, handed out in batches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from syncd.catalog.database import count, explained
from syncd.catalog.numbering import Numbering
from syncd.catalog.scan import Scan
from syncd.catalog.tables import CUT
from syncd.config import CatalogSection
from syncd.domain.attributes import Attribute, ItemId
from syncd.domain.row_block import RowBlock
from syncd.domain.snapshot import REPEATED, CatalogRow, Certificate, Defect

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_BATCH: Final = 2000
_BLOCK: Final = 5000
_MOST_PLACES: Final = 5
_NOT_REPEATED: Final = "(id IS NULL OR id NOT IN (FROM repeated))"


class FileComparison:
    """A comparison whose tables stand in a database that closes with the snapshot's `compare`."""

    def __init__(
        self,
        connection: DuckDBPyConnection,
        scan: Scan,
        settings: CatalogSection,
        numbering: Numbering,
        certificate: Certificate,
    ) -> None:
        self._connection = connection
        self._scan = scan
        self._settings = settings
        self._numbering = numbering
        self._certificate = certificate
        self._attributes = tuple(attribute for attribute, _ in scan.columns.attributes)
        self._values = "".join(f", v{number}" for number in range(len(self._attributes)))

    @property
    def certificate(self) -> Certificate:
        return self._certificate

    @property
    def duplicates(self) -> int:
        return count(self._connection, "SELECT count(*) FROM repeated")

    def knows_rows(self) -> bool:
        return self._numbering.is_at_hand()

    def missing_count(self) -> int:
        return count(self._connection, "SELECT count(*) FROM absent")

    def missing(self) -> Iterator[Sequence[ItemId]]:
        for batch in self._batches("SELECT id FROM absent ORDER BY id"):
            yield [ItemId(id) for (id,) in batch]

    def new(self) -> Iterator[RowBlock]:
        return self._blocks("ANTI JOIN concerned USING (id)", "true")

    def changed(self) -> Iterator[RowBlock]:
        """Read them off the rows that were looked at, some of which are as they were known."""
        differs = "looked.fingerprint IS DISTINCT FROM concerned.fingerprint OR missing"
        return self._blocks("JOIN concerned USING (id)", differs)

    def unusable(self) -> Iterator[Sequence[CatalogRow]]:
        yield from self._repeated_rows()
        yield from self._broken_rows()
        yield from self._flawed_rows()

    def _blocks(self, join: str, condition: str) -> Iterator[RowBlock]:
        query = (
            f"SELECT id, looked.fingerprint, file, position{self._values} FROM looked {join} "
            f"WHERE flaw IS NULL AND {_NOT_REPEATED} AND ({condition})"
        )
        for batch in self._batches(query, _BLOCK):
            ids, fingerprints, files, positions, *values = zip(*batch, strict=True)
            yield RowBlock(
                ids=ids,
                fingerprints=fingerprints,
                values=dict(zip(self._attributes, values, strict=True)),
                rows=self._numbering.rows(ids, files, positions),
                files=self._names(files),
            )

    def _flawed_rows(self) -> Iterator[Sequence[CatalogRow]]:
        query = (
            f"SELECT id, file, position, flaw, flawed_text{self._values} "
            f"FROM looked WHERE flaw IS NOT NULL AND {_NOT_REPEATED} ORDER BY file, position"
        )
        for batch in self._batches(query):
            yield [
                CatalogRow(
                    id=None if id is None else ItemId(id),
                    fingerprint=None,
                    values=self._mapped(values),
                    row=self._numbering.row(file, position),
                    file=self._name(file),
                    defect=self._defect(file, flaw["field"], text, flaw["rule"]),
                )
                for id, file, position, flaw, text, *values in batch
            ]

    def _broken_rows(self) -> Iterator[Sequence[CatalogRow]]:
        query = (
            "SELECT id, file, row, attribute, value, rule FROM broken "
            f"WHERE {_NOT_REPEATED} ORDER BY file, row"
        )
        for batch in self._batches(query):
            yield [
                CatalogRow(
                    id=None if id is None else ItemId(id),
                    fingerprint=None,
                    values=dict.fromkeys(self._attributes),
                    row=row,
                    file=self._name(file),
                    defect=Defect(attribute, value, rule),
                )
                for id, file, row, attribute, value, rule in batch
            ]

    def _repeated_rows(self) -> Iterator[Sequence[CatalogRow]]:
        """Give each repeated id once, with the values of its first whole record."""
        query = (
            "WITH places AS (SELECT id, file, position, 0 AS row FROM looked "
            "UNION ALL SELECT id, file, 0, row FROM broken), "
            "listed AS (SELECT id, list((file, position, row)) AS places FROM places "
            "SEMI JOIN repeated USING (id) GROUP BY id), "
            "firsts AS (SELECT DISTINCT ON (id) * FROM looked SEMI JOIN repeated USING (id) "
            "ORDER BY id, file, position) "
            f"SELECT id, places{self._values} FROM listed LEFT JOIN firsts USING (id) ORDER BY id"
        )
        for batch in self._batches(query):
            yield [self._repeated(id, places, values) for id, places, *values in batch]

    def _repeated(
        self,
        id: str,
        places: Sequence[tuple[int, int, int]],
        values: Sequence[str | None],
    ) -> CatalogRow:
        rows = sorted(
            (file, row or self._numbering.row(file, position)) for file, position, row in places
        )
        file, row = rows[0]
        rule = f"{REPEATED}{self._told(rows)}"
        return CatalogRow(
            id=ItemId(id),
            fingerprint=None,
            values=self._mapped(values),
            row=row,
            file=self._name(file),
            defect=Defect("id", id, rule),
        )

    def _told(self, rows: Sequence[tuple[int, int]]) -> str:
        """Write `rows 3, 9 and 12`, or `row 3 of a.csv and row 9 of b.csv`."""
        several = len(self._scan.files) > 1
        shown = [
            f"row {row} of {self._name(file)}" if several else str(row)
            for file, row in rows[:_MOST_PLACES]
        ]
        last = f"{len(rows) - _MOST_PLACES} more" if len(rows) > _MOST_PLACES else shown.pop()
        return f"{'' if several else 'rows '}{', '.join(shown)} and {last}"

    def _mapped(self, values: Sequence[str | None]) -> Mapping[Attribute, str | None]:
        return dict(zip(self._attributes, values, strict=True))

    def _defect(self, file: int, field: int, text: str | None, rule: str) -> Defect:
        if field == CUT:
            return Defect("row", self._scan.files[file].last_line, rule)
        columns = self._scan.columns
        return Defect(columns.what_for(columns.names[field]), text or "", rule)

    def _name(self, file: int) -> str | None:
        """Name the file where there are several."""
        files = self._scan.files
        return files[file].file.name if len(files) > 1 else None

    def _names(self, files: Sequence[int]) -> Sequence[str | None]:
        """Name the file of each of many rows, where there are several."""
        if len(self._scan.files) > 1:
            return list(map(self._name, files))
        return [None] * len(files)

    def _batches(self, query: str, size: int = _BATCH) -> Iterator[list[tuple[Any, ...]]]:
        """Run a query on a cursor of its own, so that several can be read from side by side."""
        with explained(self._scan.take.name, self._settings), self._connection.cursor() as cursor:
            cursor.execute(query)
            while batch := cursor.fetchmany(size):
                yield batch
