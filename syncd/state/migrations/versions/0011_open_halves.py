"""Which half of a pair a write in flight or in doubt is about; of older ones nobody can say."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("sku", sa.Column("open_half", sa.Text))
