"""How a part of syncd is installed that not everybody needs."""

from __future__ import annotations

import shlex
import sys


def installing(extra: str) -> str:
    """The next step, for the very Python that runs: another one's pip would be of no help."""
    return f"Install it: {shlex.quote(sys.executable)} -m pip install 'syncd[{extra}]'"
