"""The events that were told of, by their ids: each is received once, and waits to be seen to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, insert, select, update

from syncd.domain.attributes import ItemId
from syncd.domain.event import Event
from syncd.state.codec import moment_from, moment_of
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
    values = {"id": event.id, "type": event.type, "about": event.about, "received": received}
    connection.execute(insert(table).values(**values, waits=True))
    return True


def waiting(connection: Connection) -> list[Event]:
    """Those that no cycle has looked at yet, the oldest first."""
    query = select(table).where(table.c.waits).order_by(table.c.received)
    return [
        Event(row.id, row.type, ItemId(row.about), moment_from(row.received))
        for row in connection.execute(query)
    ]


def see_to(connection: Connection, ids: Sequence[str]) -> None:
    """Let these wait no more."""
    connection.execute(update(table).where(table.c.id.in_(ids)).values(waits=None))


def forget(connection: Connection, before: datetime) -> int:
    """Remove some of those received before then; how many."""
    old = select(table.c.id).where(table.c.received < moment_of(before)).limit(EVENTS_AT_ONCE)
    return connection.execute(delete(table).where(table.c.id.in_(old))).rowcount
