"""Commits, told before and after they are made: SQLite's in one folder, and PostgreSQL's."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import psycopg

Reached = Callable[[str], None]

_WRITER: Final = "SELECT pg_current_xact_id_if_assigned()::text"


def watch_database(folder: Path, reached: Reached) -> None:
    """Have every commit of a transaction told that may write, for the rest of this process."""
    connect = sqlite3.connect

    def watched(database: Any, **options: Any) -> sqlite3.Connection:  # noqa: ANN401 - sqlite3's own
        path = Path(str(database).removeprefix("file:").partition("?")[0])
        if path.parent != folder:
            return connect(database, **options)  # type: ignore[no-any-return]  # its options are anything
        connection: _Connection = connect(database, factory=_Connection, **options)
        connection.name, connection.reached = path.name, reached
        return connection

    sqlite3.connect = watched  # type: ignore[assignment]  # as far as syncd uses it


def watch_server(reached: Reached) -> None:
    """Have every commit told that changes something in PostgreSQL, but for signs of life."""
    import psycopg

    commit = psycopg.Connection.commit

    def watched(connection: psycopg.Connection[Any]) -> None:
        if threading.current_thread().daemon or not _has_written(connection):
            commit(connection)
            return
        reached("the server commits")
        commit(connection)
        reached("the server has committed")

    psycopg.Connection.commit = watched  # type: ignore[method-assign, assignment]  # around it


def _has_written(connection: psycopg.Connection[Any]) -> bool:
    if connection.info.transaction_status.name != "INTRANS":
        return False
    (number,) = connection.execute(_WRITER).fetchone() or (None,)
    return number is not None


class _Connection(sqlite3.Connection):
    writes = False
    name: str
    reached: Reached

    def execute(self, sql: str, parameters: Any = ()) -> sqlite3.Cursor:  # noqa: ANN401 - sqlite3's own
        if sql == "BEGIN IMMEDIATE":
            self.writes = True
        return super().execute(sql, parameters)

    def commit(self) -> None:
        if not self.writes:
            super().commit()
            return
        self.writes = False
        self.reached(f"{self.name} commits")
        super().commit()
        self.reached(f"{self.name} has committed")

    def rollback(self) -> None:
        self.writes = False
        super().rollback()
