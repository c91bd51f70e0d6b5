"""Text as people type and export it: what is trimmed from it, and how it is shown when refused."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final

WHITE_SPACE: Final = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680"
    "\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""Every character that Unicode, and so `str.split`, takes for white space."""

INVISIBLE: Final = (
    "\xad\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
    "\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\ufeff"
)
"""Characters without width that copying leaves at the ends of a cell: joiners, marks, the BOM."""

_TRIMMED: Final = WHITE_SPACE + INVISIBLE
_UNFIT: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_LONGEST_SHOWN: Final = 200


@dataclass(frozen=True, slots=True)
class Breach:
    """A value that breaks a rule, trimmed, and the rule as one sentence without its full stop."""

    value: str
    rule: str


def trimmed(text: str) -> str:
    """Cut white space and invisible characters off both ends; what stands inside is kept."""
    is_clean = text[:1].isalnum() and text[-1:].isalnum()  # as most are, and told far sooner
    return text if is_clean else text.strip(_TRIMMED)


def single_line(text: str, name: str) -> str | Breach:
    """Take trimmed free text as it is, code point for code point.

    Nothing is normalised, not even to NFC: Digital River looks part number and manufacturer up as
    they were sent. Control and invisible characters are refused, since nobody would see them there,
    and halves of surrogate pairs, since no JSON in UTF-8 can carry them.
    """
    if text.isprintable():
        return text
    for position, character in enumerate(text, start=1):
        if unicodedata.category(character) in _UNFIT:
            return Breach(
                text,
                f"{name} has no control or invisible characters, but U+{ord(character):04X} "
                f"is its character {position}",
            )
    return text


def shown(text: str) -> str:
    """Make a refused value fit for a report: 200 characters at most, the unprintable escaped."""
    start = printable(text[:_LONGEST_SHOWN])
    return start if len(text) <= _LONGEST_SHOWN else start + "…"


def printable(text: str) -> str:
    """Escape the unprintable, line ends among them."""
    return text if text.isprintable() else "".join(map(_visible, text))


def _visible(character: str) -> str:
    if character.isprintable():
        return character
    return character.encode("unicode_escape").decode("ascii")
