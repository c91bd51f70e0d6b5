"""The chain over the history, and by which stopped plan a cycle stands."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_ID = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_CYCLES = sa.table("cycle", sa.column("id"), sa.column("document"), sa.column("stopped_plan"))


def upgrade() -> None:
    op.add_column("cycle", sa.Column("seal", sa.BigInteger))
    op.add_column("cycle", sa.Column("stopped_plan", sa.Text))
    op.create_index("cycle_by_seal", "cycle", ["seal", "id"])
    op.create_table(
        "seal",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("cycle", _ID, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("pruned", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    _take_plans_from_documents(op.get_bind())


def _take_plans_from_documents(connection: sa.Connection) -> None:
    for id_, document in connection.execute(sa.select(_CYCLES.c.id, _CYCLES.c.document)).all():
        plan = json.loads(document).get("stopped_plan")
        if plan is not None:
            row = sa.update(_CYCLES).where(_CYCLES.c.id == id_)
            connection.execute(row.values(stopped_plan=plan))
