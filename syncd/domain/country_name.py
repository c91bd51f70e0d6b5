"""Names of countries as exports write them, brought into one form to be looked up by."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_LETTERS: Final = re.compile(r"[a-z]+")


def folded_name(name: str) -> str:
    """Keep nothing but the letters a to z, after accents and capitals are taken off.

    `Côte d’Ivoire` becomes `cotedivoire`, `U.S.A.` becomes `usa`; what has no such letter becomes
    empty, and names no country.
    """
    plain = unicodedata.normalize("NFD", name.lower())
    return "".join(_LETTERS.findall(plain))
