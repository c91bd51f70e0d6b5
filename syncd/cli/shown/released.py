"""What was kept back, and is no longer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from syncd.domain.attributes import ItemId
from syncd.domain.counting import counted
from syncd.report import Column, Kind, Listing

_RELEASED: Final = (Column("id", "id", Kind.CODE),)


def released_listing(ids: Sequence[ItemId], hence: str, nothing: str) -> Listing:
    """The ids, with what becomes of them; or that there were none."""
    return Listing(
        title="Released",
        sentence=f"{counted(len(ids), 'SKU')} released; {hence}." if ids else nothing,
        columns=_RELEASED,
        rows=tuple((item,) for item in ids),
        commands=("syncd --dry-run",) if ids else (),
        key="released",
    )
