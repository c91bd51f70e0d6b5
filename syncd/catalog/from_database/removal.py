"""What the column for soft deletes says of a row: whether it is deleted, though still there."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from syncd.catalog.from_database.watermark import Style

_YES: Final = frozenset({"1", "true", "t", "yes", "y", "on", "x", "deleted"})
_NO: Final = frozenset({"", "0", "false", "f", "no", "n", "off"})
_NEVER: Final = "0000-00-00"
"""How MariaDB and MySQL write a time that was never set."""
_EARLIEST: Final = 100_000_000
"""From here on a number counts the seconds, or fractions of them, since 1970: 1973 or later."""


class UnclearError(Exception):
    """A value that may mean deleted or not; the text shows it."""


def is_deleted(value: object) -> bool:
    """Tell it by the value: null, false, 0 and words for no mean that the row is there.

    True, 1, words for yes and any time, one that counts from 1970 too, mean that it is deleted.
    Raises `UnclearError` for anything else: a guess may delete a product.
    """
    if value is None:
        return False
    if isinstance(value, bytes):  # MariaDB's and MySQL's BIT
        return _by_number(int.from_bytes(value), value)
    if isinstance(value, int | float | Decimal):
        return _by_number(value, value)
    if isinstance(value, str):
        return _by_word(value)
    if isinstance(value, datetime | date | timedelta):
        return True
    raise UnclearError(str(value))


def _by_number(number: float | Decimal, value: object) -> bool:
    if number in {0, 1}:
        return number == 1
    if number >= _EARLIEST:
        return True
    raise UnclearError(str(value))


def _by_word(text: str) -> bool:
    word = text.strip().casefold()
    if word in _NO or word.startswith(_NEVER):
        return False
    if word in _YES or Style.of(text.strip()):
        return True
    raise UnclearError(text)
