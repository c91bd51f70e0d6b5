"""What is recorded of each write: an intent before it is sent, its outcome after the answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from syncd.domain.attributes import Attributes, ItemId
from syncd.domain.change import Change, Plan
from syncd.domain.cycle import CycleId
from syncd.domain.delivery import Accepted, Outcome, failure_of, request_id_of
from syncd.domain.journal import Intent, Settlement, WriteId
from syncd.domain.tracking import Tracked
from syncd.engine.breaker import was_kept_back
from syncd.engine.observe import Observation, observe
from syncd.engine.plan import recreates
from syncd.engine.settle import claim, settle, unclaim
from syncd.ports import Transaction
from syncd.service.lanes import Delivered
from syncd.service.terms import Ports, Terms
from syncd.service.write_back import write_back


@dataclass(frozen=True, slots=True)
class Claimed:
    """A change whose intent is written."""

    write: WriteId
    change: Change


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of it."""

    write: WriteId
    delivered: Delivered


@dataclass(frozen=True, slots=True)
class Writes:
    """The writes of one cycle, by whichever process; those that `is_barred` names are left out."""

    ports: Ports
    terms: Terms
    cycle: CycleId
    is_barred: Callable[[Change], bool]

    def begin(self, transaction: Transaction, part: Plan) -> list[Claimed]:
        """Write the intents; a change whose row has moved on since it was planned is left out."""
        now = self.ports.clock.now()
        rows = transaction.tracked([change.id for change in part.changes])
        current = [
            change
            for change in part.changes
            if _is_current(change, rows) and not self.is_barred(change)
        ]
        intents = [
            Intent(
                self.cycle,
                one,
                before=_known(one, rows),
                begun=now,
                approved=one.id in part.approved,
                recreates=recreates(rows[one.id], one),
            )
            for one in current
        ]
        writes = transaction.begin_writes(intents)
        transaction.put([claim(rows[change.id], change) for change in current])
        return [Claimed(write, change) for write, change in zip(writes, current, strict=True)]

    def end(self, transaction: Transaction, answers: Sequence[Answered]) -> None:
        """Write the outcomes, and bring the rows to where these lead."""
        transaction.end_writes([self._settlement(answer) for answer in answers])
        rows = transaction.tracked([answer.delivered.change.id for answer in answers])
        settled = {
            answer.delivered.change.id: self._after(
                rows[answer.delivered.change.id], answer.delivered
            )
            for answer in answers
            if answer.delivered.change.id in rows
        }
        write_back(transaction, settled)

    def _after(self, row: Tracked, delivered: Delivered) -> Tracked | None:
        now = self.ports.clock.now()
        if was_kept_back(delivered.outcome):
            return unclaim(row)
        if _shows_managed(delivered.outcome):
            return observe(row, Observation(None, managed=True), self.terms.policy, now)
        return settle(row, delivered.change, delivered.outcome, self.terms.policy, now)

    def _settlement(self, answer: Answered) -> Settlement:
        outcome = answer.delivered.outcome
        return Settlement(
            write=answer.write,
            kind=outcome.kind,
            ended=self.ports.clock.now(),
            failure=failure_of(outcome),
            request_id=request_id_of(outcome),
        )


def _is_current(change: Change, rows: dict[ItemId, Tracked]) -> bool:
    row = rows.get(change.id)
    return row is not None and row.revision == change.revision


def _known(change: Change, rows: dict[ItemId, Tracked]) -> Attributes | None:
    return rows[change.id].half(change.resource).known


def _shows_managed(outcome: Outcome) -> bool:
    """Whether a SKU of ours turned out to be Digital River's own, which is written no more."""
    return isinstance(outcome, Accepted) and outcome.managed
