"""How much a column's name is like one that shops and ERPs give to what is looked for."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from syncd.engine.guess.known import (
    ELSEWHERE,
    KNOWN_NAMES,
    NOISE,
    PHYSICAL_NAMES,
    UPDATED_NAMES,
)
from syncd.engine.guess.target import Target

_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WORD: Final = re.compile(r"[a-z0-9#]+")
_SHORTEST_PART: Final = 6
"""A known name as short as `HS` may stand in a longer one by chance."""

EXACT: Final = 1.0
AMONG_NOISE: Final = 0.8
WITHIN: Final = 0.5
_STEP: Final = 0.001


@dataclass(frozen=True, slots=True)
class Likeness:
    """How like a known name a column's is, from 0 to 1, and which name that is."""

    score: float
    name: str = ""


UNLIKE: Final = Likeness(0.0)


def likeness(column: str, target: Target) -> Likeness:
    """Compare letter by letter, but for capitals, accents and what stands between words."""
    if target is Target.COUNTRY_OF_ORIGIN and is_elsewhere(column):
        return UNLIKE
    return _like(words_of(column), KNOWN_NAMES[target])


def is_elsewhere(column: str) -> bool:
    """Whether a country there is one that goods are sent to or sold in, by the column's name."""
    return not ELSEWHERE.isdisjoint(words_of(column))


def tells_physical(column: str) -> bool:
    """Whether the column tells goods from downloads and services, by its name."""
    return _like(words_of(column), PHYSICAL_NAMES).score >= AMONG_NOISE


def tells_update(column: str) -> bool:
    """Whether the column tells when a row was last changed, by its name."""
    return _like(words_of(column), UPDATED_NAMES).score > AMONG_NOISE


def words_of(name: str) -> tuple[str, ...]:
    """Split a name into its words: `countryOfOrigin` and `Country of Origin` have the same."""
    humps = _HUMP.sub(" ", name)
    plain = unicodedata.normalize("NFKD", humps.replace("ß", "ss").replace("ł", "l")).casefold()
    bare = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return tuple(_WORD.findall(bare))


def _like(words: Sequence[str], names: tuple[str, ...]) -> Likeness:
    known = _keys(names)
    bare = [word for word in words if word not in NOISE]
    for score, key in ((EXACT, "".join(words)), (AMONG_NOISE, "".join(bare))):
        if key in known:
            return Likeness(score - _STEP * known[key], names[known[key]])
    return _within("".join(bare), names)


def _within(key: str, names: tuple[str, ...]) -> Likeness:
    """Find the longest known name that the key begins or ends with."""
    parts = [
        (len(part), rank)
        for part, rank in _keys(names).items()
        if len(part) >= _SHORTEST_PART and (key.startswith(part) or key.endswith(part))
    ]
    if not parts:
        return UNLIKE
    rank = max(parts)[1]
    return Likeness(WITHIN - _STEP * rank, names[rank])


@cache
def _keys(names: tuple[str, ...]) -> dict[str, int]:
    keys: dict[str, int] = {}
    for rank, name in enumerate(names):
        keys.setdefault("".join(words_of(name)), rank)
    return keys
