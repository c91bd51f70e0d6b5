"""Asks, just before a delete, whether the item may go: not with stock left, not another's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from syncd.domain.attributes import ItemId
from syncd.domain.change import Action, Plan
from syncd.domain.delivery import Failure
from syncd.domain.tracking import Tracked
from syncd.engine.observe import Observation, observe
from syncd.errors import RemoteUnavailableError, ResourceForbiddenError
from syncd.service.look_up import LookingUp, in_hundreds
from syncd.service.terms import Ports, Terms
from syncd.service.write_back import write_back

ASK_AGAIN_AFTER: Final = timedelta(hours=1)
STOCKED: Final = Failure(None, "stocked", "it has stock left; guards.keep_stocked spares it")
STOCK_HIDDEN: Final = Failure(None, "stock_unknown", "its stock cannot be read, so it is kept")
SKU_HIDDEN: Final = Failure(None, "sku_unknown", "its SKU cannot be read, so it is kept")


@dataclass(frozen=True, slots=True)
class _Spared:
    managed: frozenset[ItemId]
    kept: dict[ItemId, Failure]

    def has(self, item: ItemId) -> bool:
        return item in self.managed or item in self.kept


class Sparing:
    """Takes the deletes out of a plan that must wait, and writes down why."""

    def __init__(self, ports: Ports, terms: Terms, looking_up: LookingUp) -> None:
        self._ports = ports
        self._terms = terms
        self._looking_up = looking_up

    async def spare(self, plan: Plan) -> Plan:
        """The plan without the deletes of stocked, unreadable and managed items."""
        ids = [change.id for change in plan.changes if change.action is Action.DELETE]
        spared: set[ItemId] = set()
        for batch in in_hundreds(ids):
            found = await self._ask(batch)
            self._record(batch, found)
            spared |= found.managed | found.kept.keys()
        return plan.without(spared)

    async def _ask(self, ids: Sequence[ItemId]) -> _Spared:
        try:
            managed = await self._looking_up.managed_among(ids)
        except RemoteUnavailableError:
            return _all(ids, SKU_HIDDEN)
        if self._looking_up.found.skus_hidden:
            return _all(ids, SKU_HIDDEN)
        return _Spared(managed, await self._stocked(ids))

    async def _stocked(self, ids: Sequence[ItemId]) -> dict[ItemId, Failure]:
        if not self._terms.policy.keep_stocked:
            return {}
        try:
            return dict.fromkeys(await self._ports.remote.stocked(ids), STOCKED)
        except (ResourceForbiddenError, RemoteUnavailableError):
            return dict.fromkeys(ids, STOCK_HIDDEN)

    def _record(self, ids: Sequence[ItemId], found: _Spared) -> None:
        if not found.managed and not found.kept:
            return
        with self._ports.state.transaction() as transaction:
            rows = transaction.tracked(ids)
            write_back(
                transaction,
                {item: self._after(row, found) for item, row in rows.items() if found.has(item)},
            )

    def _after(self, row: Tracked, found: _Spared) -> Tracked | None:
        now = self._ports.clock.now()
        if row.id in found.managed:
            return observe(row, Observation(None, managed=True), self._terms.policy, now)
        return replace(row, next_attempt=now + ASK_AGAIN_AFTER, last_error=found.kept[row.id])


def _all(ids: Sequence[ItemId], reason: Failure) -> _Spared:
    return _Spared(frozenset(), dict.fromkeys(ids, reason))
