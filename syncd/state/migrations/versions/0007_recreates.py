"""Whether a create brings back an item of ours, told by itself: earlier entries may be removed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_UNDONE = ("refused", "undone", "key_refused", "forbidden")


def upgrade() -> None:
    column = sa.Column("recreates", sa.Boolean, nullable=False, server_default=sa.false())
    op.add_column("journal", column)
    op.execute(_mark_earlier_ones())


def _mark_earlier_ones() -> sa.Update:
    """Mark those whose last deed before them, as far as it is kept, left an item of ours."""
    columns = ("write", "id", "deed", "kind")
    journal = sa.table("journal", *map(sa.column, columns), sa.column("recreates", sa.Boolean))
    earlier = journal.alias()
    may_be_done = earlier.c.kind.is_(None) | earlier.c.kind.not_in(_UNDONE)
    last = (
        sa.select(earlier.c.deed)
        .where(earlier.c.id == journal.c.id, earlier.c.write < journal.c.write)
        .where((earlier.c.deed == "delete") & may_be_done | (earlier.c.kind == "accepted"))
        .order_by(earlier.c.write.desc())
        .limit(1)
        .scalar_subquery()
    )
    marked = sa.update(journal).where(journal.c.deed == "create", last != "delete")
    return marked.values(recreates=sa.true())
