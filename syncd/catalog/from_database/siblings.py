"""Rows that have not changed and share their id with one that has: which one holds is not sure."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from syncd.catalog.from_database.cells import Row, is_unicode
from syncd.catalog.from_database.removal import is_deleted
from syncd.catalog.from_database.selection import Place, Selection
from syncd.catalog.from_database.watermark import Mark

if TYPE_CHECKING:
    from sqlalchemy import Connection, Inspector

    from syncd.catalog.from_database.selection import Asked

Ask: TypeAlias = "Callable[[Asked], Generator[Sequence[Row]]]"

_PART: Final = 500
"""So many ids are looked up at once; no database refuses as many, and each uses its index."""
_MOST: Final = 100_000
"""So many ids are kept in memory; with more of them changed, one look at the table is cheaper."""
_CONDITIONS: Final = ("postgresql_where", "sqlite_where", "mssql_where")


@dataclass(slots=True)
class Siblings:
    """Notes which ids have changed from `start` on, and finds what else lives under them.

    `count` tells how many rows were added.
    """

    selection: Selection
    start: Mark
    ask: Ask
    count: int = 0
    _ids: set[Any] = field(default_factory=set)

    def beside(self, batches: Iterable[Sequence[Row]]) -> Generator[Sequence[Row]]:
        """Give these rows, and behind them those that share an id with any and have not changed."""
        for rows in batches:
            yield rows
            if len(self._ids) <= _MOST:
                self._ids.update(map(itemgetter(0), rows))
        for asked in self._questions():
            with closing(self.ask(asked)) as found:
                for rows in found:
                    living = self._living(rows)
                    self.count += len(living)
                    yield living

    def _questions(self) -> Iterator[Asked]:
        if len(self._ids) > _MOST:
            yield self.selection.unchanged(self.start)
            return
        ids = filter(_can_be_asked_for, self._ids)
        while part := list(islice(ids, _PART)):
            yield self.selection.unchanged(self.start, part)

    def _living(self, rows: Sequence[Row]) -> Sequence[Row]:
        soft = self.selection.keys.deleted_column is not None
        return [row for row in rows if not is_deleted(row[-1])] if soft else rows


def may_have_siblings(connection: Connection, selection: Selection) -> bool:
    """Whether several rows of the table may have one id, and an index leads to them all.

    Of views and queries, nobody knows.
    """
    from sqlalchemy import inspect

    if selection.keys.table is None:
        return False
    place, inspector = Place.of(selection.keys.table), inspect(connection)
    if place.table not in inspector.get_table_names(place.schema):
        return False
    indexes = list(_indexes(inspector, place))
    id = selection.columns[0]
    is_unique = any(unique and columns == [id] for columns, unique in indexes)
    return not is_unique and any(columns[:1] == [id] for columns, _ in indexes)


def _indexes(inspector: Inspector, place: Place) -> Iterator[tuple[list[str | None], bool]]:
    """Give what indexes there are over all rows: their columns, and whether these are unique."""
    table, schema = place.table, place.schema
    yield [*inspector.get_pk_constraint(table, schema)["constrained_columns"]], True
    for constraint in inspector.get_unique_constraints(table, schema):
        yield [*constraint["column_names"]], True
    for index in inspector.get_indexes(table, schema):
        if not any(index.get("dialect_options", {}).get(name) for name in _CONDITIONS):
            yield [*index["column_names"]], bool(index["unique"])


def _can_be_asked_for(id: object) -> bool:
    return id is not None and not (isinstance(id, str) and not is_unicode(id))
