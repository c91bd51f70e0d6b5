"""The tables, by the words of the domain; the migrations bring an older database to them."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    false,
    text,
)

_Moment: Final = BigInteger()
"""Microseconds since 1970 in UTC: exact, ordered, and the same in every database."""
_Document: Final = Text()
"""Compact JSON; an SQL NULL where the domain says None."""
_Id: Final = Text().with_variant(Text(collation="C"), "postgresql")
"""Ids of items and cycles are ordered by code point everywhere."""
_Serial: Final = BigInteger().with_variant(Integer, "sqlite")
"""The one integer that each database numbers by itself."""

metadata: Final = MetaData()

sku: Final = Table(
    "sku",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("state", Text, nullable=False),
    Column("fingerprint", BigInteger),
    Column("desired", _Document),
    Column("known", _Document),
    Column("sent", Text),
    Column("ownership", Text, nullable=False),
    Column("delivery", Text, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("held", _Document),
    Column("missing_since", _Moment),
    Column("missing_read", BigInteger),
    Column("quarantine", _Document),
    Column("quarantined_since", _Moment),
    Column("foreign_reason", Text),
    Column("attempts", BigInteger, nullable=False),
    Column("next_attempt", _Moment),
    Column("last_error", _Document),
    Column("known_sku", _Document),
    Column("lost_sku", Boolean, nullable=False, server_default=false()),
    Column("open_half", Text),
    # One index serves the census (which reads nothing else) and the reading of one state in the
    # order of ids.
    Index("sku_by_state", "state", "id", "ownership"),
)

journal: Final = Table(
    "journal",
    metadata,
    Column("write", _Serial, primary_key=True),
    Column("cycle", _Id, nullable=False),
    Column("id", _Id, nullable=False),
    Column("deed", Text, nullable=False),
    Column("resource", Text, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("before", _Document),
    Column("after", _Document, nullable=False),
    Column("begun", _Moment, nullable=False),
    Column("ended", _Moment),
    Column("kind", Text),
    Column("failure", _Document),
    Column("request_id", Text),
    Column("approved", Boolean, nullable=False, server_default=false()),
    Column("recreates", Boolean, nullable=False, server_default=false()),
    Index("journal_by_id", "id", "write"),
    Index("journal_by_cycle", "cycle", "write"),
    # This one counts the writes of each hour by their outcome without a look at the table.
    Index("journal_by_deed", "deed", "begun", "kind"),
)

cycle: Final = Table(
    "cycle",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("document", _Document, nullable=False),
    Column("seal", BigInteger),
    Column("stopped_plan", Text),
    Index("cycle_by_seal", "seal", "id"),
)
"""`seal` is the number of the one that covers it, NULL until then."""

seal: Final = Table(
    "seal",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("cycle", _Id, nullable=False),
    Column("at", _Moment, nullable=False),
    Column("digest", Text, nullable=False),
    Column("pruned", Boolean, nullable=False, server_default=false()),
)
"""The chain over the history; where cycles are gone, the last seal of those is its beginning."""

reading: Final = Table(
    "reading",
    metadata,
    Column("source", Text, primary_key=True),
    Column("document", _Document, nullable=False),
)
"""What is remembered of the last read; one row so far, for there is one catalog."""

fact: Final = Table(
    "fact",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

stopped_plan: Final = Table(
    "stopped_plan",
    metadata,
    Column("name", Text, primary_key=True),
    Column("document", LargeBinary, nullable=False),
)
"""Changes that guards stopped, compressed: under each plan's name its table of contents, and under
the names that stand there its pieces. A stop may stand for many cycles over a catalog that moves;
they share every piece that has not changed."""

approval: Final = Table(
    "approval",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("document", _Document, nullable=False),
    Column("expires", _Moment, nullable=False),
)

event: Final = Table(
    "event",
    metadata,
    Column("id", Text, primary_key=True),
    Column("type", Text, nullable=False),
    Column("about", _Id, nullable=False),
    Column("received", _Moment, nullable=False),
    Column("waits", Boolean),
    Index("event_by_time", "received"),
    Index("event_waiting", "received", sqlite_where=text("waits"), postgresql_where=text("waits")),
)
"""`waits` is NULL once a cycle has looked at what it is about."""

observed: Final = Table(
    "observed",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("attributes", _Document),
    Column("updated", _Moment),
    Column("seen", _Moment, nullable=False),
    Column("sku", _Document),
    Index("observed_by_time", "seen"),
)
"""What audits found otherwise than it was known, and nothing else: `attributes` is NULL where no
item was there, and `sku` where no SKU was or none was asked for."""

stock: Final = Table(
    "stock",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("day", BigInteger, primary_key=True, autoincrement=False),
    Column("at", _Moment, nullable=False),
    Column("quantity", Double),
    Column("in_stock", Boolean, nullable=False),
    Column("back", _Moment),
    Index("stock_by_day", "day", "id"),
)
"""What snapshots saw of stock: a row where something had changed, and no more than one a `day`, the
number of the day since 1970 in UTC; `at` is when its last change was seen."""

version: Final = Table(
    "alembic_version",
    metadata,
    Column("version_num", String(32), primary_key=True),
)
"""Alembic's own table, by Alembic's own shape: which migration the database has reached."""
