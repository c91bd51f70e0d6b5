"""Which of some names was most likely meant by one that is not among them."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

_CLOSE: Final = 0.6


def nearest_names(name: str, among: Iterable[str], most: int = 1) -> list[str]:
    """Give the names that are close to this one, the closest first, whatever their capitals."""
    by_folded = {each.casefold(): each for each in among}
    near = get_close_matches(name.casefold(), list(by_folded), n=most, cutoff=_CLOSE)
    return [by_folded[folded] for folded in near]
