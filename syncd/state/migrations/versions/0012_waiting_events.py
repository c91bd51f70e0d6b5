"""Which events wait to be looked at; of older ones it is taken that they were."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column("event", sa.Column("waits", sa.Boolean))
    those = sa.text("waits")
    op.create_index(
        "event_waiting", "event", ["received"], sqlite_where=those, postgresql_where=those
    )
