"""What is PostgreSQL's own: rows in bulk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final

import psycopg
from psycopg import sql

from syncd.domain.journal import WriteId
from syncd.state import journal, queries, schema
from syncd.state.codec import SkuRow
from syncd.state.fingerprints import Fingerprint
from syncd.state.journal import Entered
from syncd.state.postgres.pool import driver_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

_FEW: Final = 32
"""Rows that are quicker written one by one than copied and merged."""
_AT_ONCE: Final = 10_000


def _names(columns: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))


_NAMES: Final = [column.name for column in schema.sku.c]
_COLUMNS: Final = _names(_NAMES)
_REPLACED: Final = sql.SQL("ON CONFLICT (id) DO UPDATE SET ") + sql.SQL(", ").join(
    sql.SQL("{0} = excluded.{0}").format(sql.Identifier(name)) for name in _NAMES if name != "id"
)
_UPSERT: Final = sql.SQL("INSERT INTO sku ({columns}) VALUES ({places}) {replaced}").format(
    columns=_COLUMNS, places=sql.SQL(", ").join(sql.Placeholder() * len(_NAMES)), replaced=_REPLACED
)
INCOMING: Final = sql.Identifier("pg_temp", "incoming")
"""Where rows of `sku` wait to be merged: a table of one session."""
_MAKE_INCOMING: Final = sql.SQL(
    "CREATE TEMPORARY TABLE IF NOT EXISTS incoming (LIKE sku) ON COMMIT DELETE ROWS"
)
_MERGE: Final = sql.SQL(
    "INSERT INTO sku ({columns}) SELECT DISTINCT ON (id) {columns} FROM {incoming}"
    " ORDER BY id, ctid DESC {replaced}"
).format(columns=_COLUMNS, incoming=INCOMING, replaced=_REPLACED)
_FIRST_KNOWN: Final = sql.SQL("SELECT id FROM {} JOIN sku USING (id) LIMIT 1").format(INCOMING)
_COPY: Final = sql.SQL("COPY {} ({}) FROM STDIN").format(INCOMING, _COLUMNS)
_NUMBERS: Final = (
    "SELECT nextval(pg_get_serial_sequence('journal', 'write')) FROM generate_series(1, %s)"
)
_ENTER: Final = sql.SQL("COPY journal ({}) FROM STDIN")
_EMPTY: Final = sql.SQL("TRUNCATE {}").format(INCOMING)


def upsert(connection: Connection, rows: Iterable[SkuRow]) -> None:
    """Insert or replace rows of `sku`: many of them by COPY, the last one of an id winning."""
    rest, driver = iter(rows), driver_of(connection)
    few = list(islice(rest, _FEW))
    if len(few) < _FEW:
        with driver.cursor() as cursor:
            cursor.executemany(_UPSERT, few)
        return
    fill_incoming(driver, chain(few, rest))
    driver.execute(_MERGE)
    driver.execute(_EMPTY)


def begin(connection: Connection, rows: Iterable[SkuRow]) -> bool:
    """Insert rows of `sku`; False, and nothing done, where the id of one of them is there."""
    driver = driver_of(connection)
    if not fill_with_new(driver, rows):
        return False
    driver.execute(_MERGE)
    driver.execute(_EMPTY)
    return True


def fill_with_new(driver: psycopg.Connection[Any], rows: Iterable[SkuRow]) -> bool:
    """Copy rows to where they wait; False, and none waits, where the id of one is in `sku`."""
    fill_incoming(driver, rows)
    found = driver.execute(_FIRST_KNOWN).fetchone()
    if found is not None:
        driver.execute(_EMPTY)
    return found is None


def enter(connection: Connection, entries: Sequence[Entered]) -> list[WriteId]:
    """Write entries into the journal: many of them by COPY, under numbers that are drawn before."""
    if len(entries) < _FEW:
        return journal.inserted(connection, entries)
    driver = driver_of(connection)
    numbers = [number for (number,) in driver.execute(_NUMBERS, [len(entries)]).fetchall()]
    names = ("write", *entries[0])
    with driver.cursor() as cursor, cursor.copy(_ENTER.format(_names(names))) as copy:
        for number, entry in zip(numbers, entries, strict=True):
            copy.write_row((number, *entry.values()))
    return [WriteId(number) for number in numbers]


def fill_incoming(driver: psycopg.Connection[Any], rows: Iterable[SkuRow]) -> None:
    """Copy rows to where they wait to be merged."""
    driver.execute(_MAKE_INCOMING)
    with driver.cursor() as cursor, cursor.copy(_COPY) as copy:
        for row in rows:
            copy.write_row(row)


def fingerprints(connection: Connection) -> Iterator[Fingerprint]:
    """What the copy of fingerprints holds, as it comes."""
    rows = connection.execute(queries.FINGERPRINTS, execution_options={"yield_per": _AT_ONCE})
    return (tuple(row) for row in rows)
