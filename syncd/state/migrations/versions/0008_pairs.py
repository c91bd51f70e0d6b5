"""What is known of the SKU beside each item."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("sku", sa.Column("known_sku", sa.Text))
    op.add_column("observed", sa.Column("sku", sa.Text))
