"""How long the first load of a catalog takes until every row is recorded, and what a row weighs.

Beside it stand the same rows of the change-tracking table, written by the bare driver in one
transaction: what SQLite itself needs for them.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.bench.account import CONFIGURATION, first_load
from tests.bench.conftest import Measure, Tell
from tests.bench.figure import Beside, Figure, at_most
from tests.bench.products import write_table


@pytest.mark.timeout(3600)
def test_a_first_load(measure: Measure, tmp_path: Path, tell: Tell, rows: int) -> None:
    (tmp_path / "config.toml").write_text(CONFIGURATION)
    write_table(tmp_path / "catalog.csv", rows)

    loaded = measure(first_load, tmp_path)

    state = tmp_path / "syncd.db"
    raw = Beside("bare sqlite3 executemany", _raw_seconds(state, tmp_path / "raw.db"))
    name = f"{rows:,} rows, first load recorded"
    tell(Figure(name, loaded.seconds, "s", at_most(2.0), raw))
    tell(Figure(f"{name}: peak", loaded.peak, "MB", at_most(400)))
    tell(Figure("a row of the state on disk", state.stat().st_size / rows, "bytes", at_most(250)))


def _raw_seconds(state: Path, file: Path) -> float:
    """Write what stands in the table once more, in a file that has the same settings."""
    with closing(sqlite3.connect(state)) as like:
        layout = like.execute("SELECT sql FROM sqlite_master WHERE tbl_name = 'sku' AND sql > ''")
        statements = [statement for (statement,) in layout]
        rows = like.execute("SELECT * FROM sku").fetchall()
    places = ", ".join("?" * len(rows[0]))
    with closing(sqlite3.connect(file, isolation_level=None)) as raw:
        raw.execute("PRAGMA journal_mode = WAL")
        for statement in statements:
            raw.execute(statement)
        began = time.perf_counter()
        raw.execute("BEGIN IMMEDIATE")
        raw.executemany(f"INSERT INTO sku VALUES ({places})", rows)  # noqa: S608 - question marks
        raw.execute("COMMIT")
        return time.perf_counter() - began
