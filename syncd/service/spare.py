"""Asks, just before a write, whether the item is ours to write, and before a delete for stock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from syncd.domain.attributes import ItemId
from syncd.domain.change import Action, Plan, Resource
from syncd.domain.delivery import Failure
from syncd.domain.policy import PolicyMode
from syncd.domain.tracking import Tracked
from syncd.engine.observe import Observation, observe
from syncd.errors import KeyRefusedError
from syncd.service.ask import Question
from syncd.service.look_up import LookingUp
from syncd.service.terms import Ports, Terms
from syncd.service.write_back import write_back

ASK_AGAIN_AFTER: Final = timedelta(hours=1)
LONGEST_PAUSE: Final = timedelta(days=1)
_DOUBLINGS_TO_LONGEST: Final = 5
ASKED_AHEAD: Final = 200
"""Changes that are asked about before the first of them leaves: the answers must still be true."""
STOCKED: Final = Failure(None, "stocked", "it has stock left; guards.keep_stocked spares it")
STOCK_HIDDEN: Final = Failure(None, "stock_unknown", "its stock cannot be read, so it is kept")
ITEM_THERE: Final = Failure(
    None,
    "item_there",
    "its SKU stays as long as an item with its id is there; delete that item, which is not ours, "
    "or let the catalog have its row again",
)
ITEM_HIDDEN: Final = Failure(
    None, "item_unknown", "whether an item with its id is there cannot be read, so its SKU is kept"
)
SKU_HIDDEN: Final = Failure(None, "sku_unknown", "its SKU cannot be read, so it is kept")


class Passed:
    """What the guard has passed, in parts that are asked about as they are taken."""

    def __init__(self, plan: Plan, sparing: Sparing) -> None:
        """Take the whole plan."""
        self._sparing = sparing
        self.plan = plan

    def of(self, action: Action) -> Passed:
        """The changes of one kind alone."""
        changes = tuple(change for change in self.plan.changes if change.action is action)
        return Passed(Plan(changes, self.plan.approved), self._sparing)

    def pairs_apart(self) -> tuple[Passed, Passed]:
        """All but the deletes of whole pairs, and these."""
        pairs = {change.id for change in self.plan.changes if change.removes_pair}
        others = {change.id for change in self.plan.changes} - pairs
        return (
            Passed(self.plan.without(pairs), self._sparing),
            Passed(self.plan.without(others), self._sparing),
        )

    async def parts(self) -> AsyncGenerator[Plan, None]:
        """The parts one after the other, without the deletes that must wait and what is not ours.

        Raises `KeyRefusedError`. After a stop nothing is asked, and no delete comes through.
        """
        changes = self.plan.changes
        for start in range(0, len(changes), ASKED_AHEAD):
            part = Plan(changes[start : start + ASKED_AHEAD], self.plan.approved)
            yield await self._sparing.spared(part)

    def remaining(self) -> Plan:
        """The plan less the deletes that were found to have to wait."""
        return self.plan.without(self._sparing.kept)


class Sparing:
    """Takes out of a plan what may not be written, or not yet, and writes down why."""

    def __init__(self, ports: Ports, terms: Terms, looking_up: LookingUp) -> None:
        self._ports = ports
        self._terms = terms
        self._looking_up = looking_up
        self._asking = looking_up.asking
        self._out = False
        self._turn = asyncio.Lock()
        self.kept: set[ItemId] = set()

    async def spare(self, plan: Plan) -> Passed:
        """The plan, to be taken part by part."""
        return Passed(plan, self)

    async def spared(self, part: Plan) -> Plan:
        """The part without the deletes of stocked, unreadable and managed items."""
        part = await self._of_ours(part)
        deletes = [change for change in part.changes if change.action is Action.DELETE]
        if not deletes:
            return part
        ids = [change.id for change in deletes]
        alone = [change.id for change in deletes if change.resource is Resource.SKU]
        found = {**await self._with_item(alone), **await self._found(ids)}
        if self._asking.stopped:
            return part.without(set(ids))
        self.kept |= found.keys()
        await asyncio.to_thread(self._record, found)
        return part.without(found.keys())

    async def _of_ours(self, part: Plan) -> Plan:
        """The part without the updates of what Digital River has begun to fulfil itself.

        Of what is never sent nobody has to know it: a report asks nothing about changes.
        """
        if self._terms.policy.mode is PolicyMode.REPORT_ONLY:
            return part
        managed: set[ItemId] = set()

        async def ask_skus(batch: Sequence[ItemId]) -> None:
            managed.update(await self._looking_up.managed_among(batch))

        await self._ask([one.id for one in part.changes if one.action is Action.UPDATE], ask_skus)
        self.kept |= managed
        await asyncio.to_thread(self._record, dict.fromkeys(managed))
        return part.without(managed)

    async def _with_item(self, ids: Sequence[ItemId]) -> dict[ItemId, Failure | None]:
        """Why these SKUs must wait: each whose item is there, for it would be left alone."""
        there: set[ItemId] = set()

        async def ask_items(batch: Sequence[ItemId]) -> None:
            there.update(await self._ports.remote.items(batch))

        hidden = await self._ask(ids, ask_items)
        return {**dict.fromkeys(hidden, ITEM_HIDDEN), **dict.fromkeys(there, ITEM_THERE)}

    async def _found(self, ids: Sequence[ItemId]) -> dict[ItemId, Failure | None]:
        """Why these ids must wait; None for those that are Digital River's own."""
        managed: set[ItemId] = set()

        async def ask_skus(batch: Sequence[ItemId]) -> None:
            managed.update(await self._looking_up.managed_among(batch))

        hidden = await self._ask(ids, ask_skus)
        if self._looking_up.found.skus_hidden:
            return dict.fromkeys(ids, SKU_HIDDEN)
        found = {**dict.fromkeys(hidden, SKU_HIDDEN), **dict.fromkeys(managed)}
        return {**found, **await self._stocked([item for item in ids if item not in found])}

    async def _stocked(self, ids: Sequence[ItemId]) -> dict[ItemId, Failure]:
        stocked: set[ItemId] = set()

        async def ask_stock(batch: Sequence[ItemId]) -> None:
            stocked.update(await self._ports.remote.stocked(batch))

        if not self._terms.policy.keep_stocked:
            return {}
        hidden = await self._ask(ids, ask_stock)
        return {**dict.fromkeys(stocked, STOCKED), **dict.fromkeys(hidden, STOCK_HIDDEN)}

    async def _ask(self, ids: Sequence[ItemId], question: Question) -> list[ItemId]:
        if not ids:
            return []
        async with self._turn:
            if self._out:
                return [*ids]
            unanswered = await self._asking.ask(ids, question)
            self._out = self._asking.out
            if isinstance(self._asking.failure, KeyRefusedError):
                raise self._asking.failure
        return unanswered

    def _record(self, found: Mapping[ItemId, Failure | None]) -> None:
        if not found:
            return
        with self._ports.state.transaction() as transaction:
            rows = transaction.tracked([*found])
            write_back(
                transaction, {item: self._after(row, found[item]) for item, row in rows.items()}
            )

    def _after(self, row: Tracked, reason: Failure | None) -> Tracked | None:
        now = self._ports.clock.now()
        if reason is None:
            return observe(row, Observation(None, managed=True), self._terms.policy, now)
        if reason != ITEM_THERE:
            return replace(row, next_attempt=now + ASK_AGAIN_AFTER, last_error=reason)
        pause = _pause(row.attempts)
        return replace(row, next_attempt=now + pause, attempts=row.attempts + 1, last_error=reason)


def _pause(attempts: int) -> timedelta:
    """How long what only others can end is left alone: doubling from an hour to a day."""
    doublings = min(attempts, _DOUBLINGS_TO_LONGEST)
    return min(ASK_AGAIN_AFTER * (1 << doublings), LONGEST_PAUSE)
