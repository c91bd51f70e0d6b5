"""Approves what the guards of a cycle have stopped, exactly as it was planned."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import structlog

from syncd.domain.approval import Approval, LeftOut, can_be_approved
from syncd.domain.attributes import ItemId
from syncd.domain.change import Change
from syncd.domain.cycle import CycleId, CycleResult, Guard
from syncd.domain.snapshot import Certificate, Reading
from syncd.engine.approve import Moment, guards_that_stopped, left_out
from syncd.errors import UsageError
from syncd.ports import Clock, History, State
from syncd.service.canary import accept, unaccepted
from syncd.service.terms import LEASE_WAIT, Terms

_ROWS_AT_ONCE: Final = 1_000
_INSTEAD: Final = {
    Guard.ACCOUNT: "another account cannot be approved: put the old key back, or start this "
    "account with a state of its own (state.url)",
    Guard.EMPTY_CATALOG: "an empty catalog cannot be approved: mend the catalog, or delete the "
    "items at Digital River if they are all to go",
    Guard.PARTIAL_READ: "what an unproven read lacks cannot be approved: have the catalog exported "
    "whole, then run again",
}

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Approved:
    """What an approval lets through until `expires`, and what it leaves out, by the reason.

    `read` is the evidence of the read whose loss of rows was accepted, None where none was; `gone`
    counts the ids that the canary had stopped although their deletes are yet to come due, and lets
    go now. `read_left_out` says why the loss that the cycle had stopped was not accepted.
    """

    cycle: CycleId
    at: datetime
    expires: datetime
    approvals: tuple[Approval, ...]
    left_out: Mapping[LeftOut, Sequence[ItemId]]
    read: Certificate | None = None
    gone: int = 0
    read_left_out: LeftOut | None = None


def approve(state: State, clock: Clock, terms: Terms, cycle: CycleId, holder: str) -> Approved:
    """Let the next cycles carry out what this one's guards have stopped, if it is still the same.

    Waits up to a minute for a cycle that is running, then raises `LeaseHeldError`; raises
    `UsageError` where there is no such cycle, or nothing in it that can be approved.
    """
    with state.lease(holder, LEASE_WAIT):
        result = _with_stops(state, cycle)
        now = clock.now()
        approving = _Approving(state, terms, result, now)
        approved = approving.judged()
        approving.record(approved)
    _log.info("cycle.approved", cycle=cycle, count=len(approved.approvals))
    return approved


def _with_stops(state: History, cycle: CycleId) -> CycleResult:
    result = state.cycle(cycle)
    if result is None:
        raise UsageError(f"Cycle {cycle}", "there is no such cycle", "See: syncd history")
    if not result.guards:
        raise UsageError(
            f"Cycle {cycle}", "no guard stopped anything in it", "See which one did: syncd history"
        )
    if not can_be_approved(result.guards):
        guards = dict.fromkeys(stop.guard for stop in result.guards)
        reasons = "; ".join(_INSTEAD[guard] for guard in guards)
        raise UsageError(f"Cycle {cycle}", reasons, "Nothing was approved")
    return result


@dataclass(frozen=True, slots=True)
class _Approving:
    state: State
    terms: Terms
    result: CycleResult
    now: datetime

    def judged(self) -> Approved:
        """Sort what was stopped into what can be approved and what is left out."""
        reading = self.state.reading()
        moment = Moment(self.now, reading.complete_reads if reading else 0, self.terms.policy)
        expires = self.now + self.terms.limits.budget_window
        approvals: list[Approval] = []
        left: defaultdict[LeftOut, list[ItemId]] = defaultdict(list)
        for changes in self._stopped():
            ids = [change.id for change in changes]
            rows, older = self.state.tracked(ids), self.state.approvals(ids, self.now)
            for change in changes:
                guards = guards_that_stopped(change, self.result.guards)
                why_not = left_out(change, rows.get(change.id), guards, moment)
                if why_not is None:
                    approval = Approval(change, guards, self.result.id, expires)
                    approvals.append(_widened(approval, older.get(change.id)))
                else:
                    left[why_not].append(change.id)
        approved = Approved(self.result.id, self.now, expires, tuple(approvals), left)
        return self._with_read(self._with_gone(approved, reading), reading)

    def record(self, approved: Approved) -> None:
        """Put the approvals in force, and clear away those that have expired."""
        reading = self.state.reading()
        with self.state.transaction() as transaction:
            transaction.forget_approvals(self.now)
            transaction.approve(approved.approvals)
            if approved.read is not None and reading is not None:
                transaction.record_reading(replace(reading, accepted_until=approved.expires))
            if approved.gone:
                accept(self.state, transaction, self.now, approved.expires)

    def _stopped(self) -> Iterator[Sequence[Change]]:
        """What the cycle's guards have stopped, in batches."""
        name = self.result.stopped_plan
        changes = self.state.stopped(name) if name is not None else ()
        for start in range(0, len(changes), _ROWS_AT_ONCE):
            yield changes[start : start + _ROWS_AT_ONCE]

    def _with_gone(self, approved: Approved, reading: Reading | None) -> Approved:
        """Accept what went missing up to the read that the canary judged, if it is still the last.

        It is no part of the plan that was stopped, for its deletes are not due yet.
        """
        if all(stop.guard is not Guard.CANARY for stop in self.result.guards):
            return approved
        gone = len(unaccepted(self.state, self.terms, self.now))
        if not gone:
            return approved
        if not self._is_the_read(reading):
            return replace(approved, read_left_out=LeftOut.MOVED_ON)
        return replace(approved, gone=gone)

    def _is_the_read(self, reading: Reading | None) -> bool:
        """Whether the last read is still the one that the cycle went by."""
        return reading is not None and bool(reading.name) and reading.name == self.result.reading

    def _with_read(self, approved: Approved, reading: Reading | None) -> Approved:
        """Accept the loss of rows in the read that the cycle went by, if it is still the last."""
        if all(stop.guard is not Guard.MAX_SHRINK for stop in self.result.guards):
            return approved
        if reading is None or not self._is_the_read(reading):
            return replace(approved, read_left_out=LeftOut.MOVED_ON)
        if not reading.stopped:
            return replace(approved, read_left_out=LeftOut.DONE)
        return replace(approved, read=reading.certificate)


def _widened(approval: Approval, older: Approval | None) -> Approval:
    """With the guards of an older approval of the very same change, which stands beside it."""
    if older is None or not older.covers(approval.change):
        return approval
    return replace(approval, guards=approval.guards | older.guards)
