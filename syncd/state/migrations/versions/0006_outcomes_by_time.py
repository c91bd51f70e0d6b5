"""The outcome beside deed and time, so that writes are counted by the index alone."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"

_INDEX = "journal_by_deed"


def upgrade() -> None:
    op.drop_index(_INDEX, "journal")
    op.create_index(_INDEX, "journal", ["deed", "begun", "kind"])
