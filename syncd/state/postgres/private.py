"""A private copy of older tables, in a file, where a migration may run that is due."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, MetaData, Row, Table, select

from syncd.state import migrate, schema
from syncd.state.sqlite.opening import open_private

if TYPE_CHECKING:
    from syncd.state.adapter import SqlState
    from syncd.state.postgres.room import PostgresRoom
    from syncd.state.sqlite.file import SqliteFile

_AT_ONCE: Final = 10_000


def open_migrated_copy(room: PostgresRoom) -> SqlState:
    """Copy every row, migrate the copy, and open that to read; the room is closed."""
    with closing(room):
        return open_private(room.name, partial(_fill, room))


def _fill(room: PostgresRoom, copy: SqliteFile) -> None:
    """Make the tables as they are there, and copy one moment of them."""
    with room.reading() as source, copy.writing() as target:
        revision = migrate.revision_of(source, room.name)
        if revision is None:
            return
        migrate.upgrade(target, revision)
        there = MetaData()
        there.reflect(source)
        for table in there.sorted_tables:
            if table.name != schema.version.name:
                _copy(source, target, table)


def _copy(source: Connection, target: Connection, table: Table) -> None:
    names = [column.name for column in table.c]
    places = ", ".join("?" * len(names))
    columns = ", ".join(f'"{name}"' for name in names)
    insert = f'INSERT INTO "{table.name}" ({columns}) VALUES ({places})'
    for batch in _batches(source, table):
        target.exec_driver_sql(insert, [tuple(row) for row in batch])


def _batches(source: Connection, table: Table) -> Iterator[list[Row[Any]]]:
    rows = source.execute(select(table), execution_options={"yield_per": _AT_ONCE})
    yield from map(list, rows.partitions())
