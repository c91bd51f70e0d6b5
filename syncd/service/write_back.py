"""Writes rows back as the engine left them."""

from __future__ import annotations

from collections.abc import Mapping

from syncd.domain.attributes import ItemId
from syncd.domain.tracking import Tracked
from syncd.ports import Transaction


def write_back(transaction: Transaction, rows: Mapping[ItemId, Tracked | None]) -> None:
    """Put the rows that remain and forget those of which nothing is left to remember."""
    transaction.put([row for row in rows.values() if row is not None])
    transaction.forget([item for item, row in rows.items() if row is None])
