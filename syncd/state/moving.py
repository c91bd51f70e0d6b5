"""Moving a state: copied whole, compared row by row, and the old one marked, or nothing at all."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Final

import orjson
import structlog
from sqlalchemy import String, collate, inspect, select

from syncd.errors import StateError
from syncd.state import facts, migrate, moved, schema

if TYPE_CHECKING:
    from sqlalchemy import Column, ColumnElement, Connection, Select, Table

    from syncd.state.database import Database
    from syncd.state.ends import End, Values

_AT_ONCE: Final = 2000
TABLES: Final = tuple(
    table for table in schema.metadata.sorted_tables if table is not schema.version
)
"""All there are, but for the one that tells which version has made them."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class MovedTable:
    """One table as it was read back from both databases: the digest is over all its rows."""

    name: str
    rows: int
    digest: str


@dataclass(frozen=True, slots=True)
class Moved:
    """A move that is done, by the names of both states."""

    source: str
    target: str
    tables: tuple[MovedTable, ...]


@dataclass(frozen=True, slots=True)
class Move:
    """From where, to where, by whom and when."""

    source: End
    target: End
    holder: str
    now: datetime

    def carry_out(self) -> Moved:
        """Move the state while nobody else can work on either; raises `StateError`.

        The mark on the old one is there before the new one is: if the machine stops in between,
        there is one state too few, which `reclaim` mends, and never one too many.
        """
        with self._alone() as database, self.target.receiving() as there:
            self._make_room(there)
            with database.writing() as here:
                self.source.take_time(here)
                tables = tuple(self._copied(table, here, there) for table in TABLES)
                moved.mark(here, self.target.name, self.now)
            self.target.settle(there)
        _log.info("state.moved", state=self.source.name, to=self.target.name)
        return Moved(self.source.name, self.target.name, tables)

    @contextmanager
    def _alone(self) -> Iterator[Database]:
        """Be on duty and hold the lease; raises `LeaseHeldError` where somebody else is."""
        if not self.source.is_there():
            raise no_state(self.source.name)
        with closing(self.source.open()) as database:
            with database.reading() as connection:
                _refuse_other_tables(connection, database.name)
            with database.duty(self.holder), database.lease(self.holder, timedelta()):
                yield database

    def _make_room(self, there: Connection) -> None:
        """Make the tables, or see that those that are there are empty."""
        name = self.target.name
        if migrate.standing(there, name) is migrate.Standing.EMPTY:
            migrate.create(there)
            return
        _refuse_other_tables(there, name)
        for table in TABLES:
            if there.execute(_query(table, self.target).limit(1)).first() is not None:
                raise StateError(
                    name,
                    f"it is not empty, for there are rows in its table {table.name}",
                    "Name a file that is not there yet, or an account that was never used",
                )

    def _copied(self, table: Table, here: Connection, there: Connection) -> MovedTable:
        sent, kept = _query(table, self.source), _query(table, self.target)
        with _rows(here, sent) as rows:
            self.target.fill(there, table, rows)
        with _rows(here, sent) as rows, _rows(there, kept) as others:
            compared = self._compared(table, rows, others)
        _log.info("state.table_copied", table=table.name, rows=compared.rows)
        return compared

    def _compared(self, table: Table, sent: Iterable[Values], kept: Iterable[Values]) -> MovedTable:
        """Hold what both databases give against each other, by the order of keys."""
        digest, count = hashlib.sha256(), 0
        for line, other in zip_longest(map(_line, sent), map(_line, kept)):
            if line is None or line != other:
                raise StateError(
                    self.target.name,
                    f"row {count + 1} of the table {table.name} is not as it was sent",
                    "Nothing was changed; run it again, and report it if it happens again",
                )
            digest.update(line)
            count += 1
        return MovedTable(table.name, count, digest.hexdigest())


def reclaim(end: End) -> int:
    """Take back a state that was moved; returns how many items will be looked up before a write.

    Raises `StateError` where it was not moved.
    """
    if not end.is_there():
        raise no_state(end.name)
    with closing(end.open()) as database, database.writing() as connection:
        in_doubt = moved.reclaim(connection)
        if in_doubt is None:
            raise StateError(end.name, "it was not moved anywhere", "Work on it as before")
    _log.warning("state.reclaimed", state=end.name, in_doubt=in_doubt)
    return in_doubt


def no_state(name: str) -> StateError:
    """What whoever names nothing is told."""
    return StateError(name, "there is no state", "Name the one that syncd has worked with")


def _refuse_other_tables(connection: Connection, name: str) -> None:
    """Raise `StateError` where the tables are not exactly those of this version."""
    if migrate.standing(connection, name) is not migrate.Standing.CURRENT:
        raise StateError(
            name,
            "an older version of syncd has made it (its tables are at"
            f" {migrate.revision_of(connection, name)}, this version's at"
            f" {migrate.revisions()[-1]})",
            "Let this version work on it once, by syncd --once or its service, then move it",
        )
    unknown = set(inspect(connection).get_table_names()) - set(schema.metadata.tables)
    if unknown:
        words = f"it has tables that syncd has not made: {', '.join(sorted(unknown))}"
        raise StateError(name, words, "Take them out, or leave the state where it is")


@contextmanager
def _rows(connection: Connection, query: Select[Any]) -> Iterator[Iterator[Values]]:
    """All of them, without ever holding them all."""
    with connection.execute(query, execution_options={"yield_per": _AT_ONCE}) as found:
        yield map(tuple, found)


def _query(table: Table, end: End) -> Select[Any]:
    """All that is the state's own, in an order that both databases agree on."""
    query = select(table).order_by(*(_in_order(column, end) for column in table.primary_key))
    if table is schema.fact:
        return query.where(schema.fact.c.key.not_in(facts.OF_ITS_PLACE))
    return query


def _in_order(column: Column[Any], end: End) -> ColumnElement[Any]:
    return collate(column, end.collation) if isinstance(column.type, String) else column


def _line(row: Values) -> bytes:
    """One row, so that no other row or two could read the same."""
    return orjson.dumps(row, default=bytes.hex, option=orjson.OPT_APPEND_NEWLINE)
