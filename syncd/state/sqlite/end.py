"""An end of a move in a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import insert

from syncd.state.holding import Timing
from syncd.state.sqlite import opening
from syncd.state.sqlite.file import KEPT, beside, open_file

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table

    from syncd.state.database import Database
    from syncd.state.ends import Values

_AT_ONCE: Final = 1000
_LOG_FILES: Final = ("-wal", "-shm")


@dataclass(frozen=True, slots=True)
class FileEnd:
    """A file of SQLite."""

    file: Path

    @property
    def name(self) -> str:
        return opening.name_of(self.file)

    @property
    def collation(self) -> str:
        return "BINARY"

    def is_there(self) -> bool:
        return opening.has_content(self.file)

    def open(self) -> Database:
        return opening.open_as_it_is(self.file, Timing())

    def take_time(self, connection: Connection) -> None:
        """It may, anyway."""

    @contextmanager
    def receiving(self) -> Iterator[Connection]:
        is_new = opening.make(self.file)
        try:
            with (
                closing(open_file(self.name, self.file, KEPT)) as opened,
                opened.writing() as connection,
            ):
                yield connection
        except BaseException:
            if is_new:
                self._remove()
            raise

    def fill(self, connection: Connection, table: Table, rows: Iterable[Values]) -> None:
        statement, rest = str(insert(table).compile(connection)), iter(rows)
        while batch := list(islice(rest, _AT_ONCE)):
            connection.exec_driver_sql(statement, batch)

    def settle(self, connection: Connection) -> None:
        """SQLite numbers behind the highest number there is, by itself."""
        connection.exec_driver_sql("ANALYZE")

    def _remove(self) -> None:
        for ending in ("", *_LOG_FILES):
            beside(self.file, ending).unlink(missing_ok=True)
