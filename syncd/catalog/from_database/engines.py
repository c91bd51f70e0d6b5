"""Tables of MariaDB and MySQL whose engine knows no transactions: no moment holds them still."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from syncd.catalog.from_database.selection import Place
from syncd.config import SqlKeys

if TYPE_CHECKING:
    from sqlalchemy import Connection

_KINDS: Final = frozenset({"mariadb", "mysql"})
_TABLES: Final = (
    "SELECT t.table_schema = database() AS here, t.table_schema, t.table_name, t.engine"
    " FROM information_schema.tables t JOIN information_schema.engines e ON e.engine = t.engine"
    " WHERE t.table_type = 'BASE TABLE' AND coalesce(e.transactions, 'NO') <> 'YES' AND"
)
_THIS_ONE: Final = " t.table_schema = coalesce(%s, database()) AND t.table_name = %s"
_ANY: Final = " t.table_schema NOT IN ('information_schema', 'mysql', 'performance_schema', 'sys')"
"""To look at all takes as long as there are tables, so only views and queries have it done."""
_VIEWS: Final = (
    "SELECT view_definition FROM information_schema.views"
    " WHERE table_schema = coalesce(%s, database()) AND table_name = %s"
)


def doubts_of_engines(connection: Connection, keys: SqlKeys) -> Iterator[str]:
    """Doubt a read of tables that change while they are read, whatever the transaction promises.

    Of a query, and of a view, every table counts whose name stands in its text.
    """
    if connection.dialect.name not in _KINDS:
        return
    for here, schema, table, engine in _restless(connection, keys):
        yield (
            f"the engine of its table {table if here else f'{schema}.{table}'} ({engine}) has no"
            " transactions, so rows may have moved while they were read"
        )


def _restless(connection: Connection, keys: SqlKeys) -> Iterator[Sequence[Any]]:
    place = None if keys.query is not None else Place.of(keys.table or "")
    if place is not None:
        yield from _rows(connection, f"{_TABLES}{_THIS_ONE}", place)
    text = _text_of(connection, keys.query, place)
    for row in _rows(connection, f"{_TABLES}{_ANY}") if text else ():
        if re.search(rf"(?<!\w){re.escape(row[2])}(?!\w)", text, re.IGNORECASE):
            yield row


def _rows(
    connection: Connection, query: str, place: Place | None = None
) -> Sequence[Sequence[Any]]:
    given = () if place is None else (place.schema, place.table)
    return connection.exec_driver_sql(query, given).all()


def _text_of(connection: Connection, query: str | None, place: Place | None) -> str:
    """Give the text in which the names of tables stand; empty for a table that is one itself."""
    if query is not None or place is None:
        return query or ""
    return "\n".join(view[0] or "" for view in _rows(connection, _VIEWS, place))
