"""What is remembered of audits once they are over: the last one of each extent."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from syncd.domain.audit import Audit, Extent, FindingKind, PastAudit
from syncd.domain.cycle import CycleId
from syncd.ports import State, Transaction


def remember(transaction: Transaction, audit: Audit) -> None:
    """Keep the figures of this audit, in the place of the last one of its extent."""
    figures = {
        "id": audit.id,
        "began": audit.began.isoformat(),
        "finished": audit.finished.isoformat(),
        "listed": audit.listed,
        "looked_up": audit.looked_up,
        "unsettled": audit.unsettled,
        "to_mend": len(audit.to_mend()),
        "counts": {kind.value: count for kind, count in audit.counts().items()},
    }
    transaction.remember(_name(audit.extent), json.dumps(figures))


def last_audit(state: State, extent: Extent = Extent.WHOLE) -> PastAudit | None:
    """The last audit of this extent that came through."""
    text = state.remembered(_name(extent))
    if text is None:
        return None
    figures = json.loads(text)
    return PastAudit(
        id=CycleId(figures["id"]),
        began=datetime.fromisoformat(figures["began"]),
        finished=datetime.fromisoformat(figures["finished"]),
        listed=figures["listed"],
        looked_up=figures["looked_up"],
        counts={FindingKind(kind): count for kind, count in figures["counts"].items()},
        to_mend=figures["to_mend"],
        unsettled=figures["unsettled"],
    )


@dataclass(frozen=True, slots=True)
class AuditStanding:
    """When everything was last looked at, and how soon any drift is found.

    `gap` is the longest time that the schedule lets pass between the beginnings of two audits, and
    `rolling` the time within which each known item is looked at besides; None where that rests.
    """

    last: PastAudit | None
    gap: timedelta
    rolling: timedelta | None = None

    @property
    def bound(self) -> timedelta:
        """The longest that any drift stays unseen, as long as the daemon is on duty."""
        took = timedelta() if self.last is None else self.last.finished - self.last.began
        return self.gap + took

    def is_overdue(self, now: datetime) -> bool:
        """Whether the bound does not hold: the last audit is older than it, or there was none."""
        return self.last is None or now - self.last.began > self.bound


def _name(extent: Extent) -> str:
    return f"audit.{extent.value}"
