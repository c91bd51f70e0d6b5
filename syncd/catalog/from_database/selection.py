"""What is asked of the database: which columns of which rows, and how many there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from syncd.catalog.from_database.watermark import Mark
from syncd.config import SqlKeys

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, FromClause, Select
    from sqlalchemy.types import TypeEngine

_ALIAS: Final = "catalog"


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
    Where only a few rows are to be looked at, `most` says how many.
    """

    keys: SqlKeys
    columns: tuple[str, ...]
    most: int | None = None

    @property
    def extras(self) -> tuple[str, ...]:
        """The columns that are read and not written, as far as they are set."""
        found = (self.keys.updated_column, self.keys.deleted_column)
        return tuple(name for name in found if name is not None)

    def nothing(self) -> Select[Any]:
        """Ask for all columns of no row: what comes back names them."""
        from sqlalchemy import literal_column, select, text

        return select(literal_column("*")).select_from(self._source()).where(text("1 = 0"))

    def rows(self, start: Mark | None) -> Select[Any]:
        """Ask for the rows, or for those that have changed from `start` on."""
        from sqlalchemy import column, select

        asked: list[ColumnElement[Any]] = [column(name) for name in self.columns]
        for place, name in enumerate(self.extras):
            asked.append(column(name).label(f"syncd_{place}"))
        return self._changed(select(*asked).limit(self.most), start)

    def each(self, *asked: ColumnElement[Any]) -> Select[Any]:
        """Ask for something else of all rows."""
        from sqlalchemy import select

        return select(*asked).select_from(self._source())

    def count(self, start: Mark | None) -> Select[Any]:
        """Ask how many rows `rows` gives."""
        from sqlalchemy import func, select

        return self._changed(select(func.count()), start)

    def bearing(self, start: Mark) -> Select[Any]:
        """Ask for id and mark of deletion of all rows that share an id with a changed one."""
        from sqlalchemy import column, select

        id: ColumnElement[Any] = column(self.columns[0])
        deleted: ColumnElement[Any] = column(self.keys.deleted_column or "")
        asked = select(id, deleted).select_from(self._source())
        return asked.where(id.in_(self._changed(select(id), start)))

    def unchanged(self, start: Mark, ids: Sequence[object] | None = None) -> Select[Any]:
        """Ask for the rows with these ids, or with the id of any changed row, that did not change.

        Values go to the database as they came from there, for it knows best what type they have.
        """
        from sqlalchemy import column, literal, select
        from sqlalchemy.types import NullType

        id: ColumnElement[Any] = column(self.columns[0])
        updated: ColumnElement[Any] = column(self.keys.updated_column or "")
        changed = self._changed(select(id), start)
        sharing = id.in_(changed if ids is None else [literal(one, NullType()) for one in ids])
        return self.rows(None).where(sharing, updated < _literal(start))

    def _changed(self, asked: Select[Any], start: Mark | None) -> Select[Any]:
        asked = asked.select_from(self._source())
        if start is None or self.keys.updated_column is None:
            return asked
        return asked.where(_from(self.keys.updated_column, start))

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


def _from(name: str, start: Mark) -> ColumnElement[bool]:
    """Take what was changed at the start or later; a row without a time may have changed too."""
    from sqlalchemy import column, or_

    updated: ColumnElement[Any] = column(name)
    return or_(updated >= _literal(start), updated.is_(None))


def _literal(mark: Mark) -> ColumnElement[Any]:
    from sqlalchemy import BigInteger, DateTime, literal

    kind: TypeEngine[Any] | None = None
    if isinstance(mark, datetime):
        kind = DateTime(timezone=mark.tzinfo is not None)
    elif isinstance(mark, int):
        kind = BigInteger()
    return literal(mark, kind)
