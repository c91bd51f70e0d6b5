"""What became of the changes of one cycle, gathered over its passes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from itertools import chain
from typing import Final, assert_never

from syncd.domain.attributes import ItemId
from syncd.domain.change import Action, Change, ChangeOutcome, Plan, Resource
from syncd.domain.cycle import ChangeResult
from syncd.domain.delivery import (
    Accepted,
    Exists,
    Failure,
    Forbidden,
    Gone,
    KeyRefused,
    Outcome,
    Refused,
    Transient,
    failure_of,
)
from syncd.domain.tracking import Delivery, Tracked
from syncd.service.lanes import Delivered

NOT_BEGUN: Final = Failure(None, "not_begun", "the delivery ended before its turn came")
UNANSWERED: Final = Failure(
    None, "unanswered", "its answer had not come when the run was stopped; the next one looks it up"
)
STALE: Final = Failure(
    None, "stale", "its catalog row, revision or known values have changed since the plan was made"
)
UNSEEN: Final = Failure(
    None, "unseen", "Digital River could not be asked what it has, so nothing was sent"
)
MANAGED: Final = Failure(
    None, "managed", "Digital River fulfils its SKU itself by now, so nothing more is sent"
)


class Results:
    """One result for each half; a later pass replaces what an earlier one left undone.

    `helped` counts the requests that other processes have sent.
    """

    def __init__(self) -> None:
        self.helped = 0
        self._items: dict[ItemId, ChangeResult] = {}
        self._skus: dict[ItemId, ChangeResult] = {}
        self._existed: set[tuple[ItemId, Resource]] = set()
        self._tried: set[ItemId] = set()
        self._stale: set[ItemId] = set()
        self._left_out: set[ItemId] = set()

    def planned(self, plan: Plan) -> None:
        """These changes would be made."""
        self._mark(plan.changes, ChangeOutcome.PLANNED)

    def stopped(self, changes: Iterable[Change]) -> None:
        """A guard has stopped these changes."""
        self._mark(changes, ChangeOutcome.STOPPED)

    def stale(self, changes: Sequence[Change]) -> None:
        """These changes of a saved plan no longer fit."""
        self._mark(changes, ChangeOutcome.FAILED, STALE)
        self._stale.update(change.id for change in changes)

    def left_out(self, change: Change, reason: Failure) -> None:
        """This change is not made in this cycle, whatever its row comes to."""
        self._mark([change], ChangeOutcome.FAILED, reason)
        self._stale.add(change.id)
        self._left_out.add(change.id)

    def unseen(self, changes: Iterable[Change]) -> None:
        """It could not be asked whether these changes of a saved plan still fit."""
        self._mark(changes, ChangeOutcome.FAILED, UNSEEN)

    def refused(self, plan: Plan, reason: Failure) -> None:
        """None of these changes may be made at all."""
        self._mark(plan.changes, ChangeOutcome.FAILED, reason)

    def begun(self, plan: Plan, delivered: Iterable[Delivered]) -> None:
        """These changes were handed to delivery, and this is what came back of them."""
        self._mark(plan.changes, ChangeOutcome.FAILED, NOT_BEGUN)
        for one in delivered:
            sent = one.change.halves[0]
            self._mark([sent], _outcome(one), failure_of(one.outcome))
            if isinstance(one.outcome, Exists):
                self._existed.add((sent.id, sent.resource))
            if sent.action is Action.DELETE and sent.resource is Resource.INVENTORY_ITEM:
                self._tried.add(sent.id)

    def unanswered(self, changes: Iterable[Change]) -> None:
        """These were sent, and a stop came before their answer."""
        self._mark(changes, ChangeOutcome.FAILED, UNANSWERED)

    def retryable(self) -> frozenset[ItemId]:
        """The ids whose change failed in a way that a later try may mend."""
        return self.ids(ChangeOutcome.FAILED) - self._stale

    def halfway(self) -> frozenset[ItemId]:
        """The ids of which one half is done, and the turn of the other has not come."""
        not_begun = {one.change.id for one in self._all() if one.failure is NOT_BEGUN}
        return frozenset(not_begun & self.ids(ChangeOutcome.DONE))

    def reached(self) -> bool:
        """Whether any change had an answer, be it that the remote is out."""
        answered = {ChangeOutcome.DONE, ChangeOutcome.QUARANTINED}
        return any(
            one.outcome in answered or (one.failure is not None and one.failure.status is not None)
            for one in self._all()
        )

    def hopeless(self) -> frozenset[ItemId]:
        """The ids for which no later pass of this cycle can do more."""
        return self.ids(ChangeOutcome.STOPPED) | self._stale

    def ids(self, outcome: ChangeOutcome) -> frozenset[ItemId]:
        """The ids whose change came to this."""
        return frozenset(one.change.id for one in self._all() if one.outcome is outcome)

    def tried_deletes(self, outcome: ChangeOutcome) -> frozenset[ItemId]:
        """The ids whose item's delete was delivered and came to this."""
        return frozenset(item for item in self._tried if self._items[item].outcome is outcome)

    def told(self) -> frozenset[ItemId]:
        """The ids of which something is told already."""
        return frozenset(self._items) | frozenset(self._skus)

    def final(
        self, rows: Mapping[ItemId, Tracked], managed: AbstractSet[ItemId]
    ) -> tuple[ChangeResult, ...]:
        """All results in the order of their ids, corrected by what `rows` now say of each id.

        A write in doubt that a look-up found done is done; one that was answered with other values
        than were sent is quarantined, and so is what collides for good; a create that met the
        wanted item was none, and so was what was not begun of a row that turned out to be foreign.
        What was not done of a `managed` id is given up: its row may be forgotten with the item
        still there.
        """
        return tuple(
            one if one.change.id in self._left_out else _corrected(one, rows.get(one.change.id))
            for one in self._in_order(managed)
            if not self._was_there(one, rows.get(one.change.id))
            and not _turned_foreign(one, rows.get(one.change.id))
        )

    def _in_order(self, managed: AbstractSet[ItemId]) -> Iterator[ChangeResult]:
        """All of them, with what is given up told as that."""
        given_up = managed - self._stale
        for one in sorted(self._all(), key=_place):
            if one.outcome is not ChangeOutcome.FAILED or one.change.id not in given_up:
                yield one
            elif one.failure is not NOT_BEGUN:
                yield replace(one, failure=MANAGED)

    def _was_there(self, one: ChangeResult, row: Tracked | None) -> bool:
        return (
            one.outcome is ChangeOutcome.FAILED
            and (one.change.id, one.change.resource) in self._existed
            and _is_done(one, row)
        )

    def to_correct(self) -> list[ItemId]:
        """The ids whose rows `final` must see."""
        return sorted(self.ids(ChangeOutcome.FAILED) | self.ids(ChangeOutcome.DONE))

    def _mark(
        self,
        changes: Iterable[Change],
        outcome: ChangeOutcome,
        failure: Failure | None = None,
    ) -> None:
        for change in changes:
            for half in change.halves:
                of_its_kind = self._skus if half.resource is Resource.SKU else self._items
                of_its_kind[half.id] = ChangeResult(half, outcome, failure)

    def _all(self) -> Iterator[ChangeResult]:
        return chain(self._skus.values(), self._items.values())


