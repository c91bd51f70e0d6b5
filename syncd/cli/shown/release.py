"""`syncd release`: what follows the catalog again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from syncd.domain.attributes import ItemId
from syncd.report import Column, Kind, Listing
from syncd.report.wording import counted

_LET_GO: Final = (Column("id", "id", Kind.CODE),)


def let_go_listing(ids: Sequence[ItemId]) -> Listing:
    """Those that no revert holds any longer."""
    return Listing(
        title="Released",
        sentence=f"{counted(len(ids), 'SKU')} released; the next cycle goes by the catalog again."
        if ids
        else "No revert holds anything.",
        columns=_LET_GO,
        rows=tuple((item,) for item in ids),
        commands=("syncd --dry-run",) if ids else (),
        key="released",
    )
