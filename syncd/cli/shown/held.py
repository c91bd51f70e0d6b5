"""Held rows as every command lists them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from syncd.domain.snapshot import HeldSku
from syncd.report import Cell, Column, Kind, Listing

_ID: Final = Column("id", "id", Kind.CODE)
_FILE: Final = Column("file", "file", Kind.CODE)
_HELD: Final = (
    Column("row", "row", Kind.CODE),
    Column("attribute", "attribute", Kind.CODE),
    Column("value", "value", Kind.VALUE),
    Column("rule", "rule"),
)


def held_listing(title: str, words: str, held: Sequence[HeldSku]) -> Listing:
    """Tell of each row what is wrong with it; `words` say how many these are of how many.

    Where rows come from several files, each names its own.
    """
    named = any(sku.held.file for sku in held)
    columns = (_ID, _FILE, *_HELD) if named else (_ID, *_HELD)
    rows = tuple(tuple(_cells(sku)[column.key] for column in columns) for sku in held)
    return Listing(title, words, columns, rows, key="held")


def _cells(sku: HeldSku) -> Mapping[str, Cell]:
    held = sku.held
    return {
        "id": sku.id or None,
        "file": held.file,
        "row": held.row,
        "attribute": held.attribute,
        "value": held.value,
        "rule": held.rule,
    }
