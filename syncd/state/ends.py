"""The two ends of a move: what differs between a file and a schema of PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table

    from syncd.state.database import Database

Values: TypeAlias = tuple[Any, ...]
"""One row, its values in the order of the table's columns."""


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


def columns_of(table: Table) -> Sequence[str]:
    """Their names, in the order of `Values`."""
    return [column.name for column in table.c]
