"""Tables in a database that loses its file, its columns or its rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random

from syncd.catalog.from_database import SqlFetcher
from syncd.config import SqlCatalog
from tests.property.broken_reads.trial import COLUMNS, IDS, Case, Rig, stays_sound


def database_case(rig: Rig, chance: Random) -> Case:
    """Break a table of a SQLite file."""
    file = rig.folder / "shop.db"
    ids = chance.sample(IDS, chance.randint(1, len(IDS)))
    _fill(file, ids, chance)
    sound = stays_sound(chance)
    way = None if sound else chance.choice(WAYS)
    if way is not None:
        way(file, chance)
    keys = {"type": "sql", "url": f"sqlite:///{file}", "mapping": COLUMNS}
    keys |= chance.choice(({"table": "goods"}, {"query": "SELECT * FROM goods"}))
    keys |= chance.choice(({}, {"deleted_column": "deleted"}))
    catalog = SqlCatalog.model_validate(keys)
    words = f"{len(ids)} rows, {keys}, {getattr(way, '__name__', way)}"
    return Case(words, SqlFetcher.of_catalog(catalog), frozenset(ids), sound)


def _fill(file: Path, ids: list[str], chance: Random) -> None:
    """Write rows long enough for the table to have several pages."""
    file.unlink(missing_ok=True)
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("PRAGMA page_size = 512")
        connection.execute("CREATE TABLE goods (id, mpn, origin, notes, deleted)")
        rows = [(item, f"P-{item}", "DK", "x" * chance.randint(0, 300), 0) for item in ids]
        connection.executemany("INSERT INTO goods VALUES (?, ?, ?, ?, ?)", rows)


def _run(file: Path, *statements: str) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def _cut(file: Path, chance: Random) -> None:
    whole = file.read_bytes()
    file.write_bytes(whole[: chance.randrange(1, len(whole))])


def _wiped(file: Path, chance: Random) -> None:
    whole = bytearray(file.read_bytes())
    at = chance.randrange(0, len(whole), 512)
    whole[at : at + 512] = b"\xff" * 512
    file.write_bytes(bytes(whole))


def _no_file(file: Path, _: Random) -> None:
    file.unlink()


def _no_table(file: Path, _: Random) -> None:
    _run(file, "DROP TABLE goods")


def _no_rows(file: Path, _: Random) -> None:
    _run(file, "DELETE FROM goods")


def _no_id(file: Path, _: Random) -> None:
    _run(file, "ALTER TABLE goods RENAME COLUMN id TO sku")


def _null_ids(file: Path, _: Random) -> None:
    _run(file, "UPDATE goods SET id = NULL WHERE rowid % 2 = 1")


def _spoilt_ids(file: Path, _: Random) -> None:
    _run(file, "UPDATE goods SET id = CAST(x'534bff' || id AS TEXT) WHERE rowid % 2 = 1")


def _broken_ids(file: Path, _: Random) -> None:
    _run(file, "UPDATE goods SET id = id || char(10) WHERE rowid = 1")
    _run(file, "UPDATE goods SET id = char(0) || id WHERE rowid = 2")


def _unclear_deletion(file: Path, _: Random) -> None:
    _run(file, "UPDATE goods SET deleted = 'perhaps', id = NULL WHERE rowid = 1")


WAYS: tuple[Callable[[Path, Random], None], ...] = (
    _cut,
    _cut,
    _wiped,
    _no_file,
    _no_table,
    _no_rows,
    _no_id,
    _null_ids,
    _spoilt_ids,
    _broken_ids,
    _unclear_deletion,
)
