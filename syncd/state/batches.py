"""Queries in pieces that a database takes at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, TypeVar

from syncd.domain.attributes import ItemId
from syncd.domain.tracking import Tracked
from syncd.state import codec, queries

if TYPE_CHECKING:
    from sqlalchemy import Connection

BATCH: Final = 1000
"""Rows a query brings at once."""
_FIRST_BATCH: Final = 100
T = TypeVar("T")


def growing_sizes() -> Iterator[int]:
    """Of batches: the first ones are small, for whoever wants a few rows alone."""
    size = _FIRST_BATCH
    while True:
        yield size
        size = min(2 * size, BATCH)


def tracked_rows(connection: Connection, ids: Sequence[ItemId]) -> dict[ItemId, Tracked]:
    """The rows of these ids; those that have none are left out."""
    found: dict[ItemId, Tracked] = {}
    for chunk in chunks(ids):
        found |= codec.tracked_by_id(connection.execute(queries.TRACKED, {"ids": chunk}))
    return found


def stored_rows(connection: Connection, ids: Sequence[ItemId]) -> dict[str, Sequence[Any]]:
    """The same as they are stored, in the order of the columns."""
    return {
        row[0]: row
        for chunk in chunks(ids)
        for row in connection.execute(queries.TRACKED, {"ids": chunk})
    }


def chunks(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """Pieces small enough for the number of parameters that one query may have."""
    rest = iter(values)
    while chunk := tuple(islice(rest, BATCH)):
        yield chunk
