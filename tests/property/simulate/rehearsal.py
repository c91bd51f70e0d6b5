"""The dry-run theorem: what a dry run prints is what the next run does, and itself does nothing."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from operator import itemgetter
from typing import Final, TypeAlias

from syncd.domain.attributes import ItemId
from syncd.domain.change import Change, ChangeOutcome, Resource
from syncd.domain.cycle import ChangeResult, CycleResult, Mode
from syncd.domain.tracking import Delivery, SkuState, Tracked
from tests.property.simulate.account import ITEM, SKU
from tests.property.simulate.network import Sent
from tests.property.simulate.promises import payload_of
from tests.property.simulate.world import Asked, World

SOON: Final = timedelta(seconds=40)
"""Longer than a rehearsal and a run take, and than what is in flight may take to land."""
MOST_WAITS: Final = 5
_Written: TypeAlias = tuple[ItemId, Resource, object]


async def as_rehearsed(world: World) -> CycleResult | None:
    """Run once, in fair weather and without waiting, and compare with what was foretold."""
    await _nothing_comes_due(world)
    before = world.vault.contents()
    foretold = await world.cycle(Asked(mode=Mode.DRY_RUN))
    if world.vault.contents() != before:
        world.promises.blame("a dry run has changed the state")
    unforeseen = _edited_pairs(world)
    result = await world.cycle(Asked())
    if foretold is None or result is None:
        return result
    as_foreseen = _without(unforeseen, result)
    _compare(world, _without(unforeseen, foretold), as_foreseen)
    _compare_with_the_wire(world, as_foreseen, unforeseen)
    return result


def _edited_pairs(world: World) -> frozenset[ItemId]:
    """Pairs of which nobody could tell that others have edited them.

    What their SKU is answered leads to another change in the pass in which their item has its turn.
    """
    if not world.merchant.policy.skus:
        return frozenset()
    return frozenset(item for item, _ in world.account.meddled)


def _without(ids: frozenset[ItemId], result: CycleResult) -> CycleResult:
    changes = tuple(one for one in result.changes if one.change.id not in ids)
    return replace(result, changes=changes)


def _compare(world: World, foretold: CycleResult, result: CycleResult) -> None:
    planned, done = _changes(foretold), _changes(result)
    if planned != done:
        world.promises.blame(
            f"the dry run alone foretold {_words(one for one in planned if one not in done)}, "
            f"and the run alone made {_words(one for one in done if one not in planned)}"
        )
    if foretold.guards != result.guards:
        world.promises.blame(f"the dry run foretold {foretold.guards}, not {result.guards}")
    if _without_numbers(foretold.error) != _without_numbers(result.error):
        world.promises.blame(f"the dry run foretold {foretold.error}, not {result.error}")


async def _nothing_comes_due(world: World) -> None:
    """Wait for a moment in which time alone changes nothing between the rehearsal and the run."""
    await asyncio.sleep(max(0.0, world.promises.paused_until - world.now))
    every = frozenset(SkuState)
    for _ in range(MOST_WAITS):
        rows = [row for batch in world.state.in_states(every) for row in batch]
        if not any(_comes_due(world, row) for row in rows):
            return
        await asyncio.sleep(SOON.total_seconds())


def _comes_due(world: World, row: Tracked) -> bool:
    now = world.wall.now()
    moments = [row.next_attempt] if row.next_attempt else []
    if row.missing:
        moments.append(row.missing.since + world.merchant.policy.delete_after)
    moving = row.delivery is Delivery.IN_FLIGHT
    return moving or any(now < moment <= now + SOON for moment in moments)


def _without_numbers(error: str | None) -> str:
    """An error as text, but for the seconds that a pause still lasts and the like."""
    return re.sub(r"\d+", "", error or "")


def _words(changes: Iterable[Change]) -> list[str]:
    return [
        f"{one.action.value} {one.resource.value} {one.id} (revision {one.revision})"
        for one in changes
    ]


def _changes(result: CycleResult) -> list[Change]:
    return [one.change for one in result.changes]


def _compare_with_the_wire(
    world: World, result: CycleResult, unforeseen: frozenset[ItemId]
) -> None:
    """All that passed was sent, but for what the report says was not: items behind their SKUs."""
    passed = [one for one in result.changes if one.outcome is not ChangeOutcome.STOPPED]
    sent = [_written(one) for one in world.sent_by(result.id) if one.id not in unforeseen]
    may_wait = {_told(one.change)[:2] for one in passed if _waits_for_its_sku(one, result)}
    told = [_told(one.change) for one in passed]
    told = [one for one in told if one in sent or one[:2] not in may_wait]
    if not _only_reports(world) and _sorted(told) != _sorted(sent):
        world.promises.blame(f"the run told {told}, and sent {sent}")


def _waits_for_its_sku(one: ChangeResult, result: CycleResult) -> bool:
    skus = {other.change.id for other in result.changes if other.change.resource is SKU}
    is_undone = one.outcome in {ChangeOutcome.FAILED, ChangeOutcome.QUARANTINED}
    return one.change.resource is ITEM and one.change.id in skus and is_undone


def _told(change: Change) -> _Written:
    return change.id, change.resource, change.payload() if change.action != "delete" else {}


def _written(sent: Sent) -> _Written:
    return sent.id, sent.request.resource, payload_of(sent)


def _sorted(written: Iterable[_Written]) -> list[_Written]:
    return sorted(written, key=itemgetter(0, 1))


def _only_reports(world: World) -> bool:
    return world.merchant.policy.mode == "report-only"
