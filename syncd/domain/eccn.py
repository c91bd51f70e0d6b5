"""ECCNs: their written form, and which of them may be resold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import Final

from syncd.domain.plain_text import Breach
from syncd.domain.rules import RuleBook

EAR99: Final = "EAR99"
"""The class of everything that the Commerce Control List does not name."""

_FORM_RULE: Final = (
    "an ECCN is EAR99, or written as in 5A992 or 5A992.c, "
    "its sub-paragraphs letters and numbers in turn"
)
_APPROVED_RULE: Final = (
    "only an ECCN that Digital River has approved may be resold; the configuration can add some"
)
_LONGEST_WRITTEN: Final = 64
_WRITTEN: Final = re.compile(
    r"([0-9][A-E][0-9]{3})((?:\.?[A-Z]\.?[1-9][0-9]{0,2})*(?:\.?[A-Z])?)", re.IGNORECASE
)
_SEGMENT: Final = re.compile(r"[a-z]|[0-9]+")


def canonical_eccn(text: str) -> str | None:
    """Bring a trimmed ECCN into capitals, its sub-paragraph into small letters after dots.

    White space inside and missing dots are forgiven (`EAR 99`, `5A992c`): they cannot change the
    meaning. None where the form is wrong.
    """
    if len(text) > _LONGEST_WRITTEN or not text.isascii():
        return None
    compact = "".join(text.split())
    if compact.upper() == EAR99:
        return EAR99
    written = _WRITTEN.fullmatch(compact)
    if written is None:
        return None
    return ".".join([written[1].upper(), *_SEGMENT.findall(written[2].lower())])


def wanted_eccn(text: str, rules: RuleBook) -> str | Breach:
    """Read the trimmed text of a catalog, which must be approved and not barred."""
    code = canonical_eccn(text)
    if code is None:
        return Breach(text, _FORM_RULE)
    barred = _listed(code, rules.barred_eccns)
    if barred is not None:
        return Breach(text, f"what is classified under {barred} cannot be resold by Digital River")
    if _listed(code, rules.approved_eccns) is None:
        return Breach(text, _APPROVED_RULE)
    return code


def eccn_warning(code: str, rules: RuleBook) -> str | None:
    """Tell that an ECCN may be resold only under a licence exception."""
    if _listed(code, rules.licence_eccns) is None:
        return None
    return f"ECCN {code} may be resold only where licence exception ENC applies"


def _listed(code: str, listed: AbstractSet[str]) -> str | None:
    """Find the ECCN itself, or else the nearest one above it, in a list."""
    return next((each for each in _and_above(code) if each in listed), None)


def _and_above(code: str) -> Iterator[str]:
    yield code
    while "." in code:
        code = code.rpartition(".")[0]
        yield code
