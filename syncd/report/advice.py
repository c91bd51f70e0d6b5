"""What a person can do about a stop: words and a command that is ready to paste."""

from __future__ import annotations

import math
from dataclasses import dataclass

from syncd.domain.cycle import Guard, GuardStop


@dataclass(frozen=True, slots=True)
class Advice:
    """One next step."""

    words: str
    command: str


def advice_for(stop: GuardStop) -> Advice:
    """Tell what helps against one guard stop: mend the source, or lift the limit for one run."""
    if stop.guard is Guard.EMPTY_CATALOG:
        return Advice("Mend the catalog, then look whether it can be read:", "syncd check")
    if stop.guard is Guard.ACCOUNT:
        return Advice("Make sure that key and base URL are the right account's:", "syncd check")
    setting = f"SYNCD_GUARDS__{stop.guard.upper()}={_limit_that_passes(stop.actual)}"
    return Advice(
        "Mend the catalog if this is not meant. If it is, lift the limit for one run:",
        f"{setting} syncd --once",
    )


def _limit_that_passes(actual: float) -> str:
    if isinstance(actual, int):
        return str(actual)
    return str(min(1.0, math.ceil(actual * 100) / 100))
