"""A plan before the guards have seen it: what is due, gathered row by row."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from syncd.domain.attributes import ItemId
from syncd.domain.change import Change, Plan
from syncd.domain.policy import Policy
from syncd.domain.tracking import Tracked
from syncd.engine.plan import change_for, recreates


@dataclass(slots=True)
class Draft:
    """What is due at a moment; `reads` numbers the last complete read.

    `recreated` are the ids whose item or SKU of ours the remote has lost, and `retried` those whose
    last attempt has failed.
    """

    policy: Policy
    now: datetime
    reads: int
    recreated: set[ItemId] = field(default_factory=set)
    retried: set[ItemId] = field(default_factory=set)
    _changes: list[Change] = field(default_factory=list)

    @property
    def plan(self) -> Plan:
        """All changes, in the order of the rows."""
        return Plan(tuple(self._changes))

    def add(self, row: Tracked) -> None:
        """Plan the change that is due for a row, if any."""
        change = change_for(row, self.policy, self.now, self.reads)
        if change is None:
            return
        self._changes.append(change)
        if recreates(row, change):
            self.recreated.add(row.id)
        if row.attempts:
            self.retried.add(row.id)
