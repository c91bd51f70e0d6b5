"""The events that Digital River has told of, each once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_ID = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "event",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("about", _ID, nullable=False),
        sa.Column("received", sa.BigInteger, nullable=False),
    )
    op.create_index("event_by_time", "event", ["received"])
