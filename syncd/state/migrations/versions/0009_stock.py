"""How the stock of items goes, day by day."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_ID = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "stock",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("day", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("quantity", sa.Double),
        sa.Column("in_stock", sa.Boolean, nullable=False),
        sa.Column("back", sa.BigInteger),
    )
    op.create_index("stock_by_day", "stock", ["day", "id"])
