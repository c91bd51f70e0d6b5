"""What is SQLite's own: rows in bulk."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Final

from sqlalchemy import Connection, literal, literal_column
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.sqlite import insert

from syncd.state import queries, schema
from syncd.state.codec import BEGUN, BegunRow, SkuRow
from syncd.state.fingerprints import Fingerprint
from syncd.state.sqlite.file import driver_of

_DIALECT: Final = sqlite.dialect()


def upsert(connection: Connection, rows: Iterable[SkuRow]) -> None:
    """Insert or replace rows of `sku`, the last one of an id winning."""
    driver_of(connection).executemany(_upsert(), rows)


def begin(connection: Connection, shared: SkuRow, begun: Iterable[BegunRow]) -> bool:
    """Insert rows of `sku`; False, and nothing done, where the id of one of them is there."""
    try:
        with connection.begin_nested():
            driver_of(connection).executemany(_insert(shared), begun)
    except sqlite3.IntegrityError:
        return False
    return True


@cache  # to make its text takes longer than to settle a batch by it
def _upsert() -> str:
    statement = insert(schema.sku)
    replaced = {
        column.name: statement.excluded[column.name]
        for column in schema.sku.c
        if not column.primary_key
    }
    upsert = statement.on_conflict_do_update(index_elements=["id"], set_=replaced)
    return str(upsert.compile(dialect=_DIALECT))


@lru_cache(maxsize=4)  # rows begin alike until one is forgotten
def _insert(shared: SkuRow) -> str:
    """What all rows have in common stands in the statement: to bind it takes twice the time."""
    given = iter(shared)
    values = {
        column.name: literal_column("?")
        if column.name in BEGUN
        else literal(next(given), column.type)
        for column in schema.sku.c
    }
    statement = insert(schema.sku).values(values).inline()  # to give ids back takes thrice the time
    return str(statement.compile(dialect=_DIALECT, compile_kwargs={"literal_binds": True}))


def fingerprints(connection: Connection) -> Iterable[Fingerprint]:
    """What the copy of fingerprints holds, as it comes."""
    return driver_of(connection).execute(str(queries.FINGERPRINTS.compile(dialect=_DIALECT)))
