"""The rows of records as a spreadsheet shows them, looked for again where a look left them out."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, overload

from syncd.catalog.database import count, explained
from syncd.catalog.row_numbers import RowNumbers
from syncd.catalog.scan import Scan
from syncd.catalog.sql import Look
from syncd.config import CatalogSection
from syncd.errors import CatalogError
from syncd.ports import Advance

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_PLACES: Final = Look("places", parallel=False, numbered=True)
_UNNUMBERED: Final = 0


@dataclass(slots=True)
class Numbering:
    """Tells the row of a record by its position, or by its id where it has no position."""

    connection: DuckDBPyConnection
    scan: Scan
    settings: CatalogSection
    numbers: RowNumbers
    advance: Advance
    _has_looked: bool = False

    def is_at_hand(self) -> bool:
        """Whether every record that was looked at has its position, or they have been sought."""
        unnumbered = f"SELECT count(*) FROM looked WHERE position = {_UNNUMBERED}"
        return self._has_looked or not count(self.connection, unnumbered)

    def row(self, file: int, position: int) -> int:
        """Give the row of a record that has a position."""
        return self.numbers.row(file, position)

    def rows(
        self, ids: Sequence[str], files: Sequence[int], positions: Sequence[int]
    ) -> Sequence[int | None]:
        """Give the row of each of many records, each with an id that no other has.

        Where they have no positions the source is read once more as soon as one of them is asked
        for; None for what does not stand there any longer.
        """
        if _UNNUMBERED in positions:
            return _SoughtRows(self, ids)
        return self.numbers.rows(files, positions)

    def sought(self, ids: Sequence[str]) -> list[int | None]:
        """Look for these ids in the numbered records."""
        found: dict[str, int] = {}
        with suppress(CatalogError), explained(self.scan.take.name, self.settings):
            self._look()
            query = "SELECT id, file, position FROM numbered WHERE id IN (SELECT unnest(?))"
            with self.connection.cursor() as cursor:
                places = cursor.execute(query, [list(ids)]).fetchall()
            found = {id: self.row(file, position) for id, file, position in places}
        return [found.get(id) for id in ids]

    def _look(self) -> None:
        """Read all that was looked at once more, in the order of the files, whatever comes of it.

        A file that was written since has rows of its own, and none of them counts.
        """
        if self._has_looked:
            return
        self._has_looked = True
        with self.connection.cursor() as cursor:
            cursor.execute("CREATE TABLE numbered (id VARCHAR, file BIGINT, position BIGINT)")
            rows = self.scan.rows(self.connection, _PLACES)
            cursor.execute(
                f"INSERT INTO numbered SELECT id, file, position FROM ({rows}) "
                "SEMI JOIN looked USING (id) WHERE kept"
            )
            if not self.scan.take.has_its_bytes():
                cursor.execute("DELETE FROM numbered")
        self.advance(0)


@dataclass(slots=True)
class _SoughtRows(Sequence[int | None]):
    """The rows of records with these ids, looked for when the first of them is asked for."""

    numbering: Numbering
    ids: Sequence[str]
    _rows: Sequence[int | None] = field(default=())

    def __len__(self) -> int:
        return len(self.ids)

    @overload
    def __getitem__(self, place: int) -> int | None: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[int | None]: ...

    def __getitem__(self, place: int | slice) -> int | Sequence[int | None] | None:
        if not self._rows:
            self._rows = self.numbering.sought(self.ids)
        return self._rows[place]
