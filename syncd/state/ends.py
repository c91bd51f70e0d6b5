"""The two ends of a move: what differs between a file and a schema of PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

from sqlalchemy import insert

from syncd.state import opening
from syncd.state.holding import Timing
from syncd.state.sqlite import KEPT, beside, open_file

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection, Table

    from syncd.state.database import Database

Values: TypeAlias = tuple[Any, ...]
"""One row, its values in the order of the table's columns."""
_AT_ONCE: Final = 1000
_LOG_FILES: Final = ("-wal", "-shm")


class End(Protocol):
    """One place where a state is, or is to be."""

    @property
    def name(self) -> str:
        """What messages call the state."""

    @property
    def collation(self) -> str:
        """By which texts are ordered by code point there."""

    def is_there(self) -> bool:
        """Whether anything is; nothing is made."""

    def open(self) -> Database:
        """Open what is there to work on it: it is neither made nor migrated."""

    def take_time(self, connection: Connection) -> None:
        """Let this one transaction last as long as a move does."""

    def receiving(self) -> AbstractContextManager[Connection]:
        """Alone write to what may not be there yet; where the block raises, it is as it was."""

    def fill(self, connection: Connection, table: Table, rows: Iterable[Values]) -> None:
        """Add rows, without ever holding them all."""

    def settle(self, connection: Connection) -> None:
        """Go on numbering behind the rows that came, and look at what there is."""


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


def columns_of(table: Table) -> Sequence[str]:
    """Their names, in the order of `Values`."""
    return [column.name for column in table.c]
