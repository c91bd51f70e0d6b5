"""From a URL to the ways to open the state that it names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from syncd.errors import ConfigurationError

if TYPE_CHECKING:
    from syncd.ports import State
    from syncd.state.ends import End
    from syncd.state.holding import Now
    from syncd.state.postgres.place import Place
    from syncd.state.postgres.pool import Pools

_KEY: Final = "state.url"
_EXAMPLE: Final = "sqlite:///syncd.db"


class Door(Protocol):
    """The ways to open one state."""

    def to_work(self, now: Now | None) -> State:
        """For a cycle; it is made or migrated where need be."""

    def to_write(self, patience: timedelta) -> State:
        """For small writes that wait no longer than this."""

    def to_read(self) -> State:
        """As it is, without a change to it."""

    def to_look(self, patience: timedelta) -> State:
        """Beside a process's own work on it, waiting no longer than this."""

    def to_move(self) -> End:
        """To move it elsewhere, or to move another one here; nothing is opened yet."""


@dataclass(frozen=True, slots=True)
class FileDoor:
    """To a file of SQLite."""

    file: Path

    def to_work(self, now: Now | None) -> State:
        from syncd.state.holding import Timing
        from syncd.state.sqlite import opening

        return opening.open_for_writing(self.file, None if now is None else Timing(now))

    def to_write(self, patience: timedelta) -> State:
        from syncd.state.sqlite import opening

        return opening.open_for_writing(self.file, busy_timeout=patience)

    def to_read(self) -> State:
        from syncd.state.sqlite import opening

        return opening.open_for_reading(self.file)

    def to_look(self, patience: timedelta) -> State:
        from syncd.state.sqlite import opening

        return opening.open_beside(self.file, patience)

    def to_move(self) -> End:
        from syncd.state.sqlite.end import FileEnd

        return FileEnd(self.file)


@dataclass(frozen=True, slots=True)
class PostgresDoor:
    """To an account's place in PostgreSQL."""

    place: Place
    pools: Pools | None = None

    def to_work(self, now: Now | None) -> State:
        from syncd.state.postgres import opening

        timing = None if now is None else opening.timing_of(now)
        if self.pools is not None:
            return opening.open_among_others(self.place, self.pools, timing)
        return opening.open_for_writing(self.place, timing)

    def to_write(self, patience: timedelta) -> State:
        from syncd.state.postgres import opening

        return opening.open_for_writing(self.place, patience=patience)

    def to_read(self) -> State:
        from syncd.state.postgres import opening

        return opening.open_for_reading(self.place)

    def to_look(self, patience: timedelta) -> State:
        from syncd.state.postgres import opening

        return opening.open_beside(self.place, patience)

    def to_move(self) -> End:
        from syncd.state.postgres.end import PostgresEnd

        return PostgresEnd(self.place)


def door_to(url: str, account: str | None, pools: Pools | None = None) -> Door:
    """Find the state; raises `ConfigurationError`, which never shows the URL whole.

    `pools` are what whoever works for many accounts keeps.
    """
    parts = parts_of(url)
    if parts.get_backend_name() != "postgresql":
        return FileDoor(_file(parts))
    from syncd.state.postgres.place import place_of

    return PostgresDoor(place_of(parts, account), pools)


def sqlite_file(url: str) -> Path:
    """The file that the URL names; raises like `door_to`."""
    return _file(parts_of(url))


def parts_of(url: str, key: str = _KEY) -> URL:
    """Part a URL that stands under this key; raises `ConfigurationError`."""
    try:
        return make_url(url)
    except (ArgumentError, ValueError) as error:  # a port may be no number, or a part of a password
        raise ConfigurationError(
            key, "it is not a database URL", f'Write it like "{_EXAMPLE}"'
        ) from error


def _file(parts: URL) -> Path:
    kind = parts.get_backend_name()
    if kind != "sqlite":
        raise ConfigurationError(
            _KEY,
            f'there is no state in "{kind}"',
            f'Use a file of SQLite, like "{_EXAMPLE}", or a database of PostgreSQL',
        )
    file = parts.database
    if parts.query or not file or file == ":memory:" or "\0" in file:
        raise ConfigurationError(
            _KEY,
            "the state has to be a file, without parameters behind it or a NUL in its name",
            f'Write it like "{_EXAMPLE}"',
        )
    return Path(file)
