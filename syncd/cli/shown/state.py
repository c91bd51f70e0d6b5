"""`syncd state`: what was moved, and what to do now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from syncd.report import Column, Kind, Listing
from syncd.report.wording import counted

if TYPE_CHECKING:
    from syncd.state.moving import Moved

_TABLES: Final = (
    Column("table", "table", Kind.CODE),
    Column("rows", "rows", Kind.NUMBER),
    Column("digest", "digest, read back from both", Kind.CODE),
)
_RECLAIMED: Final = (Column("in_doubt", "to be looked up", Kind.NUMBER),)


def moved_listing(moved: Moved) -> Listing:
    """One row a table."""
    rows = sum(table.rows for table in moved.tables)
    return Listing(
        title="Moved",
        sentence=f"{counted(rows, 'row')} moved from {moved.source} to {moved.target}, and compared"
        " one by one. Point state.url and state.account there; the old state refuses to work and"
        " may be kept or deleted.",
        columns=_TABLES,
        rows=tuple((table.name, table.rows, table.digest) for table in moved.tables),
        commands=("syncd check", "syncd history --verify"),
        key="tables",
    )


def reclaimed_listing(in_doubt: int) -> Listing:
    """What the next cycle has to look up."""
    return Listing(
        title="Reclaimed",
        sentence=f"The state works again; {counted(in_doubt, 'item')} will be looked up before the"
        " next write. See that nothing works on the other one.",
        columns=_RECLAIMED,
        rows=((in_doubt,),),
        key="reclaimed",
    )
