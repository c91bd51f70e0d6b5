"""What needs a person: each thing with its reason, and the command that helps ready to copy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from syncd.domain.tracking import SkuState
from syncd.report import view
from syncd.report.advice import Advice, advice_on
from syncd.report.tokens import Role
from syncd.report.wording import counted, number, visible
from syncd.service.board import LOOKED_AT, Board
from syncd.service.readiness import Cause
from syncd.web.pages.watch import Watch

_SHOWN: Final = 3
"""Members of a group that stand on the first page."""
_LOOK: Final = Advice("See what is the matter:", "syncd check")
_ADVICE: Final = {
    Cause.LOOP: Advice("Start it anew:", "systemctl restart syncd"),
    Cause.STANDSTILL: Advice("Start it anew:", "systemctl restart syncd"),
    Cause.LATE: Advice("See what its log says:", "journalctl -u syncd -n 50"),
    Cause.KEY: Advice("Put a valid key in place, then look whether it is taken:", "syncd check"),
    Cause.UNKNOWN: Advice("Report it, with what its log says:", "journalctl -u syncd -n 50"),
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that keeps the daemon from its work."""

    words: str
    advice: Advice


@dataclass(frozen=True, slots=True)
class Waiting:
    """SKUs of one state by reason; `sampled` says how many were looked at where not all were."""

    role: Role
    title: str
    count: str
    href: str
    groups: tuple[view.GroupView, ...]
    sampled: str


@dataclass(frozen=True, slots=True)
class Needs:
    """Everything that needs somebody; `advice` is what helps against the guards' stops."""

    troubles: tuple[Trouble, ...]
    guards: tuple[view.GuardView, ...]
    advice: tuple[Advice, ...]
    waiting: tuple[Waiting, ...]
    notices: tuple[Trouble, ...]

    def __bool__(self) -> bool:
        """Whether anything does."""
        return bool(self.troubles or self.guards or self.waiting or self.notices)


def needs(board: Board, watch: Watch) -> Needs:
    """Gather what needs somebody."""
    judged = board.judged
    return Needs(
        troubles=troubles(watch),
        guards=view.guards(board.stops),
        advice=advice_on(board.stops, None if judged is None else judged.id),
        waiting=tuple(_waiting(board)),
        notices=tuple(_notices(board)),
    )


def troubles(watch: Watch) -> tuple[Trouble, ...]:
    """What keeps the daemon from its work, or from its new configuration."""
    found = [Trouble(visible(one.words), _ADVICE.get(one.cause, _LOOK)) for one in watch.troubles]
    if watch.former_goes_on is not None:
        found.append(
            Trouble(
                visible(watch.former_goes_on), Advice("Mend it, then:", "systemctl reload syncd")
            )
        )
    return tuple(found)


def _notices(board: Board) -> Iterator[Trouble]:
    """What is no trouble of the work itself, and somebody should know."""
    if board.to_mend:
        words = f"The last audit found {counted(board.to_mend, 'SKU')} to mend."
        yield Trouble(words, Advice("Mend what others have changed:", "syncd audit --repair"))
    undelivered = [one.message.title for one in board.outbox.posted]
    if board.outbox.lost is not None:
        undelivered.append(board.outbox.lost.title)
    if undelivered:
        words = f"{counted(len(undelivered), 'message')} did not get through: {undelivered[-1]}."
        yield Trouble(visible(words), Advice("See who cannot be told:", "syncd check --notify"))


def _waiting(board: Board) -> Iterator[Waiting]:
    refused = board.count(SkuState.QUARANTINED)
    if refused:
        yield Waiting(
            role=Role.QUARANTINED,
            title="Quarantined",
            count=number(refused),
            href="/quarantined",
            groups=tuple(view.refused_groups(board.quarantined, board.at, _SHOWN)),
            sampled=_sampled(refused),
        )
    if board.held_count:
        yield Waiting(
            role=Role.HELD,
            title="Held",
            count=number(board.held_count),
            href="/held",
            groups=tuple(view.held_groups(board.held, _SHOWN)),
            sampled=_sampled(board.held_count),
        )


def _sampled(count: int) -> str:
    return number(LOOKED_AT) if count > LOOKED_AT else ""
