"""One read within its one transaction: streamed to disk, counted again, and certified."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from syncd.catalog.fetching import Fetched
from syncd.catalog.from_database.cells import Row
from syncd.catalog.from_database.connecting import Moment
from syncd.catalog.from_database.copying import Export
from syncd.catalog.from_database.lining import as_lines
from syncd.catalog.from_database.removal import is_deleted
from syncd.catalog.from_database.selection import Selection
from syncd.catalog.from_database.siblings import Siblings, may_have_siblings
from syncd.catalog.from_database.spooling import Spool, write_removed
from syncd.catalog.from_database.watermark import Greatest, Mark, start_of_changes, written
from syncd.catalog.watching import counted
from syncd.domain.snapshot import Scope
from syncd.errors import SuspectCatalogError
from syncd.ports import Advance

if TYPE_CHECKING:
    from syncd.catalog.from_database.selection import Asked

_BATCH: Final = 2000


@dataclass(frozen=True, slots=True)
class Reading:
    """One read within its moment; `removes` asks for the ids of the deleted rows among those read.

    Without `since` it is a whole one. `has_id` tells that the first column is the id, all of it.
    """

    moment: Moment
    selection: Selection
    since: Mark | None
    now: datetime
    removes: bool
    has_id: bool

    def fetched(self, folder: Path, advance: Advance) -> Fetched:
        """Read and spool all; `advance` is told of each batch of rows."""
        keys = self.selection.keys
        start = None if self.since is None else start_of_changes(self.since, keys.overlap)
        spool = self._spool()
        siblings = None if start is None else Siblings(self.selection, start, self._batches)
        file = self._spooled(spool, siblings, folder, advance)
        if start is None and not spool.written:
            raise self._empty(spool)
        count = self.moment.connection.execute(self.selection.count(start)).scalar_one()
        changed = spool.read - (0 if siblings is None else siblings.count)
        advance(0)
        removed = write_removed(folder, self._gone(start, spool)) if self.removes else None
        mark = spool.greatest.mark if spool.greatest is not None else None
        return Fetched(
            files=(file,),
            scope=Scope.WHOLE if start is None else Scope.CHANGES,
            doubts=(*self.moment.doubts, *_doubts_of_count(count, changed)),
            evidence=tuple(self._evidence(spool, siblings, count)),
            watermark=None if mark is None else written(mark),
            removed=removed,
            left_out=tuple(self._left_out(spool)),
        )

    def _spooled(
        self, spool: Spool, siblings: Siblings | None, folder: Path, advance: Advance
    ) -> Path:
        if siblings is not None:
            with closing(self._changes(siblings)) as changes:
                return spool.write(folder, counted(changes, advance))
        export = Export.of(self.moment.connection, self.selection)
        if export is not None:
            return _exported(export, spool, folder, advance)
        lines = as_lines(self.moment.connection, self.selection)
        if lines is not None:
            with closing(self._batches(lines)) as batches:
                return spool.write_lines(folder, counted(batches, advance))
        with closing(self._batches(self.selection.rows(None))) as batches:
            return spool.write(folder, counted(batches, advance))

    def _changes(self, siblings: Siblings) -> Generator[Sequence[Row]]:
        """Stream what has changed, and what else the table has under the same ids."""
        looks = self.has_id and may_have_siblings(self.moment.connection, self.selection)
        with closing(self._batches(self.selection.rows(siblings.start))) as batches:
            yield from siblings.beside(batches) if looks else batches

    def _spool(self) -> Spool:
        keys = self.selection.keys
        greatest = Greatest(self.now, keys.overlap, self.since) if keys.updated_column else None
        soft = keys.deleted_column is not None
        return Spool(self.selection.columns, greatest, soft, self.removes)

    def _batches(self, asked: Asked) -> Generator[Sequence[Row]]:
        """Stream rows as the driver gives them; SQLAlchemy's own would cost half as much again.

        The first row goes the long way, for SQLAlchemy has fetched it already with some drivers.
        """
        options = {"stream_results": True}
        result = self.moment.connection.execute(asked, execution_options=options)
        try:
            first = result.fetchmany(1)
            yield [tuple(row) for row in first]
            while first and (rows := result.cursor.fetchmany(_BATCH)):
                yield rows
        except BaseException:
            self.moment.abandon(result)
            raise
        result.close()

    def _gone(self, start: Mark | None, spool: Spool) -> Iterator[object]:
        """Leave out ids under which another row lives, though it has not changed."""
        living: set[object] = set()
        if spool.dead and start is not None:
            for rows in self._batches(self.selection.bearing(start)):
                living.update(id for id, deleted in rows if not is_deleted(deleted))
        yield from spool.dead - living

    def _empty(self, spool: Spool) -> SuspectCatalogError:
        keys = self.selection.keys
        what = "the query returned" if keys.query else f'the table "{keys.table}" has'
        only = f" but deleted ones, by {keys.deleted_column}" if spool.read else ""
        return SuspectCatalogError(
            keys.label,
            f"{what} no rows{only}, and that is no proof that every product is gone",
            "Look whether rows were moved or the user may not see them; a catalog that is really"
            " empty needs no sync",
        )

    def _evidence(self, spool: Spool, siblings: Siblings | None, count: int) -> Iterator[str]:
        keys = self.selection.keys
        beside = 0 if siblings is None else siblings.count
        if not self.moment.doubts:
            yield "it was read in one transaction that sees a single moment of the database"
        if count == spool.read - beside:
            yield f"count(*) in the same transaction is {count:,}, as many as were read"
        if siblings is not None:
            since = f"{keys.updated_column} is {written(siblings.start)} or later, or empty"
            yield f"it brought the rows whose {since}"
        if beside:
            yield f"rows that share an id with one of these were read as well: {beside:,}"
        yield from self._left_out(spool)

    def _left_out(self, spool: Spool) -> Iterator[str]:
        keys = self.selection.keys
        if spool.deleted:
            says = f"{keys.deleted_column} says that they are deleted"
            yield f"rows left out, for {says}: {spool.deleted:,}"


def _exported(export: Export, spool: Spool, folder: Path, advance: Advance) -> Path:
    with closing(export.lines()) as lines:
        file = spool.copy(folder, counted(lines, advance))
    if spool.greatest is not None:
        export.see(spool.greatest)
    return file


def _doubts_of_count(count: int, read: int) -> Iterator[str]:
    if count != read:
        yield f"count(*) in the same transaction is {count:,}, but {read:,} rows were read"
