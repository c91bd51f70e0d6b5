"""What audits found otherwise than it was known, row by row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Select, and_, delete, exists, func, insert, or_, select

from syncd.domain.attributes import ItemId
from syncd.domain.audit import MENDED, FindingKind, Observed
from syncd.domain.tracking import Ownership
from syncd.state import codec
from syncd.state.schema import journal, sku
from syncd.state.schema import observed as table

LEFT_TO_MEND: Final = (
    select(func.count())
    .select_from(table.join(sku, sku.c.id == table.c.id))
    .where(
        or_(
            table.c.kind.in_([kind.value for kind in MENDED]),
            and_(
                table.c.kind == FindingKind.MANAGED.value,
                sku.c.ownership != Ownership.FOREIGN.value,
            ),
        ),
        ~exists().where(journal.c.id == table.c.id, journal.c.begun > table.c.seen),
    )
)
"""How many of those that are to be mended no entry of the journal has come for since."""


def among(connection: Connection, ids: Sequence[ItemId]) -> dict[ItemId, Observed]:
    """What was observed of these ids; they must be few enough for one query."""
    rows = connection.execute(select(table).where(table.c.id.in_(ids)))
    return {one.id: one for one in map(_observed, rows)}


def keep(connection: Connection, observed: Iterable[Observed]) -> None:
    """Keep these, for ids of which nothing is kept."""
    rows = [_row(one) for one in observed]
    if rows:
        connection.execute(insert(table), rows)


def forget(connection: Connection, ids: Sequence[ItemId]) -> None:
    """Remove these ids; they must be few enough for one query."""
    connection.execute(delete(table).where(table.c.id.in_(ids)))


def forget_before(connection: Connection, moment: datetime) -> None:
    """Remove what was seen before then."""
    connection.execute(delete(table).where(table.c.seen < codec.moment_of(moment)))


def forget_mended(connection: Connection, writes: Select[int]) -> None:
    """Remove what was written for since it was seen, by one of these entries of the journal.

    Once they are gone themselves, it would seem to be still left to mend.
    """
    written = exists().where(
        journal.c.write.in_(writes), journal.c.id == table.c.id, journal.c.begun > table.c.seen
    )
    connection.execute(delete(table).where(written))


def known_at_random(count: int) -> Select[str]:
    """So many ids whose item is ours and known to exist."""
    return (
        select(sku.c.id)
        .where(sku.c.ownership == Ownership.OWNED.value, sku.c.known.is_not(None))
        .order_by(func.random())
        .limit(count)
    )


def _row(observed: Observed) -> dict[str, Any]:
    attributes, updated = observed.attributes, observed.updated
    return {
        "id": observed.id,
        "kind": observed.kind.value,
        "attributes": None if attributes is None else codec.attributes_text(attributes),
        "updated": None if updated is None else codec.moment_of(updated),
        "seen": codec.moment_of(observed.seen),
        "sku": None if observed.sku is None else codec.attributes_text(observed.sku),
    }


def _observed(row: Any) -> Observed:  # noqa: ANN401 - a row of the table, whose cells carry no types
    return Observed(
        id=ItemId(row.id),
        kind=FindingKind(row.kind),
        attributes=None if row.attributes is None else codec.attributes_from(row.attributes),
        updated=codec.optional_moment(row.updated),
        seen=codec.moment_from(row.seen),
        sku=None if row.sku is None else codec.attributes_from(row.sku),
    )
