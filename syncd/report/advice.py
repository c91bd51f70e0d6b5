"""What a person can do about a stop: words and a command that is ready to paste."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from syncd.domain.cycle import CycleId, Guard, GuardStop


@dataclass(frozen=True, slots=True)
class Advice:
    """One next step."""

    words: str
    command: str


_UNPROVEN: Final = {
    Guard.EMPTY_CATALOG: Advice(
        "Mend the catalog, then look whether it can be read:", "syncd check"
    ),
    Guard.ACCOUNT: Advice(
        "Make sure that key and base URL are the right account's:", "syncd check"
    ),
    Guard.PARTIAL_READ: Advice("Have the catalog exported whole, then run again:", "syncd --once"),
}
"""What helps where no approval can: proof is wanting."""


def advice_for(stop: GuardStop, recorded: CycleId | None) -> Advice:
    """Tell what helps against one guard stop: mend the source, or approve what was planned.

    `recorded` is the cycle where the history has it, and so can be approved; None for a dry run.
    """
    unproven = _UNPROVEN.get(stop.guard)
    if unproven is not None:
        return unproven
    if recorded is not None:
        return Advice(
            "Mend the catalog if this is not meant. If it is, let through what was stopped:",
            f"syncd approve {recorded}",
        )
    setting = f"SYNCD_GUARDS__{stop.guard.upper()}={_limit_that_passes(stop.actual)}"
    return Advice(
        "Mend the catalog if this is not meant. If it is, run syncd --once and approve what that "
        "stops, or lift the limit for one run:",
        f"{setting} syncd --once",
    )


def _limit_that_passes(actual: float) -> str:
    if isinstance(actual, int):
        return str(actual)
    return str(min(1.0, math.ceil(actual * 100) / 100))
