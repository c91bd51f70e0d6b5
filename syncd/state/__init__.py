"""The change-tracking table, the journal, the cycles and the lease, in a database."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime, timedelta
    from pathlib import Path

    from syncd.ports import Clock, State
    from syncd.state.moving import Moved
    from syncd.state.postgres.fleet import FleetPlace
    from syncd.state.postgres.pacing import PostgresPacer
    from syncd.state.postgres.pool import Pools

__all__ = [
    "file_beside",
    "fleet_place",
    "move_state",
    "open_existing_read_only",
    "open_pacer",
    "open_state",
    "open_state_beside",
    "open_state_to_receive",
    "reclaim_state",
]


def open_state(
    url: str, clock: Clock | None = None, account: str | None = None, pools: Pools | None = None
) -> State:
    """Open the state for a cycle; a new one is made, an older one is migrated.

    `clock` dates the lease; without one it is the system's. `account` names one of those that share
    a database of PostgreSQL; a file is one account's. `pools` lend the connections to PostgreSQL
    that outlive the state. Raises `ConfigurationError` where the URL
    names no state that this version can use, and `StateError` where it cannot be opened.
    """
    from syncd.state.locating import door_to

    return door_to(url, account, pools).to_work(None if clock is None else clock.now)


def open_existing_read_only(url: str, account: str | None = None) -> State:
    """Open the state as it is, without a change to it or to its folder.

    Where there is none yet, or it must be migrated first, the state is a private temporary one that
    is gone when it is closed. Raises like `open_state`; writes and leases raise `StateError`.
    """
    from syncd.state.locating import door_to

    return door_to(url, account).to_read()


def open_state_beside(url: str, patience: timedelta, account: str | None = None) -> State:
    """Open the state only to read, in a process that works on it by another handle.

    Whatever is wrong with it shows when it is asked: `StateBusyError` where it is locked for longer
    than this patience, else `StateError`.
    """
    from syncd.state.locating import door_to

    return door_to(url, account).to_look(patience)


def open_state_to_receive(url: str, patience: timedelta, account: str | None = None) -> State:
    """Open the state for small writes that wait no longer than this patience.

    Raises like `open_state`, and `StateBusyError` where it is locked for longer.
    """
    from syncd.state.locating import door_to

    return door_to(url, account).to_write(patience)


def move_state(source: str, target: str, account: str | None, holder: str, now: datetime) -> Moved:
    """Move a state between two URLs; `account` names it where that is in PostgreSQL.

    The new one is whole and verified, and the old one marked, or nothing was changed. Raises
    `ConfigurationError` where a URL names no state, `StateError` where the move cannot be.
    """
    from syncd.state.locating import door_to
    from syncd.state.moving import Move

    here, there = (door_to(url, account).to_move() for url in (source, target))
    return Move(here, there, holder, now).carry_out()


def reclaim_state(url: str, account: str | None) -> int:
    """Take a state back that was moved; returns how many of its items will be looked up first.

    Raises like `move_state`.
    """
    from syncd.state.locating import door_to
    from syncd.state.moving import reclaim

    return reclaim(door_to(url, account).to_move())


def fleet_place(url: str, at_once: int) -> FleetPlace:
    """Where a fleet keeps what belongs to no single account; raises `ConfigurationError`.

    Its `pools` are for so many states that are open at the same time, and it closes them.
    """
    from syncd.state.locating import parts_of
    from syncd.state.postgres.fleet import GIVEN_BY, FleetPlace

    return FleetPlace(parts_of(url, GIVEN_BY), at_once)


def file_beside(url: str, name: str) -> Path:
    """Where a file that belongs to this state, and is no part of it, has its place."""
    from syncd.state.locating import sqlite_file
    from syncd.state.sqlite.file import beside

    return beside(sqlite_file(url), f".{name}")


def open_pacer(
    url: str, account: str | None, key: str, rate: float, clock: Clock
) -> PostgresPacer | None:
    """The pace of a key, shared through the database that holds the state; None with a file.

    `key` is a digest, `rate` in requests per second. Nothing is connected before the first turn.
    """
    from syncd.state.locating import PostgresDoor, door_to

    door = door_to(url, account)
    if not isinstance(door, PostgresDoor):
        return None
    from syncd.state.postgres.pacing import pacer_of

    return pacer_of(door.place, key, rate, clock)
