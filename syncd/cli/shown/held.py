"""Held rows as every command lists them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from syncd.domain.snapshot import HeldSku
from syncd.report import Column, Kind, Listing

_HELD: Final = (
    Column("id", "id", Kind.CODE),
    Column("row", "row", Kind.CODE),
    Column("attribute", "attribute", Kind.CODE),
    Column("value", "value", Kind.VALUE),
    Column("rule", "rule"),
)


def held_listing(title: str, words: str, held: Sequence[HeldSku]) -> Listing:
    """Tell of each row what is wrong with it; `words` say how many these are of how many."""
    rows = tuple(
        (sku.id or None, sku.held.row, sku.held.attribute, sku.held.value, sku.held.rule)
        for sku in held
    )
    return Listing(title, words, _HELD, rows, key="held")
