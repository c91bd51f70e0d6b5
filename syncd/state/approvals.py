"""Stopped plans and approvals, on a connection that somebody else has begun."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from syncd.domain.approval import Approval
from syncd.domain.attributes import ItemId
from syncd.domain.change import Change
from syncd.state import changes, codec
from syncd.state.schema import approval, stopped_plan


def record_stopped(connection: Connection, stopped: Sequence[Change]) -> str:
    """Keep these changes unless they are kept already; returns their name."""
    document = changes.plan_document(stopped)
    name = changes.plan_name(document)
    kept = select(stopped_plan.c.name).where(stopped_plan.c.name == name)
    if connection.execute(kept).scalar_one_or_none() is None:
        row = {"name": name, "document": changes.compressed(document)}
        connection.execute(insert(stopped_plan), row)
    return name


def stopped(connection: Connection, name: str) -> list[Change]:
    """The changes of this name."""
    query = select(stopped_plan.c.document).where(stopped_plan.c.name == name)
    document = connection.execute(query).scalar_one_or_none()
    return [] if document is None else changes.plan_from(document)


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
