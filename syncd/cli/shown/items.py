"""`syncd items`: inventory items as the remote has them."""

from __future__ import annotations

from typing import Final

from syncd.domain.attributes import ITEM_ATTRIBUTES
from syncd.domain.item import RemoteItem
from syncd.report import Cell, Column, Kind, Listing
from syncd.report.wording import counted
from syncd.service.finding import FoundItems

_SHOWN_ABSENT: Final = 10
_ITEM: Final = (
    Column("id", "id", Kind.CODE),
    *(Column(attribute.value, attribute.value, Kind.VALUE) for attribute in ITEM_ATTRIBUTES),
    Column("createdTime", "created", Kind.TIME),
    Column("updatedTime", "updated", Kind.TIME),
)
_ABSENT: Final = (Column("id", "id", Kind.CODE),)


def items_listing(found: FoundItems) -> Listing:
    """One row an item, under the API's own names."""
    return Listing(
        title="Inventory items",
        sentence=_sentence(found),
        columns=_ITEM,
        rows=tuple(map(_row, found.items)),
        details=_absent(found),
        key="items",
    )


def _sentence(found: FoundItems) -> str:
    said = f"{counted(len(found.items), 'item')} found."
    return f"{said} {len(found.absent):,} not there." if found.absent else said


def _row(item: RemoteItem) -> tuple[Cell, ...]:
    values = (item.attributes.get(attribute) for attribute in ITEM_ATTRIBUTES)
    return (item.id, *values, item.created, item.updated)


def _absent(found: FoundItems) -> tuple[Listing, ...]:
    if not found.absent:
        return ()
    rows = tuple((item,) for item in found.absent)
    return (Listing("Not there", "at Digital River", _ABSENT, rows, key="absent"),)
