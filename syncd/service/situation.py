"""What a guard is told beside the plan: how many items there are, and what the window has seen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from syncd.domain.attributes import ItemId
from syncd.domain.change import Action, ChangeOutcome, Plan
from syncd.domain.tracking import Ownership
from syncd.engine.limit import allowed_count
from syncd.engine.situation import Situation, Wish
from syncd.service.canary import Canary
from syncd.service.results import Results
from syncd.service.terms import Ports, Terms


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Looks up what a plan is judged by, and of that only what can matter to it."""

    ports: Ports
    terms: Terms
    canary: Canary

    def of(self, plan: Plan, recreated: frozenset[ItemId], results: Results) -> Situation:
        """The situation of this plan; `recreated` are its creates of items that were ours.

        `results` tell what earlier passes of this cycle have done.
        """
        changed, aftermath = self.canary.changed_parts(), self.canary.aftermath()
        if not plan.changes and not aftermath.gone:
            return Situation(owned=0)  # counting a million SKUs takes longer than all the rest
        now, state = self.ports.clock.now(), self.ports.state
        since = now - self.terms.limits.budget_window
        counted = {half.action for one in plan.changes for half in one.halves} | {Action.DELETE}
        written = {action: state.written_since(since, action) for action in counted}
        alone = state.skus_alone() if self.terms.policy.skus else 0
        owned = state.census().owned + alone
        deleted = self._deleted_in(results)
        return Situation(
            owned=owned,
            written=written,
            deleted_now=deleted,
            half_deleted=self._half(written[Action.DELETE] | deleted) if alone else frozenset(),
            recreated=recreated,
            recreated_before=state.recreated_since(since) if recreated else frozenset(),
            alike=self._alike(plan, since) if self._may_be_alike(plan, written, owned) else {},
            approvals=state.approvals([change.id for change in plan.changes], now),
            changed_parts=changed,
            aftermath=aftermath,
        )

    def _deleted_in(self, results: Results) -> frozenset[ItemId]:
        """The ids whose item this cycle has deleted, and those that a look-up has found gone."""
        done = results.tried_deletes(ChangeOutcome.DONE)
        failed = results.tried_deletes(ChangeOutcome.FAILED)
        rows = self.ports.state.tracked(sorted(failed)) if failed else {}
        there = {row.id for row in rows.values() if row.ownership is Ownership.OWNED}
        return done | (failed - there)

    def _half(self, deleted: frozenset[ItemId]) -> frozenset[ItemId]:
        """Those of these ids whose SKU is ours still, so that they count as owned by it."""
        rows = self.ports.state.tracked(sorted(deleted))
        return frozenset(row.id for row in rows.values() if row.known_sku is not None)

    def _may_be_alike(
        self, plan: Plan, written: Mapping[Action, frozenset[ItemId]], owned: int
    ) -> bool:
        """Whether all updates of the window together would be too many to be alike."""
        before = written.get(Action.UPDATE)
        if not before:
            return False
        limits, updates = self.terms.limits, plan.count(Action.UPDATE)
        allowed = allowed_count(limits.max_same_change, owned, limits.min_items_for_share)
        return updates + len(before) > allowed

    def _alike(self, plan: Plan, since: datetime) -> Mapping[Wish, frozenset[ItemId]]:
        halves = (half for change in plan.changes for half in change.halves)
        updates = (half for half in halves if half.action is Action.UPDATE)
        wishes = {wish for update in updates for wish in update.payload().items()}
        alike: defaultdict[Wish, set[ItemId]] = defaultdict(set)
        for batch in self.ports.state.updates_since(since):
            for item, values in batch:
                for wish in wishes.intersection(values.items()):
                    alike[wish].add(item)
        return {wish: frozenset(ids) for wish, ids in alike.items()}
