"""The `Link` header of RFC 8288: where it says that the next page is."""

from __future__ import annotations

import re
from typing import Final

_WORD: Final = r"[\w!#$%&'*+.^`|~-]+"
_PARAMETER: Final = rf"\s*;\s*({_WORD})(?:\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|([^\s;,\"]+)))?"
_LINK: Final = re.compile(rf"<([^<>]*)>((?:{_PARAMETER})*)")
_PARAMETERS: Final = re.compile(_PARAMETER)


def next_link(header: str | None) -> str | None:
    """Give the target of the link whose relation is `next`; None where there is none."""
    for link in _LINK.finditer(header or ""):
        if "next" in _relations(link[2]):
            return link[1]
    return None


def _relations(parameters: str) -> list[str]:
    """Give the relations of one link: those of the first `rel` alone count."""
    for name, quoted, bare in _PARAMETERS.findall(parameters):
        if name.lower() == "rel":
            return str(quoted or bare).lower().split()
    return []
