"""What a large commit leaves in SQLite's log is moved into the file while the program goes on."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from typing import Final

MANY: Final = 2_000
"""Rows that a transaction has written whose pages take longer to be moved than is worth waiting."""
_BY_NOBODY: Final = "PRAGMA wal_autocheckpoint = 0"
_BY_WHO_COMMITS: Final = "PRAGMA wal_autocheckpoint = 1000"
_MOVE: Final = "PRAGMA wal_checkpoint(PASSIVE)"


@dataclass(slots=True)
class LogMoving:
    """Moves a log in a thread of its own; what is committed lasts as soon as it is in the log.

    Nobody waits for it but who closes the file. What it cannot move is moved by a later commit.
    """

    connect: Callable[[], sqlite3.Connection]
    _threads: list[threading.Thread] = field(default_factory=list)

    def is_worthwhile(self, connection: sqlite3.Connection, changes: int) -> bool:
        """Whether so much was written since there were so many changes; called before a commit."""
        is_much = connection.total_changes - changes > MANY
        connection.execute(_BY_NOBODY if is_much else _BY_WHO_COMMITS).close()
        return is_much

    def begin(self) -> None:
        """Move what is in the log by now."""
        thread = threading.Thread(target=self._move, name="syncd-log")
        self._threads = [*(one for one in self._threads if one.is_alive()), thread]
        thread.start()

    def end(self) -> None:
        """Wait until all is moved that was begun."""
        for thread in self._threads:
            thread.join()

    def _move(self) -> None:
        with suppress(sqlite3.Error), closing(self.connect()) as connection:
            connection.execute(_MOVE)
