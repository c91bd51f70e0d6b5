"""`syncd levels`: what each location has of each item, and when more comes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from syncd.report import Cell, Column, Kind, Listing
from syncd.report.wording import counted, whole_number
from syncd.service.levels import Shelf, Stocktaking

SHOWN: Final = 200
_LEVELS: Final = (
    Column("id", "id", Kind.CODE),
    Column("locationId", "location", Kind.CODE),
    Column("available", "available"),
    Column("availableQuantity", "quantity", Kind.NUMBER),
    Column("availableTime", "back", Kind.TIME),
    Column("allowOversell", "oversell"),
    Column("updatedTime", "updated", Kind.TIME),
)
_IDS: Final = (Column("id", "id", Kind.CODE),)


def levels_listing(found: Stocktaking, now: datetime) -> Listing:
    """One row a level, ordered by item and location."""
    details = (_ids("Not stocked", "without", found.without, "no location has them"),)
    short = _ids("Perhaps more", "cut_short", found.cut_short, "more levels than can be read")
    return Listing(
        title="Inventory levels",
        sentence=" ".join(_sentences(found)),
        columns=_LEVELS,
        rows=tuple(map(_row, found.shelves)),
        details=tuple(detail for detail in (*details, short) if detail is not None),
        key="levels",
        as_of=now,
        most=SHOWN,
    )


def _sentences(found: Stocktaking) -> Iterator[str]:
    items = len({shelf.level.item for shelf in found.shelves})
    levels = counted(len(found.shelves), "level")
    yield f"{levels} of {counted(items, 'item')}; {found.asked:,} asked for."
    empty = [shelf for shelf in found.shelves if not shelf.level.in_stock]
    if empty:
        barred = sum(shelf.oversell is False for shelf in empty)
        yield f"{counted(len(empty), 'level')} without stock, {barred:,} of them not oversellable."


def _row(shelf: Shelf) -> tuple[Cell, ...]:
    level = shelf.level
    return (
        level.item,
        level.location,
        level.available,
        whole_number(level.quantity),
        level.back,
        shelf.oversell,
        level.updated,
    )


def _ids(title: str, key: str, ids: tuple[str, ...], words: str) -> Listing | None:
    if not ids:
        return None
    rows = tuple((id_,) for id_ in ids)
    return Listing(title, f"{counted(len(ids), 'item')}: {words}", _IDS, rows, key=key, most=SHOWN)
