"""PostgreSQL's own export, for whole reads: where it writes each cell as we do, it writes the CSV.

That takes a third of the time of fetching the rows and writing them here.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from syncd.catalog.from_database.copy_out import CopyOut
from syncd.catalog.from_database.selection import Selection
from syncd.catalog.from_database.watermark import Greatest

if TYPE_CHECKING:
    from psycopg import Connection as Psycopg
    from sqlalchemy import ColumnElement, Connection, Select

_AS_THEY_ARE: Final = frozenset(
    {"text", "varchar", "bpchar", "name", "int2", "int4", "int8", "uuid"}
)
_SPELT_OUT: Final = frozenset({"bool", "numeric"})
_DATED: Final = frozenset({"timestamp", "timestamptz", "date"})
_NUMBERED: Final = frozenset({"int2", "int4", "int8"})
_UNKNOWN: Final = ""
"""The kind of what the driver does not know, such as an enumeration: it hands on the text."""
_LIMIT: Final = "SELECT setting::float / 1000 FROM pg_settings WHERE name = 'statement_timeout'"
_OWN: Final = {
    "statement_timeout": "0",  # it would count the whole of it, not one batch
    "max_parallel_workers_per_gather": "0",  # the same rows then come in the same order
}
"""What the server is told while it exports."""


@dataclass(frozen=True, slots=True)
class Export:
    """A selection that PostgreSQL can write itself; `kinds` are its columns' types by name."""

    connection: Connection
    selection: Selection
    kinds: Mapping[str, str]

    @classmethod
    def of(cls, connection: Connection, selection: Selection) -> Export | None:
        """See whether it can; None for other databases and drivers, and where a cell needs us.

        Times, fractions of no exact type, bytes and JSON are written otherwise than we do; which
        rows are deleted, and how texts of times are ordered, is not for a database to say.
        """
        dialect = connection.dialect
        if (dialect.name, dialect.driver) != ("postgresql", "psycopg"):
            return None
        if selection.most is not None or selection.keys.deleted_column is not None:
            return None
        if _driver(connection).info.encoding != "utf-8":
            return None
        export = cls(connection, selection, _kinds_of(connection, selection))
        return export if export._is_possible else None

    @property
    def _is_possible(self) -> bool:
        known = _AS_THEY_ARE | _SPELT_OUT | {_UNKNOWN}
        is_written = all(self.kinds[name] in known for name in self.selection.columns)
        return is_written and all(
            self.kinds[name] in _DATED | _NUMBERED for name in self.selection.extras
        )

    def lines(self) -> Generator[Sequence[bytes]]:
        """Give the rows as lines of CSV, without a header; see `CopyOut.lines`."""
        patience = float(self.connection.exec_driver_sql(_LIMIT).scalar_one())
        with _told(self.connection, _OWN):
            yield from CopyOut(_driver(self.connection), patience).lines(self._statement())

    def see(self, greatest: Greatest) -> None:
        """Let the database look for the greatest mark that does not lie in the future."""
        from sqlalchemy import DateTime, column, func, literal

        (name,) = self.selection.extras
        marks: ColumnElement[Any] = column(name)
        asked = self.selection.each(func.max(marks))
        if self.kinds[name] in _DATED:
            zoned = self.kinds[name] == "timestamptz"
            latest = greatest.latest(zoned=zoned)
            asked = asked.where(marks <= literal(latest, DateTime(timezone=zoned)))
        greatest.see([self.connection.execute(asked).scalar_one()])

    def _statement(self) -> str:
        from sqlalchemy.dialects import postgresql

        asked = self.selection.each(*(self._text(name) for name in self.selection.columns))
        plain = postgresql.dialect(paramstyle="named")  # type: ignore[no-untyped-call]  # so it is
        return f"COPY ({_compiled(asked, plain)}) TO STDOUT (FORMAT csv)"

    def _text(self, name: str) -> ColumnElement[Any]:
        """Spell out what PostgreSQL writes otherwise: truth values, and numbers that are whole."""
        from sqlalchemy import Text, case, cast, column, func, null

        cell: ColumnElement[Any] = column(name)
        match self.kinds[name]:
            case "bool":
                return cast(cell, Text)
            case "numeric":
                whole = func.trunc(cell)
                return case(
                    (cast(cell, Text) == "NaN", null()),
                    (cell == whole, cast(whole, Text)),
                    else_=cast(cell, Text),
                )
            case _:
                return cell


def _compiled(asked: Select[Any], dialect: Any) -> str:  # noqa: ANN401 - it has no public type
    """Write it for the wire itself, which knows no parameters."""
    return str(asked.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))


def _kinds_of(connection: Connection, selection: Selection) -> Mapping[str, str]:
    described = connection.execute(selection.nothing()).cursor.description or ()
    return {name: _kind(int(str(oid))) for name, oid, *_ in described}


def _kind(oid: int) -> str:
    """Name a type; a list of one, which the driver knows by the same entry, is another."""
    from psycopg import adapters

    known = adapters.types.get(oid)
    if known is None:
        return _UNKNOWN
    return known.name if known.oid == oid else f"{known.name}[]"


@contextmanager
def _told(connection: Connection, settings: Mapping[str, str]) -> Iterator[None]:
    """Tell the server so, and after a good end what it was told before."""
    before = {name: _set(connection, name, value) for name, value in settings.items()}
    yield
    for name, value in before.items():
        _set(connection, name, value)


def _set(connection: Connection, name: str, value: str) -> str:
    """Give what was set before."""
    before = connection.exec_driver_sql(f"SHOW {name}").scalar_one()
    connection.exec_driver_sql(f"SET LOCAL {name} = '{value}'")
    return str(before)


def _driver(connection: Connection) -> Psycopg[Any]:
    driver: Psycopg[Any] = connection.connection.driver_connection  # type: ignore[assignment]  # it is this one, by its dialect
    return driver
