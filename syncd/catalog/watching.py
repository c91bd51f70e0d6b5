"""Letting whoever watches see that a read goes on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, TypeVar

from syncd.ports import Advance

Piece = TypeVar("Piece")
Row = TypeVar("Row")
_STEP: Final = 1000


def moving(pieces: Iterable[Piece], advance: Advance) -> Iterator[Piece]:
    """Tell with each piece that something moves."""
    for piece in pieces:
        advance(0)
        yield piece


def counted(batches: Iterable[Sequence[Row]], advance: Advance) -> Iterator[Sequence[Row]]:
    """Tell of each batch how many rows it brings."""
    for batch in batches:
        advance(len(batch))
        yield batch


def counted_singly(rows: Iterable[Row], advance: Advance) -> Iterator[Row]:
    """Tell of rows that come one by one, now and then."""
    number = 0
    for number, row in enumerate(rows, start=1):
        if number % _STEP == 0:
            advance(_STEP)
        yield row
    advance(number % _STEP)
