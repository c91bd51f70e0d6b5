"""SQLite's own lines of CSV, for whole reads of tables.

A row then comes as one value and not as one for each cell, and is spooled in 0.6 of the time: a
million rows of seven columns in 1.2 s and not in 1.9, where a bare cursor takes 0.8.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from syncd.catalog.from_database.cells import text_of
from syncd.catalog.from_database.selection import Place, Selection

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, Select

_MOST_COLUMNS: Final = 90
"""SQLite's functions take no more than a hundred values, where nobody has raised that."""
_NUMBER: Final = "syncd_number"
_CELL: Final = (
    "CASE WHEN {0} < '' COLLATE BINARY"  # so are numbers alone
    f" THEN CASE typeof({{0}}) WHEN 'real' THEN {_NUMBER}({{0}}) ELSE {{0}} END"
    " WHEN {0} IS NULL THEN '' ELSE {0} END"
)
_HAS_NUL: Final = "instr({0}, char(0))"
_QUOTED: Final = f"'\"' || replace({_CELL}, '\"', '\"\"') || '\"'"
"""The slow way to write a cell, for a row that has a NUL in it: there, `printf` would end."""


def as_lines(connection: Connection, selection: Selection) -> Select[Any] | None:
    """Ask for all rows of a table: each as a line of CSV in UTF-8, and behind it the extras.

    None for other databases, and for what SQLite would have to work out: of a query or a view, it
    would do so each time that a line names the cell.
    """
    if connection.dialect.name != "sqlite" or not _is_plain(connection, selection):
        return None
    from sqlalchemy import column

    connection.connection.driver_connection.create_function(  # type: ignore[union-attr]  # it is open
        _NUMBER, 1, text_of, deterministic=True
    )
    extras: list[ColumnElement[Any]] = [column(name) for name in selection.extras]
    return selection.each(_line(connection, selection), *extras)


def _is_plain(connection: Connection, selection: Selection) -> bool:
    """Whether it is a table, of which all is asked for, and its text is UTF-8."""
    from sqlalchemy import inspect

    table = selection.keys.table
    if table is None or selection.most is not None or len(selection.columns) > _MOST_COLUMNS:
        return False
    place = Place.of(table)
    encoding = connection.exec_driver_sql("PRAGMA encoding").scalar_one()
    return encoding == "UTF-8" and place.table in inspect(connection).get_table_names(place.schema)


def _line(connection: Connection, selection: Selection) -> ColumnElement[Any]:
    from sqlalchemy import literal_column

    names = [connection.dialect.identifier_preparer.quote(name) for name in selection.columns]
    has_nul = " OR ".join(_HAS_NUL.format(name) for name in names)
    quoted = " || ',' || ".join(_QUOTED.format(name) for name in names)
    form = ",".join(['"%w"'] * len(names))
    cells = ", ".join(_CELL.format(name) for name in names)
    return literal_column(
        f"CAST(CASE WHEN {has_nul} THEN {quoted} || char(10)"
        f" ELSE printf('{form}\n', {cells}) END AS BLOB)"
    )
