"""Where a state stands in PostgreSQL: the database that a URL names, and one schema an account."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from syncd.domain.extras import installing
from syncd.errors import ConfigurationError

if TYPE_CHECKING:
    from sqlalchemy import URL

SHARED: Final = "syncd"
"""The schema of what belongs to no account: the pace of keys."""

_DRIVER: Final = "postgresql+psycopg"
_PREFIX: Final = "syncd_"
_DIGEST_SIZE: Final = 12
_MOST_BYTES: Final = 63
"""PostgreSQL cuts longer names off, and two accounts would be one."""


@dataclass(frozen=True, slots=True)
class Place:
    """One account's schema in a database; `name` is what messages call it, without a password."""

    url: URL
    schema: str
    name: str

    @property
    def quoted(self) -> str:
        """The schema as SQL writes it, whatever stands in its name."""
        doubled = self.schema.replace('"', '""')
        return f'"{doubled}"'

    @property
    def nobody(self) -> Place:
        """The same database, where no account's tables are seen."""
        return replace(self, schema="", name=f"state {_whereabouts(self.url)}")

    def digest(self) -> str:
        """A name for files that belong to this state alone."""
        told = [self.url.host, self.url.port, self.url.database, self.schema]
        return hashlib.blake2b(repr(told).encode(), digest_size=_DIGEST_SIZE).hexdigest()


def place_of(url: URL, account: str | None, key: str = "state.url") -> Place:
    """Read URL and account; raises `ConfigurationError`, which never shows the URL whole.

    `key` is where the URL was given.
    """
    _see_to_the_driver(key)
    if url.drivername not in {"postgresql", _DRIVER} or not url.database:
        raise ConfigurationError(
            key,
            "it does not name a database of PostgreSQL as syncd reaches it",
            f'Write it like "{_DRIVER}://user@host/database"',
        )
    url = url.set(drivername=_DRIVER)
    _refuse_what_is_not_understood(url, key)
    schema = f"{_PREFIX}{account}"
    if not account or len(schema.encode()) > _MOST_BYTES:
        raise ConfigurationError(
            "state.account",
            "a state in PostgreSQL needs a short name of its own, for many may share a database",
            'Set it to a word that stays the same for good, such as "main" or "acme-eu"',
        )
    name = f"state {_whereabouts(url)}, account {account}"
    return Place(url, schema, name)


def _whereabouts(url: URL) -> str:
    return f"{url.host or 'localhost'}/{url.database}"


def _refuse_what_is_not_understood(url: URL, key: str) -> None:
    """Some values are judged as late as a connection is made."""
    import psycopg
    from psycopg.conninfo import make_conninfo, timeout_from_conninfo
    from sqlalchemy.exc import ArgumentError

    try:
        _, arguments = url.get_dialect()().create_connect_args(url)
        given = {name: value for name, value in arguments.items() if name != "context"}
        make_conninfo(**given)
        timeout_from_conninfo(given)
    except (ArgumentError, psycopg.ProgrammingError) as error:
        raise ConfigurationError(
            key,
            f"PostgreSQL's driver does not understand it: {str(error).strip()}",
            "Write its parameters as libpq knows them, such as ?connect_timeout=10",
        ) from error


def _see_to_the_driver(key: str) -> None:
    try:
        import psycopg  # noqa: F401 - whether it is there is all that is asked
    except ImportError as error:  # or the library that it stands on is missing
        raise ConfigurationError(
            key,
            "it is on PostgreSQL, and the driver for that is not installed",
            installing("postgres"),
        ) from error


def cache_folder() -> Path:
    """Where files may lie that can be made anew: systemd's own place, or the user's."""
    given = os.environ.get("CACHE_DIRECTORY", "").partition(":")[0]
    if given:
        return Path(given)
    home = os.environ.get("XDG_CACHE_HOME") or str(Path("~", ".cache").expanduser())
    return Path(home, "syncd")
