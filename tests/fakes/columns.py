"""One columnar engine for all fakes of a process: to start one takes longer than most tests."""

from __future__ import annotations

from functools import cache

import duckdb


def columnar_engine() -> duckdb.DuckDBPyConnection:
    """A cursor of its own for each caller, which closes it."""
    return _engine().cursor()


@cache
def _engine() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(":memory:fakes")
