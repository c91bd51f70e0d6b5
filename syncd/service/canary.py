"""Notices that what decides the plan has changed since the last plan that passed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog

from syncd.domain.attributes import ItemId
from syncd.domain.change import Action
from syncd.domain.policy import PolicyMode
from syncd.domain.tracking import Missing, Ownership, SkuState
from syncd.engine.plan import ALLOWED
from syncd.engine.situation import Aftermath
from syncd.ports import State, Table, Transaction
from syncd.service.terms import Ports, Terms

MEANING: Final = "meaning"
"""The name of the fact that holds the digests of the parts, by name."""
CHANGE: Final = "meaning.change"
"""The name of the fact that holds the change which no plan has passed yet, empty for none."""
MODE: Final = "meaning.mode"
"""The name of the fact that holds the mode of the last plan that passed."""
NEW_STATE: Final = "This state is new, so guards.canary does not hold its first plan back."
NOTHING_REMEMBERED: Final = (
    "No whole plan is known to have passed on this state so far, so there is nothing that "
    "guards.canary could compare with, and it does not hold this one back."
)

_EVER: Final = datetime.min.replace(tzinfo=UTC)
_INSTANT: Final = timedelta(microseconds=1)

_log = structlog.get_logger()


class Canary:
    """Compares the meaning of now with the one that is remembered, for one cycle."""

    def __init__(self, ports: Ports, terms: Terms) -> None:
        """Look at nothing yet."""
        self._ports = ports
        self._terms = terms
        self._state_is_new = True
        self._notes: tuple[str, ...] = ()

    def begin(self) -> None:
        """Remember when a change was first seen: before the first read under it is recorded."""
        state, now = self._ports.state, self._ports.clock.now()
        self._state_is_new = state.reading() is None
        change = _change(state)
        if change is not None:
            change = change.in_time(now, self._terms.limits.budget_window)
        elif self.changed_parts():
            change = _Change(now)
        if change != _change(state) and change is not None:
            with state.transaction() as transaction:
                _remember(transaction, change)

    def changed_parts(self) -> tuple[str, ...]:
        """The parts of the meaning that are not as they were; none where nothing is remembered.

        A part that an older version knew nothing of has not changed.
        """
        before = json.loads(self._ports.state.remembered(MEANING) or "{}")
        now = self._terms.meaning
        return tuple(part for part in now if now[part] != before.get(part, now[part]))

    def aftermath(self) -> Aftermath:
        """What the change has led to so far; nothing where there is none."""
        state = self._ports.state
        change = _change(state)
        if change is None or not self.changed_parts():
            return Aftermath()
        actions = (Action.UPDATE, Action.DELETE)
        written = (state.written_since(change.since, action) for action in actions)
        return Aftermath(
            written=frozenset().union(*written),
            gone=unaccepted(state, self._terms, self._ports.clock.now()),
        )

    def passed(self) -> None:
        """Remember the meaning of now: a whole plan has passed under it."""
        state, before = self._ports.state, self._ports.state.remembered(MEANING)
        meaning = json.dumps(dict(self._terms.meaning), sort_keys=True)
        mode = self._terms.policy.mode.value
        is_known = before == meaning and state.remembered(MODE) == mode
        if not self._terms.meaning or (is_known and _change(state) is None):
            return
        if before is None:
            self._notes = (NEW_STATE if self._state_is_new else NOTHING_REMEMBERED,)
        with state.transaction() as transaction:
            transaction.remember(MEANING, meaning)
            transaction.remember(MODE, mode)
            transaction.remember(CHANGE, "")
        _log.debug("canary.passed", parts=sorted(self._terms.meaning))

    def notes(self) -> tuple[str, ...]:
        """What a report should say of it."""
        return self._notes


def unaccepted(state: State, terms: Terms, now: datetime) -> frozenset[ItemId]:
    """The ids that have gone missing since the change and will be deleted, in plans yet to come.

    After a mode in which nothing is deleted these are all, for no plan has told of any before.
    """
    change = _change(state)
    if change is None or Action.DELETE not in ALLOWED[terms.policy.mode]:
        return frozenset()
    if _deleted_nothing(state):
        change = replace(change, since=_EVER)
    return frozenset(item for item, missing in _missing(state) if change.counts(missing, now))


def _deleted_nothing(state: State) -> bool:
    """Whether the last plan that passed was one without deletes; older states do not say it."""
    mode = state.remembered(MODE)
    return mode is not None and Action.DELETE not in ALLOWED[PolicyMode(mode)]


def accept(state: State, transaction: Transaction, upto: datetime, until: datetime) -> None:
    """Let the canary pass over what has gone missing up to a moment, until that expires."""
    change = _change(state)
    if change is not None:
        _remember(transaction, replace(change, accepted_upto=upto, accepted_until=until))


def after_change(state: State, now: datetime) -> datetime:
    """This moment, or that of a change which was seen before the clock was put back.

    What is called missing from then on is seen to have gone after the change.
    """
    return max(now, changed_since(state) or now)


def changed_since(state: State) -> datetime | None:
    """Since when a change of the meaning waits for a plan to pass; None where none does."""
    change = _change(state)
    return None if change is None else change.since


@dataclass(frozen=True, slots=True)
class _Change:
    """A change of the meaning: since when, and which of its losses a person has accepted."""

    since: datetime
    accepted_upto: datetime | None = None
    accepted_until: datetime | None = None

    def in_time(self, now: datetime, window: timedelta) -> _Change:
        """The change without a moment that a clock which had jumped ahead has left behind.

        What goes missing from now on is no part of what was accepted then.
        """
        upto, until = self.accepted_upto, self.accepted_until
        return _Change(
            since=min(self.since, now),
            accepted_upto=now - _INSTANT if upto and upto > now else upto,
            accepted_until=until and min(until, now + window),
        )

    def counts(self, missing: Missing, now: datetime) -> bool:
        """Whether this loss came after the change and has not been accepted."""
        if missing.since < self.since:
            return False
        if self.accepted_upto is None or self.accepted_until is None:
            return True
        return missing.since > self.accepted_upto or now >= self.accepted_until


def _missing(table: Table) -> Iterator[tuple[ItemId, Missing]]:
    for rows in table.in_states(frozenset({SkuState.MISSING})):
        for row in rows:
            is_ours = row.ownership is Ownership.OWNED and row.known is not None
            if is_ours and row.missing is not None:
                yield row.id, row.missing


def _change(state: State) -> _Change | None:
    text = state.remembered(CHANGE)
    if not text:
        return None
    since, upto, until = json.loads(text)
    return _Change(
        datetime.fromisoformat(since),
        datetime.fromisoformat(upto) if upto else None,
        datetime.fromisoformat(until) if until else None,
    )


def _remember(transaction: Transaction, change: _Change) -> None:
    moments = (change.since, change.accepted_upto, change.accepted_until)
    texts = [moment.isoformat() if moment else None for moment in moments]
    transaction.remember(CHANGE, json.dumps(texts))
