"""HS codes: six to ten digits, and the damage that spreadsheets do to them."""

from __future__ import annotations

import re
from typing import Final

from syncd.domain.plain_text import Breach

_RULE: Final = "an HS code has six to ten digits, as in 6404.20 or 6404.20.4025"
_NUMBER_RULE: Final = (
    "a spreadsheet has made a number of this HS code; export the column as text, as in 6404.20"
)
_LOST_ZERO_RULE: Final = f"{_RULE}; a zero at its start or end may have been lost"
_PAIRS_RULE: Final = (
    f"{_RULE}, with dots or spaces between pairs of digits only; a zero may have been lost"
)
_SEPARATOR: Final = re.compile(r"\s*\.\s*|\s+")
_NUMBER: Final = re.compile(r"[0-9]{5,}\.0+|[0-9]+(?:[.,][0-9]+)?[eE][+-]?[0-9]+")
_LONGEST_WRITTEN: Final = 64
_FEWEST: Final = 6
_MOST: Final = 10


def canonical_hs_code(text: str) -> str | None:
    """Bring a trimmed HS code into the form that is sent; None where its form is wrong.

    That is `####.##`, then what follows the sixth digit after a second dot, nothing padded.
    """
    code = wanted_hs_code(text)
    return code if isinstance(code, str) else None


def wanted_hs_code(text: str) -> str | Breach:
    """Read the trimmed text of a catalog: digits, in pairs where dots or spaces divide them."""
    if _FEWEST <= len(text) <= _MOST and text.isascii() and text.isdigit():
        return _dotted(text)  # nearly all of them are written so
    return _in_groups(text)


def _in_groups(text: str) -> str | Breach:
    if len(text) > _LONGEST_WRITTEN:
        return Breach(text, _RULE)
    if _NUMBER.fullmatch(text):
        return Breach(text, _NUMBER_RULE)
    groups = _SEPARATOR.split(text)
    digits = "".join(groups)
    if not all(groups) or not (digits.isascii() and digits.isdigit()) or len(digits) > _MOST:
        return Breach(text, _RULE)
    if len(digits) < _FEWEST:
        return Breach(text, _LOST_ZERO_RULE)
    if any(len(group) % 2 for group in groups[:-1]):
        return Breach(text, _PAIRS_RULE)
    return _dotted(digits)


def hs_code_warning(code: str) -> str | None:
    """Tell of an odd number of digits, which national codes do not have."""
    if (len(code) - code.count(".")) % 2 == 0:
        return None
    return f"HS code {code} has an odd number of digits; a leading zero may have been lost"


def _dotted(digits: str) -> str:
    end = f".{digits[6:]}" if len(digits) > _FEWEST else ""
    return f"{digits[:4]}.{digits[4:6]}{end}"
