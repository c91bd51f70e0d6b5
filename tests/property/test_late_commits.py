"""Rows that are committed late are found by a later read of changes, whatever else happens."""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.catalog.from_database import SqlFetcher
from syncd.config import SqlCatalog

START = datetime(2026, 11, 21, tzinfo=UTC)
OVERLAP = 20
"""In minutes, or in numbers."""
LAST = 30
"""The last minute in which a row gets its time."""


@dataclass(frozen=True)
class Change:
    """A row that gets its time (or number) at one minute and is committed some minutes later."""

    id: int
    stamped: int
    delay: int

    @property
    def committed(self) -> int:
        return self.stamped + self.delay


CHANGES = st.lists(
    st.builds(
        Change,
        id=st.integers(0, 9),
        stamped=st.integers(0, LAST),
        delay=st.integers(0, OVERLAP),
    ),
    min_size=4,
    max_size=16,
)
POLLS = st.sets(st.integers(1, LAST + OVERLAP), min_size=2, max_size=5)


def time_of(minute: int, *, stamps: str) -> object:
    moment = START + timedelta(minutes=minute)
    return minute if stamps == "number" else f"{moment:%Y-%m-%dT%H:%M:%S}Z"


@pytest.mark.parametrize("stamps", ["number", "text"])
@settings(max_examples=15)
@given(changes=CHANGES, polls=POLLS)
def test_no_change_is_lost(stamps: str, changes: Sequence[Change], polls: set[int]) -> None:
    """At the end the copy that the reads have built equals the table."""
    with TemporaryDirectory() as folder:
        shop = _Shop(Path(folder), stamps)
        end = LAST + OVERLAP
        for minute in range(end + 1):
            shop.commit(change for change in changes if change.committed == minute)
            if minute in polls | {0, end}:
                shop.poll(minute)

        assert shop.copy == shop.table()


class _Shop:
    def __init__(self, folder: Path, stamps: str) -> None:
        self._file = folder / "shop.db"
        self._folder = folder
        self._stamps = stamps
        self._now = START
        self._since: str | None = None
        self.copy: dict[str, str] = {}
        with closing(sqlite3.connect(self._file)) as connection:
            connection.execute("CREATE TABLE products (sku PRIMARY KEY, mpn, changed)")
            if stamps == "number":  # with an index, changes are asked for in another way
                connection.execute("CREATE INDEX by_time ON products (changed)")
            first = ("first", "0", time_of(-60, stamps=stamps))
            connection.execute("INSERT INTO products VALUES (?, ?, ?)", first)
            connection.commit()
        overlap = OVERLAP if stamps == "number" else f"{OVERLAP}m"
        settings = {
            "type": "sql",
            "url": f"sqlite:///{self._file}",
            "table": "products",
            "mapping": {"id": "sku", "part_number": "mpn"},
            "updated_column": "changed",
            "overlap": overlap,
        }
        catalog = SqlCatalog.model_validate(settings)
        self._fetcher = SqlFetcher(catalog, ("sku", "mpn"), "sku", lambda: self._now)

    def commit(self, changes: Iterable[Change]) -> None:
        rows = [
            (f"A{one.id}", f"{one.stamped}+{one.delay}", time_of(one.stamped, stamps=self._stamps))
            for one in changes
        ]
        if rows:
            with closing(sqlite3.connect(self._file)) as connection:
                connection.executemany("INSERT OR REPLACE INTO products VALUES (?, ?, ?)", rows)
                connection.commit()

    def poll(self, minute: int) -> None:
        self._now = START + timedelta(minutes=minute)
        fetched = self._fetcher.fetch(self._folder, self._since)
        self._since = fetched.watermark
        with fetched.files[0].open(encoding="utf-8", newline="") as lines:
            self.copy |= dict(list(csv.reader(lines))[1:])

    def table(self) -> dict[str, str]:
        with closing(sqlite3.connect(self._file)) as connection:
            return dict(connection.execute("SELECT sku, mpn FROM products"))
