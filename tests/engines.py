"""One columnar engine for all that a test process opens: to start one takes 20 ms of processor.

Each opening still finds an empty database, which goes with its closing. Whoever asks for settings
of its own, such as little memory, gets an engine of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Final, TypeAlias

import duckdb

Settings: TypeAlias = dict[str, str | bool | int | float | list[str]]

_UNNAMED: Final = ":memory:"
_OF_ITS_OWN: Final = "temp_directory"
"""The only setting that differs from one opening to the next, and decides nothing."""
_USUAL: Final[tuple[Settings, ...]] = (
    {},
    {"memory_limit": "256MB"},
    {"memory_limit": "128MB", "threads": 2},
)
"""The room that tests, catalogs and states take, unless a test is about just that."""

_WHAT_IS_MADE: Final = (
    ("VIEW", "SELECT view_name FROM duckdb_views() WHERE NOT internal"),
    ("TABLE", "SELECT table_name FROM duckdb_tables()"),
)
"""What syncd makes in a database, in an order in which it can go.

To ask for macros as well, of which it makes none, takes as long as to start an engine.
"""


class Engines:
    """Engines by their settings, each lent to one at a time and emptied when it comes back."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._idle: dict[str, list[duckdb.DuckDBPyConnection]] = {}
        self._start = duckdb.connect

    def connect(
        self, database: str = _UNNAMED, *, config: Settings | None = None
    ) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """What `duckdb.connect` gives, for a `with` alone."""
        settings = dict(config or {})
        if database != _UNNAMED or _room(settings) not in _USUAL:
            return self._start(database, config=settings)
        return self._lent({name: settings[name] for name in settings if name != _OF_ITS_OWN})

    @contextmanager
    def _lent(self, settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
        idle = self._idle.setdefault(repr(sorted(settings.items())), [])
        try:
            engine = idle.pop()
        except IndexError:
            engine = self._start(_UNNAMED, config={**settings, _OF_ITS_OWN: self._folder})
        try:
            with engine.cursor() as connection:
                yield connection
            _empty(engine)
        except BaseException:
            engine.close()
            raise
        idle.append(engine)

    def end(self) -> None:
        """Close them all."""
        for idle in self._idle.values():
            for engine in idle:
                engine.close()


def _empty(engine: duckdb.DuckDBPyConnection) -> None:
    for kind, listed in _WHAT_IS_MADE:
        for (name,) in engine.execute(listed).fetchall():
            engine.execute(f'DROP {kind} "{name}"')


def _room(settings: Settings) -> Settings:
    return {name: settings[name] for name in ("memory_limit", "threads") if name in settings}
