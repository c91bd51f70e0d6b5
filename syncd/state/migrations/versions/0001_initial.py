"""The first tables: SKUs, journal, cycles, the last reading and small facts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_ID = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    _create_sku()
    _create_journal()
    op.create_table(
        "cycle",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("document", sa.Text, nullable=False),
    )
    op.create_table(
        "reading",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("document", sa.Text, nullable=False),
    )
    op.create_table(
        "fact",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )


def _create_sku() -> None:
    op.create_table(
        "sku",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.BigInteger),
        sa.Column("desired", sa.Text),
        sa.Column("known", sa.Text),
        sa.Column("sent", sa.Text),
        sa.Column("ownership", sa.Text, nullable=False),
        sa.Column("delivery", sa.Text, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("held", sa.Text),
        sa.Column("missing_since", sa.BigInteger),
        sa.Column("missing_read", sa.BigInteger),
        sa.Column("quarantine", sa.Text),
        sa.Column("quarantined_since", sa.BigInteger),
        sa.Column("foreign_reason", sa.Text),
        sa.Column("attempts", sa.BigInteger, nullable=False),
        sa.Column("next_attempt", sa.BigInteger),
        sa.Column("last_error", sa.Text),
    )
    op.create_index("sku_by_state", "sku", ["state", "id", "ownership"])


def _create_journal() -> None:
    op.create_table(
        "journal",
        sa.Column("write", _SERIAL, primary_key=True),
        sa.Column("cycle", _ID, nullable=False),
        sa.Column("id", _ID, nullable=False),
        sa.Column("deed", sa.Text, nullable=False),
        sa.Column("resource", sa.Text, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("before", sa.Text),
        sa.Column("after", sa.Text, nullable=False),
        sa.Column("begun", sa.BigInteger, nullable=False),
        sa.Column("ended", sa.BigInteger),
        sa.Column("kind", sa.Text),
        sa.Column("failure", sa.Text),
        sa.Column("request_id", sa.Text),
    )
    op.create_index("journal_by_id", "journal", ["id", "write"])
    op.create_index("journal_by_cycle", "journal", ["cycle", "write"])
    op.create_index("journal_by_deed", "journal", ["deed", "begun"])
