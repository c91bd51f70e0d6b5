"""Whether SQLite finds what has changed by an index: for two conditions in one, it never does.

Each condition by itself costs what it finds, however large the table is. Without an index, two
scans would cost more than one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from syncd.catalog.from_database.selection import Selection
from syncd.catalog.from_database.watermark import Mark

if TYPE_CHECKING:
    from sqlalchemy import Connection, Select

_READS_ALL: Final = ("SCAN", "AUTOMATIC")
"""What stands in a plan that looks at every row of a table, if only to make an index of its own."""
_STEP: Final = 3
"""Where in a line of a plan the words stand."""


def seeking(connection: Connection, selection: Selection, start: Mark) -> Selection:
    """Ask by index where SQLite then looks at nothing but what has changed; else as before."""
    if connection.dialect.name != "sqlite":
        return selection
    by_index = replace(selection, by_index=True)
    (together,) = (_plan(connection, arm) for arm in selection.arms(start))
    apart = [_plan(connection, arm) for arm in by_index.arms(start)]
    return by_index if all(_seeks(plan) and plan != together for plan in apart) else selection


def _seeks(plan: Sequence[str]) -> bool:
    return not any(word in step for step in plan for word in _READS_ALL)


def _plan(connection: Connection, asked: Select[Any]) -> list[str]:
    """Ask for the steps; no value makes them others, so none is given."""
    compiled = asked.compile(connection)
    given = (None,) * len(compiled.params)
    found = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", given)
    return [line[_STEP] for line in found]
