"""Whether the remote has lost a SKU of ours, so that making it again counts under the guards."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    column = sa.Column("lost_sku", sa.Boolean, nullable=False, server_default=sa.false())
    op.add_column("sku", column)
