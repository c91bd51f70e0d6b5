"""SQLite's commits in one folder, told before and after they are made."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

Reached = Callable[[str], None]


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


class _Connection(sqlite3.Connection):
    writes = False
    name: str
    reached: Reached

    def cursor(self, *_: object) -> sqlite3.Cursor:  # type: ignore[override]  # SQLAlchemy wants its own alone
        return super().cursor(_Cursor)

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


class _Cursor(sqlite3.Cursor):
    def execute(self, sql: str, parameters: Any = ()) -> _Cursor:  # noqa: ANN401 - sqlite3's own
        if sql == "BEGIN IMMEDIATE" and isinstance(self.connection, _Connection):
            self.connection.writes = True
        super().execute(sql, parameters)
        return self
