"""The embedded columnar engine, as the state uses it: small, offline, spilling to a folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_SETTINGS: Final[dict[str, str | bool | int | float | list[str]]] = {
    "memory_limit": "128MB",
    "threads": 2,
    "preserve_insertion_order": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}


@contextmanager
def columnar_engine(spill: Path) -> Iterator[DuckDBPyConnection]:
    """An engine in memory that puts into this folder what does not fit."""
    import duckdb

    with duckdb.connect(config={**_SETTINGS, "temp_directory": str(spill)}) as engine:
        yield engine


def literal(text: str) -> str:
    """The text as a literal, for statements that take no parameters."""
    quoted = text.replace("'", "''")
    return f"'{quoted}'"


def first_line(error: Exception) -> str:
    """What the engine complains of, without its explanations."""
    return str(error).partition("\n")[0]
