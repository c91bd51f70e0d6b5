"""Countries of origin: two capital letters, assigned and taken by Digital River."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Final

from syncd.domain.plain_text import Breach

_RULE: Final = (
    "a country of origin is a two-letter ISO 3166-1 code that Digital River takes, as in DK"
)
_KNOWN_MISTAKES: Final = {
    "EL": "Greece is GR",
    "EU": "goods originate in one country, not in the Union",
    "KP": "KP is refused although it is assigned",
    "UK": "the United Kingdom is GB",
    "XK": "XK is not assigned",
}
_LETTERS: Final = 2


def canonical_country(text: str) -> str | None:
    """Bring two ASCII letters into capitals; None for anything else.

    Other letters are never folded: `ß` has the capitals of South Sudan.
    """
    if len(text) == _LETTERS and text.isascii() and text.isalpha():
        return text.upper()
    return None


def wanted_country(text: str, countries: AbstractSet[str]) -> str | Breach:
    """Read the trimmed text of a catalog, which must be one of these codes."""
    code = canonical_country(text)
    if code is not None and code in countries:
        return code
    mistake = _KNOWN_MISTAKES.get(code or "")
    return Breach(text, f"{_RULE}; {mistake}" if mistake else _RULE)
