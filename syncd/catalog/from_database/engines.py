"""Tables of MariaDB and MySQL whose engine knows no transactions: no moment holds them still."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from syncd.catalog.from_database.selection import Place
from syncd.config import SqlKeys

if TYPE_CHECKING:
    from sqlalchemy import Connection

_KINDS: Final = frozenset({"mariadb", "mysql"})
_TABLES: Final = (
    "SELECT t.table_schema = database() AS here, t.table_schema, t.table_name, t.engine"
    " FROM information_schema.tables t JOIN information_schema.engines e ON e.engine = t.engine"
    " WHERE t.table_type = 'BASE TABLE' AND coalesce(e.transactions, 'NO') <> 'YES' AND"
    " t.table_schema NOT IN ('information_schema', 'mysql', 'performance_schema', 'sys')"
)
_VIEWS: Final = (
    "SELECT view_definition FROM information_schema.views WHERE table_name = %s"
    " AND table_schema = coalesce(%s, database())"
)


def doubts_of_engines(connection: Connection, keys: SqlKeys) -> Iterator[str]:
    """Doubt a read of tables that change while they are read, whatever the transaction promises.

    Of a query, and of a view, every table counts whose name stands in its text.
    """
    if connection.dialect.name not in _KINDS:
        return
    restless = connection.exec_driver_sql(_TABLES).all()
    text = _text_of(connection, keys) if restless else ""
    for here, schema, table, engine in restless:
        name = table if here else f"{schema}.{table}"
        if re.search(rf"(?<!\w){re.escape(table)}(?!\w)", text, re.IGNORECASE):
            yield (
                f"the engine of its table {name} ({engine}) has no transactions, so rows may have"
                " moved while they were read"
            )


def _text_of(connection: Connection, keys: SqlKeys) -> str:
    """Give the text in which the names of all tables stand that are read."""
    if keys.query is not None:
        return keys.query
    place = Place.of(keys.table or "")
    views = connection.exec_driver_sql(_VIEWS, (place.table, place.schema)).scalars()
    return "\n".join((place.table, *(view or "" for view in views)))
