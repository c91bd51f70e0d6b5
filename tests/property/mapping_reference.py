"""What a column's mapping means, in plain Python and text by text, to hold the SQL against."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache

from syncd.config import ColumnMapping
from syncd.data.country_names import alpha_3_codes, country_names
from syncd.data.truth_words import TRUTH_WORDS
from syncd.domain.country_name import folded_name
from syncd.domain.plain_text import trimmed

_RE2_WHITE = "[\\t\\n\\f\\r ]"  # without the vertical tab, which Python counts in


def value_of(column: ColumnMapping, cells: Sequence[str | None]) -> str | None:
    """Make an attribute's value of the cells of one row."""
    if not column.sources:
        return column.default or None
    parts = [trimmed(cell or "") for cell in cells]
    text = _stepped(column, column.separator.join(filter(None, parts)))
    return text or column.default or None


def id_of(column: ColumnMapping, cells: Sequence[str | None]) -> str | None:
    """Make an id of the cells of one row."""
    parts = [trimmed(cell or "") for cell in cells]
    return _stepped(column, column.separator.join(parts)) or None if all(parts) else None


def _stepped(column: ColumnMapping, text: str) -> str:
    text = trimmed(text)
    text = trimmed(text.strip(column.strip)) if column.strip else text
    for affix in column.strip_affixes:
        text = trimmed(text.removeprefix(affix).removesuffix(affix))
    if column.extract is not None:
        text = trimmed(_extracted(column.extract, text))
    if column.upper:
        text = "".join(map(_capital, text))
    if column.lower:
        text = "".join(map(_small, text))
    text = column.values.get(text, text)
    if column.boolean:
        text = TRUTH_WORDS.get("".join(map(_small, text)), text)
    if column.countries is not None:
        text = _codes(column.countries).get(folded_name(text), text)
    return text


@cache
def _codes(kind: str) -> Mapping[str, str]:
    return country_names() if kind == "names" else alpha_3_codes()


def _extracted(pattern: str, text: str) -> str:
    found = re.compile(pattern.replace("\\s", _RE2_WHITE), re.ASCII).search(text)
    if found is None:
        return ""
    return (found[1] if found.re.groups else found[0]) or ""


def _capital(letter: str) -> str:
    """One capital for one letter; `ß` has one of its own, and some Greek letters a title case."""
    one = next((each for each in (letter.upper(), letter.title()) if len(each) == 1), letter)
    return "ẞ" if letter == "ß" else one


def _small(letter: str) -> str:
    return "i" if letter == "İ" else letter.lower()
