"""`syncd history --verify`: whether the history is as it was written, and from where on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from syncd.report import Column, Kind, Listing
from syncd.report.wording import counted, moment
from syncd.service.verify import Breach, Damage, Verdict

_VERIFIED: Final = (
    Column("cycles", "cycles", Kind.NUMBER),
    Column("since", "back to", Kind.TIME),
    Column("pruned_upto", "pruned up to", Kind.TIME),
    Column("broken", "first broken", Kind.CODE),
)
_DAMAGES: Final = {
    Damage.CHANGED: "Cycle {} is not as it was sealed: its record or its writes were changed, "
    "removed or added to.",
    Damage.FOLLOWS_A_GAP: "Cycles before {} were removed, and their seals with them.",
    Damage.CUT_OFF: "The cycles after {} were removed.",
    Damage.NOT_RECORDED: "The journal has writes of cycle {}, and the history has no such cycle.",
    Damage.NOT_SEALED: "Cycle {} was added to the history, or its seal taken off.",
}
_ALL_GONE: Final = "All cycles were removed."


def verify_listing(verdict: Verdict) -> Listing:
    """Say it in sentences, and in one row for machines."""
    broken = None if verdict.breach is None else verdict.breach.cycle or ""
    return Listing(
        title="History",
        sentence=" ".join(_sentences(verdict)),
        columns=_VERIFIED,
        rows=((verdict.cycles, verdict.since, verdict.pruned_upto, broken),),
        commands=tuple(_commands(verdict)),
        key="verified",
    )


def damage_words(breach: Breach) -> str:
    """Say what was done to the history, and where it shows first."""
    return _ALL_GONE if breach.cycle is None else _DAMAGES[breach.damage].format(breach.cycle)


def _sentences(verdict: Verdict) -> Iterator[str]:
    count = counted(verdict.cycles, "cycle")
    if verdict.breach is not None:
        yield damage_words(verdict.breach)
        yield f"{count} before that verified." if verdict.cycles else "Nothing before it verified."
    elif verdict.since is None:
        yield "No cycle has been sealed yet; the next one that finishes seals all there are."
    else:
        yield f"{count} verified, back to {moment(verdict.since)}."
    if verdict.pruned_upto is not None:
        yield f"Up to {moment(verdict.pruned_upto)} the history was pruned (state.keep_journal)."


def _commands(verdict: Verdict) -> Iterator[str]:
    if verdict.breach is not None and verdict.breach.cycle is not None:
        yield f"syncd history {verdict.breach.cycle}"
