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
"""The name of the fact that holds the last step back, empty once it is made up for."""
_MISSING: Final = frozenset({SkuState.MISSING})

_log = structlog.get_logger()


def set_right(ports: Ports, terms: Terms, now: datetime) -> None:
    """Let no id be missing since a moment that is yet to come, or that a clock was behind to tell.

    A clock that steps back was ahead before, or is behind now: nobody knows. So the time of what is
    missing begins at once, and once more when the clock has come to where it had been, for it may
    be there by another leap. The other moments are only read in time: they are written anew with
    every attempt.
    """
    state, now = ports.state, after_change(ports.state, now)
    step = _step_back(state, now)
    is_over = step is not None and step.until <= now
    wrong_from = step.since if step is not None and is_over else now
    for rows in state.in_states(_MISSING):
        _put_in_time(state, rows, _Clock(terms.policy, now, wrong_from))
    _remember(state, None if is_over else step)


@dataclass(frozen=True, slots=True)
class _StepBack:
    """The clock was at `until` before it was found to be at `since`, the earlier one."""

    since: datetime
    until: datetime


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


def _step_back(state: State, now: datetime) -> _StepBack | None:
    """The step back that is not made up for, with one that shows now beside the latest cycles."""
    text = state.remembered(PUT_BACK)
    known = _StepBack(*map(datetime.fromisoformat, json.loads(text))) if text else None
    latest = max((cycle.finished for cycle in state.cycles(2)), default=now)
    if latest <= now:
        return known
    if known is None:
        return _StepBack(now, latest)
    return _StepBack(min(known.since, now), max(known.until, latest))


def _remember(state: State, step: _StepBack | None) -> None:
    text = json.dumps([step.since.isoformat(), step.until.isoformat()]) if step else ""
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
