"""What a guard knows beside the plan that it judges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from syncd.domain.approval import Approval
from syncd.domain.attributes import Attribute, ItemId, Value
from syncd.domain.change import Action, Change
from syncd.domain.cycle import Guard

Wish: TypeAlias = tuple[Attribute, Value]


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What a change of what decides the plan has led to, before any plan has passed the canary.

    `written` are the ids updated or deleted since, without an approval; `gone` those that reads
    since then have made missing and whose delete is only waited for, those a person accepted apart.
    """

    written: frozenset[ItemId] = frozenset()
    gone: frozenset[ItemId] = frozenset()


@dataclass(frozen=True, slots=True)
class Situation:
    """What there is, what the window has seen, and what a person has approved.

    `owned` counts the owned items, those this plan adopts included. `written` has the ids written
    within the budget window without an approval, by kind, so that many small runs count like a
    large one. The deletes among them, and those of `deleted_now`, which this very cycle has made,
    approved or not, say how many items there were before; `half_deleted` are those of them whose
    SKU is ours still, so that `owned` has them. `recreated` are ids the plan creates although they,
    or their SKUs, were ours: the remote has lost them; `recreated_before` those created again
    within the window. `alike` has the ids that were given some of the plan's values within the
    window, by attribute and value. `approvals` are those in force.
    `changed_parts` name what decides the plan and has changed since the last plan that passed the
    canary, such as `mapping`, and `aftermath` what has come of that so far.
    """

    owned: int
    written: Mapping[Action, frozenset[ItemId]] = field(default_factory=dict)
    deleted_now: frozenset[ItemId] = frozenset()
    half_deleted: frozenset[ItemId] = frozenset()
    recreated: frozenset[ItemId] = frozenset()
    recreated_before: frozenset[ItemId] = frozenset()
    alike: Mapping[Wish, frozenset[ItemId]] = field(default_factory=dict)
    approvals: Mapping[ItemId, Approval] = field(default_factory=dict)
    changed_parts: tuple[str, ...] = ()
    aftermath: Aftermath = Aftermath()

    def is_approved(self, change: Change) -> bool:
        """Whether a person has approved this very change."""
        approval = self.approvals.get(change.id)
        return approval is not None and approval.covers(change)

    def lifts(self, guard: Guard, change: Change) -> bool:
        """Whether a person has approved this very change against this guard."""
        approval = self.approvals.get(change.id)
        return approval is not None and approval.lifts(guard, change)
