"""The dry-run theorem: what a dry run prints is what the next run does, and itself does nothing."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from typing import Final

from syncd.domain.change import Change, ChangeOutcome
from syncd.domain.cycle import CycleResult, Mode
from syncd.domain.tracking import Delivery, SkuState, Tracked
from tests.property.simulate.network import Sent
from tests.property.simulate.promises import payload_of
from tests.property.simulate.world import Asked, World

SOON: Final = timedelta(seconds=40)
"""Longer than a rehearsal and a run take, and than what is in flight may take to land."""
MOST_WAITS: Final = 5


async def as_rehearsed(world: World) -> CycleResult | None:
    """Run once, in fair weather and without waiting, and compare with what was foretold."""
    await _nothing_comes_due(world)
    before = world.vault.contents()
    foretold = await world.cycle(Asked(mode=Mode.DRY_RUN))
    if world.vault.contents() != before:
        world.promises.blame("a dry run has changed the state")
    result = await world.cycle(Asked())
    if foretold is None or result is None:
        return result
    _compare(world, foretold, result)
    return result


def _compare(world: World, foretold: CycleResult, result: CycleResult) -> None:
    planned, done = _changes(foretold), _changes(result)
    if planned != done:
        world.promises.blame(
            f"the dry run foretold {_words(planned)}, and the run made {_words(done)}"
        )
    if foretold.guards != result.guards:
        world.promises.blame(f"the dry run foretold {foretold.guards}, not {result.guards}")
    if _without_numbers(foretold.error) != _without_numbers(result.error):
        world.promises.blame(f"the dry run foretold {foretold.error}, not {result.error}")
    _compare_with_the_wire(world, result)


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


def _words(changes: list[Change]) -> list[str]:
    return [f"{one.action.value} {one.id} (revision {one.revision})" for one in changes]


def _changes(result: CycleResult) -> list[Change]:
    return [one.change for one in result.changes]


def _compare_with_the_wire(world: World, result: CycleResult) -> None:
    passed = [one.change for one in result.changes if one.outcome is not ChangeOutcome.STOPPED]
    sent = sorted(world.sent_by(result.id), key=lambda one: one.id)
    told = [(change.id, change.payload() if change.action != "delete" else {}) for change in passed]
    if not _only_reports(world) and told != [_written(one) for one in sent]:
        world.promises.blame(f"the run told {told}, and sent {[str(one) for one in sent]}")


def _written(sent: Sent) -> tuple[str, object]:
    return sent.id, payload_of(sent)


def _only_reports(world: World) -> bool:
    return world.merchant.policy.mode == "report-only"
