"""The change-tracking table, the journal, the cycles and the lease, in a database."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from syncd.ports import Clock, State

__all__ = ["file_beside", "open_existing_read_only", "open_state"]


def open_state(url: str, clock: Clock | None = None) -> State:
    """Open the state for a cycle; a new one is made, an older one is migrated.

    `clock` dates the lease; without one it is the system's. Raises `ConfigurationError` where the
    URL names no state that this version can use, and `StateError` where it cannot be opened.
    """
    from syncd.state.holding import Timing
    from syncd.state.opening import open_for_writing, sqlite_file

    timing = Timing() if clock is None else Timing(clock.now)
    return open_for_writing(sqlite_file(url), timing)


def open_existing_read_only(url: str) -> State:
    """Open the state as it is, without a change to it or to its folder.

    Where there is none yet, or it must be migrated first, the state is a private temporary one that
    is gone when it is closed. Raises like `open_state`; writes and leases raise `StateError`.
    """
    from syncd.state.opening import open_for_reading, sqlite_file

    return open_for_reading(sqlite_file(url))


def file_beside(url: str, name: str) -> Path:
    """Where a file that belongs to this state, and is no part of it, has its place."""
    from syncd.state.opening import sqlite_file
    from syncd.state.sqlite import beside

    return beside(sqlite_file(url), f".{name}")
