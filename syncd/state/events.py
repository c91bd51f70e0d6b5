"""The events that were told of, by their ids: each is received once."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, insert, select

from syncd.domain.event import Event
from syncd.state.codec import moment_of
from syncd.state.schema import event as table

if TYPE_CHECKING:
    from sqlalchemy import Connection

EVENTS_AT_ONCE: Final = 2_000


def receive(connection: Connection, event: Event) -> bool:
    """Keep it, unless it is kept; in a transaction that writes, so nobody comes in between."""
    known = select(table.c.id).where(table.c.id == event.id)
    if connection.execute(known).scalar_one_or_none() is not None:
        return False
    received = moment_of(event.received)
    row = insert(table).values(id=event.id, type=event.type, about=event.about, received=received)
    connection.execute(row)
    return True


def forget(connection: Connection, before: datetime) -> int:
    """Remove some of those received before then; how many."""
    old = select(table.c.id).where(table.c.received < moment_of(before)).limit(EVENTS_AT_ONCE)
    return connection.execute(delete(table).where(table.c.id.in_(old))).rowcount
