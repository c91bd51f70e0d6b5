"""What audits found otherwise than it was known."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_ID = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "observed",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("attributes", sa.Text),
        sa.Column("updated", sa.BigInteger),
        sa.Column("seen", sa.BigInteger, nullable=False),
    )
    op.create_index("observed_by_time", "observed", ["seen"])
