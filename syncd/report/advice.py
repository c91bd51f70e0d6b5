"""What a person can do about a stop: words and a command that is ready to paste."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from syncd.domain.cycle import CycleId, Guard, GuardStop
from syncd.report.wording import joined


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


def advice_on(stops: Sequence[GuardStop], recorded: CycleId | None) -> tuple[Advice, ...]:
    """Tell what helps against a cycle's guard stops, each step once for all that it helps against.

    That is to mend the source, or to approve what was planned. `recorded` is the cycle where the
    history has it, and so can be approved; None for a dry run.
    """
    guards = dict.fromkeys(stop.guard for stop in stops)
    proofs = [_UNPROVEN[guard] for guard in guards if guard in _UNPROVEN]
    passable = [stop for stop in stops if stop.guard not in _UNPROVEN]
    return (*proofs, _letting_through(passable, recorded)) if passable else tuple(proofs)


def _letting_through(stops: Sequence[GuardStop], recorded: CycleId | None) -> Advice:
    names = joined(list(dict.fromkeys(stop.guard.value for stop in stops)))
    if recorded is not None:
        return Advice(
            f"Mend the catalog if this is not meant. If it is, let through what {names} stopped:",
            f"syncd approve {recorded}",
        )
    return Advice(
        "Mend the catalog if this is not meant. If it is, run syncd --once and approve what that "
        f"stops, or lift {names} for one run:",
        f"{_lifting(stops)} syncd --once",
    )


def _lifting(stops: Sequence[GuardStop]) -> str:
    """A setting for each guard, which all that it stopped passes."""
    limits: dict[Guard, float] = {}
    for stop in stops:
        limits[stop.guard] = max(stop.actual, limits.get(stop.guard, stop.actual))
    return " ".join(
        f"SYNCD_GUARDS__{guard.upper()}={_limit_that_passes(actual)}"
        for guard, actual in limits.items()
    )


def _limit_that_passes(actual: float) -> str:
    if isinstance(actual, int):
        return str(actual)
    return str(min(1.0, math.ceil(actual * 100) / 100))
