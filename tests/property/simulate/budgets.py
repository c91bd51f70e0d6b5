"""What the guards promise over time: budgets hold, and an approval lets through what it named."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Final

from syncd.domain.attributes import ItemId
from syncd.domain.change import Action
from syncd.domain.cycle import CycleResult
from syncd.domain.journal import JournalEntry
from syncd.domain.policy import Limit, Limits
from syncd.engine.limit import allowed_count
from tests.property.simulate.network import Sent
from tests.property.simulate.world import World

_KINDS: Final = (Action.DELETE, Action.UPDATE, Action.CREATE)


def check_budgets(world: World, result: CycleResult) -> None:
    """Count what has gone out within the window of this cycle's limits, by the wire alone.

    By a clock that was set back, what is older than the window lies in it again; the history of it
    may be gone by then, and by true time all budgets are kept. How many items a share is of, and so
    what has been deleted of them, syncd can know by the clock alone.
    """
    for sent in world.sent_by(result.id):
        if sent.intent.approved:
            _check_approval(world, sent)
    limits = world.processes[result.id].terms.limits
    recent = list(_recent(world, limits.budget_window))
    truly = world.now - limits.budget_window.total_seconds()
    counted = [one.intent for one in recent if one.departed >= truly and not one.intent.approved]
    items = _owned(world) + len(_ids((one.intent for one in recent), Action.DELETE))
    for action in _KINDS:
        limit, made = _limit_of(action, limits), _ids(counted, action)
        own = _ids((entry for entry in counted if entry.cycle == result.id), action)
        if limit is None or not own:
            continue
        if len(made) > allowed_count(limit, items, limits.min_items_for_share):
            world.promises.blame(f"{len(made)} {action.value}s of {items} items: {sorted(made)}")


def _recent(world: World, window: timedelta) -> Iterator[Sent]:
    """What has gone out within the window, by the clock."""
    since = world.wall.now() - window
    return (one for one in world.promises.writes if one.had_effect and one.intent.begun >= since)


def _owned(world: World) -> int:
    """The pairs of which at least one half is ours."""
    alone = world.state.skus_alone() if world.merchant.policy.skus else 0
    return world.state.census().owned + alone


def _check_approval(world: World, sent: Sent) -> None:
    intent = sent.intent
    if not any(
        half.id == intent.id
        and half.revision == intent.revision
        and half.action.value == intent.deed.value
        and half.resource is intent.resource
        and intent.begun < one.expires
        for one in world.approved
        for half in one.change.halves
    ):
        world.promises.blame(f"{sent} went out as approved, and nobody had approved it")


def _limit_of(action: Action, limits: Limits) -> Limit | None:
    match action:
        case Action.DELETE:
            return limits.max_delete
        case Action.UPDATE:
            return limits.max_update
        case Action.CREATE:
            return limits.max_create


def _ids(entries: Iterable[JournalEntry], action: Action) -> set[ItemId]:
    return {entry.id for entry in entries if entry.deed.value == action.value}
