"""Stopped plans, approvals, and which writes were approved."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_ID = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column(
        "journal", sa.Column("approved", sa.Boolean, nullable=False, server_default=sa.false())
    )
    op.create_table(
        "stopped_plan",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("document", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "approval",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("expires", sa.BigInteger, nullable=False),
    )
