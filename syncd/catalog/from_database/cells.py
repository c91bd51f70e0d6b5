"""From the values that a driver gives to the text that an export to CSV would hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import chain
from math import isnan
from typing import Any, Final, TypeAlias

Row: TypeAlias = Sequence[Any]
"""One row as the driver gives it; whatever stands in it becomes text here, and nowhere else."""

_AS_THEY_ARE: Final = frozenset({str, int, type(None)})
"""What the writer of CSV turns into the right text by itself; `None` becomes an empty cell."""

_EXACT_BELOW: Final = 2.0**53
UNDECODABLE: Final = "surrogateescape"
"""How bytes that are no UTF-8 get through text: as they stand, so that their row is held."""


class NestedError(Exception):
    """A cell holds more than one value; the text says so, to stand after `it`."""


def as_text(rows: Sequence[Row], columns: Sequence[str]) -> Sequence[Row]:
    """Turn rows into what can be written to CSV; without odd values that costs next to nothing.

    Raises `NestedError` where a cell is a list or an object.
    """
    if _AS_THEY_ARE.issuperset(map(type, chain.from_iterable(rows))):
        return rows
    turned = zip(columns, zip(*rows, strict=True), strict=True)
    return list(zip(*(_column(name, cells) for name, cells in turned), strict=True))


def is_unicode(text: str) -> bool:
    """Whether a text has no bytes in it that are no UTF-8."""
    return text == text.encode(errors="replace").decode()


def _column(name: str, cells: Sequence[object]) -> Sequence[object]:
    if _AS_THEY_ARE.issuperset(map(type, cells)):
        return cells
    try:
        return [text_of(cell) for cell in cells]
    except NestedError as error:
        raise NestedError(f'has a column "{name}" that {error}') from error


def text_of(value: object) -> str | None:
    """Write one value: whole numbers without a point, times as ISO 8601 has them with a space."""
    write = _WRITERS.get(type(value))
    return write(value) if write else _other(value)


def _other(value: object) -> str | None:
    for kind, write in _WRITERS.items():
        if isinstance(value, kind):
            return write(value)
    if isinstance(value, list | tuple | dict | set):
        raise NestedError(f"holds a {type(value).__name__}, and not one value a row")
    return str(value)


def _number(value: Decimal) -> str | None:
    if not value.is_finite():
        return None if value.is_nan() else str(value)
    return format(value.to_integral_value() if value == value.to_integral_value() else value, "f")


def _inexact_number(value: float) -> str | None:
    if isnan(value):
        return None
    return str(int(value)) if value.is_integer() and abs(value) < _EXACT_BELOW else str(value)


def _bytes(value: bytes | bytearray | memoryview) -> str:
    return bytes(value).decode(errors=UNDECODABLE)


_WRITERS: Final[dict[type, Callable[[Any], str | None]]] = {
    str: str,
    type(None): lambda _: None,
    bool: lambda value: str(value).lower(),
    int: str,
    Decimal: _number,
    float: _inexact_number,
    bytes: _bytes,
    bytearray: _bytes,
    memoryview: _bytes,
    datetime: lambda value: value.isoformat(sep=" "),
}
