"""Whether the tables are still those that were written last, or a copy that was put back."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import text

from syncd.state import facts, fence

if TYPE_CHECKING:
    from sqlalchemy import Connection

_MAY_ASK: Final = text(
    "SELECT has_function_privilege('pg_control_system()', 'EXECUTE')"
    " AND has_function_privilege('pg_walfile_name(pg_lsn)', 'EXECUTE')"
)
_CLUSTER: Final = text(
    "SELECT system_identifier || ':' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)"
    " FROM pg_control_system()"
)
"""The cluster, and its timeline: a replica that takes over begins one, and so does a restore."""
_TABLES: Final = text("SELECT to_regclass('sku')::oid::text")
"""A dump that is put back makes the tables anew, under other numbers."""


@dataclass(frozen=True, slots=True)
class Home:
    """The place of the tables, as they know it themselves, and what this machine has seen there.

    `file` keeps the highest fence that was seen here: it tells of a disk that was put back whole.
    """

    file: Path

    def has_moved(self, connection: Connection) -> bool:
        """Whether what is known may be older than what was done; the new place is remembered."""
        here, before = _here(connection), facts.get(connection, facts.HOME)
        if here != before:
            facts.put(connection, facts.HOME, here)
        moved = before is not None and here != before
        return moved or fence.is_old_copy(connection, self.seen())

    def seen(self) -> int:
        """The highest number of a lease that this machine has seen."""
        with suppress(OSError, ValueError):
            return int(self.file.read_text())
        return 0

    def witness(self, number: int) -> None:
        """Remember a number; where that cannot be, the tables alone have to tell."""
        with suppress(OSError):
            self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            unfinished = self.file.with_name(f"{self.file.name}.{os.getpid()}")
            unfinished.write_text(str(number))
            unfinished.replace(self.file)


def _here(connection: Connection) -> str:
    cluster = connection.execute(_CLUSTER).scalar_one() if _may_ask(connection) else "unknown"
    return f"{cluster}:{connection.execute(_TABLES).scalar_one()}"


def _may_ask(connection: Connection) -> bool:
    return bool(connection.execute(_MAY_ASK).scalar_one())
