"""Which of the changes that guards have stopped can be approved: those still exactly as planned."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from syncd.domain.approval import NEVER_APPROVED, LeftOut
from syncd.domain.change import Action, Change
from syncd.domain.cycle import Guard, GuardStop
from syncd.domain.policy import Policy
from syncd.domain.tracking import Tracked
from syncd.engine.plan import change_for
from syncd.engine.times import in_time


@dataclass(frozen=True, slots=True)
class Moment:
    """When an approval is given, and under which policy; `read` numbers the last complete read."""

    now: datetime
    read: int
    policy: Policy


def guards_that_stopped(change: Change, stops: Iterable[GuardStop]) -> frozenset[Guard]:
    """The guards that stopped this change's kind, in the cycle that stopped it."""
    actions = {half.action for half in change.halves}
    return frozenset(stop.guard for stop in stops if not actions.isdisjoint(stop.stopped))


def left_out(
    change: Change, row: Tracked | None, guards: frozenset[Guard], moment: Moment
) -> LeftOut | None:
    """Why this stopped change cannot be approved; None where it can.

    The row is read in time, as a plan reads it: after a clock was set back it would wait else.
    """
    if row is None:
        return LeftOut.DONE if change.action is Action.DELETE else LeftOut.GONE
    now_due = in_time(row, moment.policy, moment.now)
    if change_for(now_due, moment.policy, moment.now, moment.read) == change:
        return LeftOut.UNPROVEN if guards & NEVER_APPROVED else None
    if change.action is Action.DELETE:
        return LeftOut.MOVED_ON
    if row.is_missing:
        return LeftOut.GONE
    return LeftOut.DONE if _is_done(change, row) else LeftOut.MOVED_ON


def _is_done(change: Change, row: Tracked) -> bool:
    return row.revision == change.revision and row.is_equal
