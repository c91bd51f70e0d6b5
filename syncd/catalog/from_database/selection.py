"""What is asked of the database: which columns of which rows, and how many there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from syncd.catalog.from_database.watermark import Mark
from syncd.config import SqlKeys

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, CompoundSelect, FromClause, Select
    from sqlalchemy.types import TypeEngine

    Asked: TypeAlias = Select[Any] | CompoundSelect[Any]

_ALIAS: Final = "catalog"
_FEW: Final = "0.0001"
"""What share of the rows SQLite is told to expect among those that have changed."""


@dataclass(frozen=True, slots=True)
class Place:
    """A table's name, and those of the schemas it stands in."""

    schema: str | None
    table: str

    @classmethod
    def of(cls, text: str) -> Place:
        """Split at the last dot; a name that has dots of its own stands in double quotes."""
        parts = _parts(text)
        return cls(".".join(parts[:-1]) or None, parts[-1])


def _parts(text: str) -> list[str]:
    parts = [""]
    quoted = False
    for character in text.strip():
        if character == '"':
            quoted = not quoted
        elif character == "." and not quoted:
            parts.append("")
        else:
            parts[-1] += character
    return parts


@dataclass(frozen=True, slots=True)
class Selection:
    """The rows of a table or query, `columns` of them; the first of these is the id.

    `extras` are read behind them, for syncd itself: when a row was changed, and whether deleted.
    Where only a few rows are to be looked at, `most` says how many. With `by_index`, which SQLite
    alone understands, rows that have changed are asked for in two arms, each for an index to find.
    """

    keys: SqlKeys
    columns: tuple[str, ...]
    most: int | None = None
    by_index: bool = False

    @property
    def extras(self) -> tuple[str, ...]:
        """The columns that are read and not written, as far as they are set."""
        found = (self.keys.updated_column, self.keys.deleted_column)
        return tuple(name for name in found if name is not None)

    def nothing(self) -> Select[Any]:
        """Ask for all columns of no row: what comes back names them."""
        from sqlalchemy import literal_column, select, text

        return select(literal_column("*")).select_from(self._source()).where(text("1 = 0"))

    def rows(self, start: Mark | None) -> Asked:
        """Ask for the rows, or for those that have changed from `start` on."""
        return _together(self.arms(start)).limit(self.most)

    def arms(self, start: Mark | None) -> Sequence[Select[Any]]:
        """Ask for them in parts that have no row in common."""
        from sqlalchemy import column

        asked: list[ColumnElement[Any]] = [column(name) for name in self.columns]
        for place, name in enumerate(self.extras):
            asked.append(column(name).label(f"syncd_{place}"))
        return self._changed(asked, start)

    def each(self, *asked: ColumnElement[Any]) -> Select[Any]:
        """Ask for something else of all rows."""
        from sqlalchemy import select

        return select(*asked).select_from(self._source())

    def count(self, start: Mark | None) -> Select[Any]:
        """Ask how many rows `rows` gives."""
        from sqlalchemy import func, select

        counts = self._changed([func.count()], start)
        if len(counts) == 1:
            return counts[0]
        return select(reduce(add, [count.scalar_subquery() for count in counts]))

    def bearing(self, start: Mark) -> Select[Any]:
        """Ask for id and mark of deletion of all rows that share an id with a changed one."""
        from sqlalchemy import column, select

        id: ColumnElement[Any] = column(self.columns[0])
        deleted: ColumnElement[Any] = column(self.keys.deleted_column or "")
        asked = select(id, deleted).select_from(self._source())
        return asked.where(self._rare(id.in_(_together(self._changed([id], start)))))

    def unchanged(self, start: Mark, ids: Sequence[object] | None = None) -> Select[Any]:
        """Ask for the rows with these ids, or with the id of any changed row, that did not change.

        Values go to the database as they came from there, for it knows best what type they have.
        """
        from sqlalchemy import column, literal
        from sqlalchemy.types import NullType

        id: ColumnElement[Any] = column(self.columns[0])
        updated: ColumnElement[Any] = column(self.keys.updated_column or "")
        if ids is None:
            sharing = id.in_(_together(self._changed([id], start)))
        else:
            sharing = id.in_([literal(one, NullType()) for one in ids])
        return self.arms(None)[0].where(self._rare(sharing), updated < _literal(start))

    def _changed(
        self, asked: Sequence[ColumnElement[Any]], start: Mark | None
    ) -> Sequence[Select[Any]]:
        """Ask for the rows from the start on, and for those without a time: both may be new."""
        from sqlalchemy import column, or_

        whole = self.each(*asked)
        if start is None or self.keys.updated_column is None:
            return [whole]
        updated: ColumnElement[Any] = column(self.keys.updated_column)
        conditions = (updated >= _literal(start), updated.is_(None))
        if self.by_index:
            return [whole.where(self._rare(condition)) for condition in conditions]
        return [whole.where(or_(*conditions))]

    def _rare(self, condition: ColumnElement[bool]) -> ColumnElement[bool]:
        """Say so to SQLite: where many rows share one time, its statistics speak for a scan."""
        from sqlalchemy import func, literal_column

        return func.likelihood(condition, literal_column(_FEW)) if self.by_index else condition

    def _source(self) -> FromClause:
        from sqlalchemy import table

        if self.keys.query is not None:
            return _wrapped(self.keys.query)
        place = Place.of(self.keys.table or "")
        return table(place.table, schema=place.schema)


def _wrapped(query: str) -> FromClause:
    """Take a query as it stands: colons in it are no parameters, and a comment may end it."""
    from sqlalchemy import text

    stripped = query.strip().rstrip("; \t\r\n")
    return text(stripped.replace(":", r"\:") + "\n").columns().alias(_ALIAS)


def _together(arms: Sequence[Select[Any]]) -> Asked:
    from sqlalchemy import union_all

    return arms[0] if len(arms) == 1 else union_all(*arms)


def _literal(mark: Mark) -> ColumnElement[Any]:
    from sqlalchemy import BigInteger, DateTime, literal

    kind: TypeEngine[Any] | None = None
    if isinstance(mark, datetime):
        kind = DateTime(timezone=mark.tzinfo is not None)
    elif isinstance(mark, int):
        kind = BigInteger()
    return literal(mark, kind)
