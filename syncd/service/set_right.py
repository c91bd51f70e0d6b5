"""Writes down anew since when an id is missing, where a clock that was wrong has written it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import structlog

from syncd.domain.policy import Policy
from syncd.domain.tracking import SkuState, Tracked
from syncd.engine.times import in_time
from syncd.ports import State
from syncd.service.canary import after_change
from syncd.service.terms import Ports, Terms

PUT_BACK: Final = "clock.put_back"
"""The name of the fact that holds the steps back that are not made up for, empty for none."""
_OF_NO_ACCOUNT: Final = 1 / 20
"""So much of the time that missing ids wait: two hosts may differ by it, and correct each other."""
_MOST_STEPS: Final = 16
_MISSING: Final = frozenset({SkuState.MISSING})

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _StepBack:
    """The clock was at `until` before it was found to be at `since`, the earlier one."""

    since: datetime
    until: datetime


def heed_clock(state: State, policy: Policy, started: datetime) -> None:
    """Notice that the clock has stepped back, before the cycle writes anything by it.

    It must not have been recorded yet: what is compared is when the one before was over. Later on
    it is when this one began, for clocks step back while back-offs are waited out as well.
    """
    _remember(state, _steps(state, policy, started))


def set_right(ports: Ports, terms: Terms, now: datetime) -> None:
    """Let no id be missing since a moment that is yet to come, or that a clock was behind to tell.

    A clock that steps back was ahead before, or is behind now: nobody knows. So the time of what is
    missing begins at once, and once more when the clock has come to where it had been, for it may
    be there by another leap. The other moments are only read in time: they are written anew with
    every attempt.
    """
    state, policy, now = ports.state, terms.policy, after_change(ports.state, now)
    steps = _steps(state, policy, now)
    over = [step for step in steps if step.until <= now]
    wrong_from = min((step.since for step in over), default=now)
    for rows in state.in_states(_MISSING):
        _put_in_time(state, rows, _Clock(policy, now, wrong_from))
    _remember(state, [step for step in steps if step not in over])


@dataclass(frozen=True, slots=True)
class _Clock:
    """What the clock shows now; what it told from `wrong_from` on is not to be believed."""

    policy: Policy
    now: datetime
    wrong_from: datetime

    def put_right(self, row: Tracked) -> Tracked:
        told = in_time(row, self.policy, self.now)
        if told.missing is None or not self.wrong_from <= told.missing.since < self.now:
            return told
        return replace(told, missing=replace(told.missing, since=self.now))


def _steps(state: State, policy: Policy, now: datetime) -> list[_StepBack]:
    """The steps back that are not made up for, with one that shows now beside the latest cycle.

    Each is over at a time of its own: a clock that was far ahead once must hide no later one.
    """
    text = state.remembered(PUT_BACK)
    known = [_StepBack(*map(datetime.fromisoformat, one)) for one in json.loads(text or "[]")]
    latest = max((cycle.finished for cycle in state.cycles(1)), default=now)
    is_noticed = any(step.until == latest for step in known)
    if is_noticed or latest - now <= policy.delete_after * _OF_NO_ACCOUNT:
        return known
    return [*known, _StepBack(now, latest)][-_MOST_STEPS:]


def _remember(state: State, steps: Sequence[_StepBack]) -> None:
    told = [[step.since.isoformat(), step.until.isoformat()] for step in steps]
    text = json.dumps(told) if told else ""
    if text != (state.remembered(PUT_BACK) or ""):
        with state.transaction() as transaction:
            transaction.remember(PUT_BACK, text)


def _put_in_time(state: State, rows: Sequence[Tracked], clock: _Clock) -> None:
    wrong = [row.id for row in rows if clock.put_right(row) is not row]
    if not wrong:
        return
    with state.transaction() as transaction:
        found = transaction.tracked(wrong)
        transaction.put([clock.put_right(row) for row in found.values()])
    _log.warning("clock.was_wrong", skus=len(wrong))
