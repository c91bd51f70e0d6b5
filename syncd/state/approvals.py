"""Stopped plans and approvals, on a connection that somebody else has begun."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Final

from sqlalchemy import Connection, delete, insert, select

from syncd.domain.approval import Approval
from syncd.domain.attributes import ItemId
from syncd.domain.change import Change
from syncd.state import changes, codec
from syncd.state.schema import approval, stopped_plan

_AT_ONCE: Final = 100
"""Pieces of a stopped plan that are looked up and written at once, some megabytes."""


def record_stopped(connection: Connection, stopped: Sequence[Change]) -> str:
    """Keep these changes, each piece of them unless it is kept already; returns their name."""
    names: list[str] = []
    pieces = changes.pieces(stopped)
    while batch := [(changes.name_of(piece), piece) for piece in islice(pieces, _AT_ONCE)]:
        _keep(connection, dict(batch))
        names += (name for name, _ in batch)
    contents = changes.table_of_contents(names)
    name = changes.name_of(contents)
    _keep(connection, {name: contents})
    return name


def stopped(connection: Connection, name: str) -> list[Change]:
    """The changes of this name."""
    found: list[Change] = []
    for contents in _kept(connection, [name]).values():
        names = changes.names_from(contents)
        for start in range(0, len(names), _AT_ONCE):
            batch = names[start : start + _AT_ONCE]
            pieces = _kept(connection, batch)
            for piece in batch:
                found += changes.changes_from(pieces[piece])
    return found


def pieces_of(connection: Connection, plans: Iterable[str]) -> set[str]:
    """Everything that is kept for these plans: their tables of contents and their pieces."""
    needed: set[str] = set()
    for plan in plans:
        needed.add(plan)
        for contents in _kept(connection, [plan]).values():
            needed.update(changes.names_from(contents))
    return needed


def _keep(connection: Connection, documents: Mapping[str, bytes]) -> None:
    kept = select(stopped_plan.c.name).where(stopped_plan.c.name.in_(documents))
    known = set(connection.execute(kept).scalars())
    rows = [
        {"name": name, "document": changes.compressed(document)}
        for name, document in documents.items()
        if name not in known
    ]
    if rows:
        connection.execute(insert(stopped_plan), rows)


def _kept(connection: Connection, names: Sequence[str]) -> dict[str, bytes]:
    query = select(stopped_plan).where(stopped_plan.c.name.in_(names))
    return {row.name: row.document for row in connection.execute(query)}


def approve(connection: Connection, approvals: Sequence[Approval]) -> None:
    """Put approvals in the place of older ones for the same SKUs."""
    ids = [one.change.id for one in approvals]
    connection.execute(delete(approval).where(approval.c.id.in_(ids)))
    connection.execute(insert(approval), [_row(one) for one in approvals])


def in_force(
    connection: Connection, ids: Sequence[ItemId], moment: datetime
) -> dict[ItemId, Approval]:
    """The approvals for these ids that have not expired at this moment."""
    expiry = approval.c.expires > codec.moment_of(moment)
    query = select(approval).where(approval.c.id.in_(ids), expiry)
    return {
        ItemId(row.id): changes.approval_from(row.document, codec.moment_from(row.expires))
        for row in connection.execute(query)
    }


def forget_expired(connection: Connection, moment: datetime) -> None:
    """Remove those that have."""
    connection.execute(delete(approval).where(approval.c.expires <= codec.moment_of(moment)))


def _row(one: Approval) -> dict[str, codec.Stored]:
    return {
        "id": one.change.id,
        "document": changes.approval_text(one),
        "expires": codec.moment_of(one.expires),
    }
