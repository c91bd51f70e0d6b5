"""The embedded engine that reads and compares: how it is opened, and what its errors mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from syncd.catalog.room import no_room, usual_folder
from syncd.config import CatalogSection
from syncd.errors import CatalogError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


_UNWRITABLE: Final = "Could not write"
_FULL: Final = "max_temp_directory_size"
"""The setting that the engine names where a disk has no room for what does not fit into memory."""
_AS_THEY_ARE: Final[Mapping[str, str]] = MappingProxyType({})


@contextmanager
def opened(settings: CatalogSection, folder: Path) -> Iterator[DuckDBPyConnection]:
    """Open a database in memory that spills into `folder` and never fetches an extension."""
    import duckdb

    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": settings.memory_limit,
        "temp_directory": str(folder),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "python_enable_replacements": False,
    }
    if settings.threads is not None:
        config["threads"] = settings.threads
    with duckdb.connect(":memory:", config=config) as connection:
        yield connection


@contextmanager
def explained(
    source: str, settings: CatalogSection, names: Mapping[str, str] = _AS_THEY_ARE
) -> Iterator[None]:
    """Turn what the engine says of a source into a `CatalogError`; our own bugs pass through.

    `names` are what the paths that the engine knows stand for.
    """
    import duckdb

    try:
        yield
    except duckdb.OutOfMemoryException as error:
        if _FULL in str(error):
            raise no_room(usual_folder(), "what it compares does not fit there") from error
        raise CatalogError(
            source,
            f"reading and comparing it needs more than {settings.memory_limit} of memory",
            "Raise catalog.memory_limit, or lower catalog.threads",
        ) from error
    except (duckdb.InvalidInputException, duckdb.ConversionException) as error:
        raise CatalogError(
            source,
            f"it cannot be read as what its ending says ({_said(error, names)})",
            "Look whether the export is whole, and correct catalog.format, delimiter or quote",
        ) from error
    except duckdb.Error as error:
        if type(error) not in {duckdb.Error, duckdb.IOException}:  # the bare one is of damage
            raise
        if _UNWRITABLE in str(error):
            raise no_room(usual_folder(), _said(error, names).rpartition(": ")[2]) from error
        raise CatalogError(
            source,
            f"reading it failed ({_said(error, names)})",
            "Look after the disk and the export, then run again",
        ) from error


def _said(error: Exception, names: Mapping[str, str]) -> str:
    line = str(error).strip().partition("\n")[0].rstrip(". ")
    for path, name in names.items():
        line = line.replace(path, name)
    return line


def load_engine() -> None:
    """Have the engine's code at hand, before it is needed."""
    import duckdb  # noqa: F401


def engine_version() -> str:
    """Give DuckDB's version, for its hashes may differ from one to the next; does not import it."""
    return version("duckdb")


def count(connection: DuckDBPyConnection, query: str) -> int:
    """Run a query whose answer is one number."""
    row = connection.execute(query).fetchone()
    return 0 if row is None or row[0] is None else int(row[0])
