"""An end of a move in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from psycopg import sql

from syncd.state import schema
from syncd.state.ends import Values, columns_of
from syncd.state.postgres import opening
from syncd.state.postgres.line import Access
from syncd.state.postgres.pool import driver_of
from syncd.state.postgres.room import open_room

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table

    from syncd.state.database import Database
    from syncd.state.postgres.place import Place

_TAKE_TIME: Final = (
    "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0"
)
_COPY: Final = sql.SQL("COPY {} ({}) FROM STDIN")
_GO_ON: Final = sql.SQL(
    "SELECT setval(pg_get_serial_sequence({name}, {column}), coalesce(max({of}), 0) + 1, false)"
    " FROM {table}"
)


@dataclass(frozen=True, slots=True)
class PostgresEnd:
    """An account's schema."""

    place: Place

    @property
    def name(self) -> str:
        return self.place.name

    @property
    def collation(self) -> str:
        return "C"

    def is_there(self) -> bool:
        with closing(open_room(self.place, Access(writes=False))) as room:
            return opening.holds_tables(room)

    def open(self) -> Database:
        room = open_room(self.place, Access())
        return opening.open_as_it_is(room, opening.timing_of(room.now))

    def take_time(self, connection: Connection) -> None:
        connection.exec_driver_sql(_TAKE_TIME)

    @contextmanager
    def receiving(self) -> Iterator[Connection]:
        with (
            closing(open_room(self.place, Access())) as room,
            room.writing() as connection,
        ):
            self.take_time(connection)
            opening.make_schema(connection, room)
            yield connection

    def fill(self, connection: Connection, table: Table, rows: Iterable[Values]) -> None:
        columns = sql.SQL(", ").join(map(sql.Identifier, columns_of(table)))
        statement = _COPY.format(sql.Identifier(table.name), columns)
        with driver_of(connection).cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)

    def settle(self, connection: Connection) -> None:
        """A planner that has never looked takes a million rows for a few."""
        driver = driver_of(connection)
        for table in schema.metadata.sorted_tables:
            numbered = table.autoincrement_column
            if numbered is not None:
                names = {
                    "name": sql.Literal(table.name),
                    "column": sql.Literal(numbered.name),
                    "of": sql.Identifier(numbered.name),
                    "table": sql.Identifier(table.name),
                }
                driver.execute(_GO_ON.format(**names))
            driver.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(table.name)))
