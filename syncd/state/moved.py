"""The mark on a state that was moved: where it is now, so that nothing works on this one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from syncd.errors import StateMovedError
from syncd.state import facts, fence

if TYPE_CHECKING:
    from sqlalchemy import Connection


def mark(connection: Connection, target: str, now: datetime) -> None:
    """Shut out everybody from the end of this transaction on."""
    facts.put(connection, facts.MOVED, f"{target} at {now.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC")


def refuse(connection: Connection, name: str) -> None:
    """Raise `StateMovedError` where the state was moved."""
    where = facts.get(connection, facts.MOVED)
    if where is not None:
        raise StateMovedError(
            name,
            f"it was moved to {where}",
            "Point state.url and state.account there; or, if nothing has worked there or ever"
            " will, take this one back by syncd state reclaim",
        )


def reclaim(connection: Connection) -> int | None:
    """Take the mark away, and have every owned item looked up before its next write.

    Another state may have written in the meantime. Returns how many items; None without a mark.
    """
    if facts.get(connection, facts.MOVED) is None:
        return None
    facts.forget(connection, facts.MOVED)
    return fence.doubt_what_is_known(connection)