def _place(one: ChangeResult) -> tuple[ItemId, bool]:
    """By id, and the halves of a pair as they are sent: of two deletes that of the SKU is last."""
    change = one.change
    is_sku = change.resource is Resource.SKU
    return change.id, is_sku is (change.action is Action.DELETE)


def _outcome(delivered: Delivered) -> ChangeOutcome:
    outcome: Outcome = delivered.outcome
    match outcome:
        case Accepted():
            return ChangeOutcome.DONE
        case Gone() if delivered.change.action is Action.DELETE:
            return ChangeOutcome.DONE
        case Refused():
            return ChangeOutcome.QUARANTINED
        case Gone() | Exists() | Transient() | KeyRefused() | Forbidden():
            return ChangeOutcome.FAILED
        case _:
            assert_never(outcome)


def _corrected(one: ChangeResult, row: Tracked | None) -> ChangeResult:
    refusal = None if row is None else row.quarantine
    if refusal is not None and _is_refused_by(refusal, one, row):
        return replace(one, outcome=ChangeOutcome.QUARANTINED, failure=refusal)
    is_undone = one.outcome is ChangeOutcome.FAILED and one.failure not in (STALE, MANAGED)
    if is_undone and _is_done(one, row):
        return replace(one, outcome=ChangeOutcome.DONE, failure=None)
    return one


def _is_refused_by(refusal: Failure, one: ChangeResult, row: Tracked | None) -> bool:
    return one.failure is NOT_BEGUN or _is_unheard(one, row) or refusal.is_like(one.failure)


def _is_done(one: ChangeResult, row: Tracked | None) -> bool:
    resource = one.change.resource
    if one.change.action is Action.DELETE:
        return row is None or (row.half(resource).known is None and _is_known(row))
    return row is not None and not row.is_missing and row.has_equal(resource)


def _turned_foreign(one: ChangeResult, row: Tracked | None) -> bool:
    """Whether the first half's answer showed that the second is not ours to write."""
    return one.failure is NOT_BEGUN and row is not None and row.is_foreign


def _is_known(row: Tracked) -> bool:
    return row.delivery is Delivery.SETTLED


def _is_unheard(one: ChangeResult, row: Tracked | None) -> bool:
    """Whether it was done and answered with other values than were sent."""
    if one.outcome is not ChangeOutcome.DONE or row is None:
        return False
    return one.change.action is Action.DELETE or not row.has_equal(one.change.resource)
