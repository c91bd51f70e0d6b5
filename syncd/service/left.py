"""What a cycle leaves to do, by one walk over the rows that differ."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from heapq import merge
from itertools import islice
from operator import attrgetter
from typing import Final

from syncd.domain.attributes import ItemId
from syncd.domain.counting import counted
from syncd.domain.policy import Policy, PolicyMode
from syncd.domain.tracking import Delivery, SkuState, Tracked
from syncd.engine.plan import goes_with_its_row, next_try
from syncd.engine.times import in_time
from syncd.ports import State
from syncd.service.outlook import HALVES
from syncd.service.remarks import Remarks
from syncd.service.results import Results
from syncd.service.table import rows_in
from syncd.service.terms import Ports, Terms

MOST_NAMED: Final = 1_000
"""Foreign rows that a cycle looks at: an account may have a million that are no work of ours."""

_DIFFERING: Final = (SkuState.PENDING, SkuState.IN_FLIGHT, SkuState.MISSING)


@dataclass(slots=True)
class Left:
    """What became of the rows that still differ.

    `due` are the ids whose write is still to be made, guards apart. `kept_back` counts the SKUs
    that stay unlike the catalog because the policy allows no such write. `waiting` says why deletes
    wait that are due: stock left, or Digital River refused.
    """

    due: set[ItemId] = field(default_factory=set)
    kept_back: int = 0
    waiting: Remarks = field(default_factory=Remarks)


def left_over(
    ports: Ports, terms: Terms, results: Results, wishless: AbstractSet[ItemId] | None
) -> Left:
    """Look through the table as it is now.

    `wishless` are the ids of all pending rows without a wish, None where nobody has gone by them.
    """
    now, failed = ports.clock.now(), results.retryable()
    if terms.policy.mode is PolicyMode.REPORT_ONLY and wishless is not None:
        others, rows = _to_be_deleted(ports.state, wishless)
        left = Left(kept_back=others)
    else:
        left, rows = Left(), rows_in(ports.state, *_DIFFERING)
    for differing in rows:
        row = in_time(differing, terms.policy, now)
        is_spared = _is_spared(row, now)
        may_be_written = _may_be_written(row, terms.policy, now)
        if row.delivery is not Delivery.IN_FLIGHT:
            left.kept_back += not may_be_written and terms.policy.mode is not PolicyMode.MIRROR
            if row.id in failed and row.is_to_go:
                left.due.add(row.id)
        if may_be_written and not is_spared:
            left.due.add(row.id)
        if is_spared and row.last_error is not None:
            left.waiting.add(f"A delete waits: {row.last_error.message.rstrip('.')}", row.id)
    return left


def _to_be_deleted(state: State, wishless: AbstractSet[ItemId]) -> tuple[int, Iterator[Tracked]]:
    """Count the pending rows that have a wish, and give all others that differ, ordered by id.

    Where nothing is ever written there is no more to say of those than how many they are.
    """
    found = state.tracked(sorted(wishless)).values()
    pending = [row for row in found if row.state is SkuState.PENDING]
    count = state.census().states.get(SkuState.PENDING, 0)
    missing = rows_in(state, SkuState.MISSING)
    return count - len(pending), merge(pending, missing, key=attrgetter("id"))


def _may_be_written(row: Tracked, policy: Policy, now: datetime) -> bool:
    if policy.mode is PolicyMode.REPORT_ONLY:
        return False
    return next_try(row, policy, now) is not None


def _is_spared(row: Tracked, now: datetime) -> bool:
    """Whether a delete waits for something else than us, such as the end of its stock."""
    waits = row.next_attempt is not None and row.next_attempt > now
    return waits and row.is_to_go and row.delivery is Delivery.SETTLED


def left_alone(state: State, terms: Terms) -> Iterator[str]:
    """Say which catalog rows are not written for they are not ours, or not both halves, and why."""
    count = state.census().states.get(SkuState.FOREIGN, 0)
    if not count:
        return
    remarks = Remarks()
    for row in islice(rows_in(state, SkuState.FOREIGN), MOST_NAMED):
        remarks.add(f"{_whose(row, terms)}: {row.foreign_reason}", row.id)
    yield from remarks.sentences()
    if count > MOST_NAMED:
        more = counted(count - MOST_NAMED, "SKU")
        yield (
            f"{more} more {'is' if count - MOST_NAMED == 1 else 'are'} foreign; "
            "the status page lists all of them, and syncd why ID says why."
        )


def _whose(row: Tracked, terms: Terms) -> str:
    if row.own_half is None:
        return "Not ours, and never written"
    ours = HALVES[row.own_half]
    if not terms.orchestrated and goes_with_its_row(row, terms.policy):
        return f"Ours by the {ours} alone, which is deleted if its row leaves the catalog"
    return f"Ours by the {ours} alone, and never written"
