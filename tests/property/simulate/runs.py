"""What people and timers do with syncd: cycles, dry runs, plans, approvals, reverts."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from syncd.domain.attributes import ItemId
from syncd.domain.change import Plan
from syncd.domain.cycle import Mode
from syncd.domain.tracking import Ownership, SkuState
from tests.property.simulate.at_the_shelf import COUNTRIES, edit
from tests.property.simulate.rehearsal import as_rehearsed
from tests.property.simulate.shelf import IDS
from tests.property.simulate.weather import NEVER, Mishap
from tests.property.simulate.world import Asked, World


async def swap_account(world: World) -> None:
    """By mistake a cycle runs with another account's key."""
    ours = [
        row
        for rows in world.state.in_states(frozenset({SkuState.IN_SYNC, SkuState.PENDING}))
        for row in rows
        if row.ownership is Ownership.OWNED and row.known is not None
    ]
    if not ours:
        return
    right = world.merchant.account
    world.merchant.account, world.is_wrong_account = "another account", True
    await world.cycle(Asked(wait=timedelta(seconds=world.chance.choice((0, 60)))))
    world.merchant.account, world.is_wrong_account = right, False


async def once(world: World) -> None:
    """A cycle runs to its end, whatever it meets."""
    await world.cycle(Asked(wait=some_wait(world)))


async def once_for_some(world: World) -> None:
    only = frozenset(ItemId(one) for one in world.chance.sample(IDS, 3))
    await world.cycle(Asked(only=only, wait=some_wait(world)))


async def killed_somewhere(world: World) -> None:
    """A cycle dies at one of its boundaries."""
    _perhaps_slowly(world)
    await world.cycle(Asked(lives=world.chance.randrange(60), wait=some_wait(world)))


async def killed_sometime(world: World) -> None:
    """A cycle dies in the middle of anything."""
    _perhaps_slowly(world)
    moment = world.chance.choice((0.1, 0.5, 2.0, 20.0)) * world.chance.random()
    await world.cycle(Asked(killed_after=moment, wait=some_wait(world)))


async def stopped(world: World) -> None:
    """A cycle is told to stop."""
    moment = world.chance.choice((0.1, 0.5, 2.0, 20.0)) * world.chance.random()
    await world.cycle(Asked(stopped_after=moment, wait=some_wait(world)))


async def frozen(world: World) -> None:
    """A cycle stands still for a while; others may take over."""
    _perhaps_slowly(world)
    chance = world.chance
    still = chance.random() * chance.choice((0.5, 2, 20)), chance.choice((1, 20, 50, 200, 4000))
    running = asyncio.create_task(world.cycle(Asked(frozen=still, wait=some_wait(world))))
    for _ in range(chance.choice((0, 1, 3))):
        await asyncio.sleep(chance.random() * chance.choice((5, 100)))
        await world.cycle(Asked(wait=some_wait(world), lease_wait=timedelta(seconds=60)))
    await running


async def lose_state(world: World) -> None:
    """The state is lost, and most people rebuild it, at the first try or later."""
    chance = world.chance
    await asyncio.sleep(NEVER)
    world.lose_state()
    for _ in range(chance.choice((0, 1, 1, 3))):
        lives = chance.choice((None, None, chance.randrange(40)))
        await world.cycle(Asked(mode=Mode.ADOPT, lives=lives, wait=some_wait(world)))


async def revert(world: World) -> None:
    """A person undoes a cycle."""
    done = [cycle for cycle in world.processes if not world.processes[cycle].rehearses]
    if done:
        cycle = world.chance.choice(done[-6:])
        await world.cycle(Asked(mode=Mode.REVERT, reverts=cycle, wait=some_wait(world)))


async def release(world: World) -> None:
    """A person lets reverted SKUs go."""
    await world.release_all()


async def incremental(world: World) -> None:
    """A cycle reads only what has changed."""
    await world.cycle(Asked(incremental=True, wait=some_wait(world)))


async def incremental_and_killed(world: World) -> None:
    """A cycle dies over what has changed, and another one begins where it should have been."""
    await edit(world)
    await world.cycle(Asked(incremental=True, lives=world.chance.randrange(15)))
    await world.cycle(Asked(incremental=True))


async def approve_and_move_on(world: World) -> None:
    """A person approves, but the rows have others wishes by the time of the next cycle."""
    before = len(world.approved)
    await approve_last(world)
    for approval in world.approved[before:]:
        if approval.change.id in world.shelf.rows:
            world.shelf.put(approval.change.id, country_of_origin=world.chance.choice(COUNTRIES))
    world.shelf.publish()
    await world.cycle(Asked())


async def rehearse_only(world: World) -> None:
    """A dry run, in any weather: it changes nothing."""
    before = world.vault.contents()
    await world.cycle(Asked(mode=Mode.DRY_RUN, wait=some_wait(world)))
    if world.vault.contents() != before:
        world.promises.blame("a dry run has changed the state")


async def run_as_rehearsed(world: World) -> None:
    """In fair weather a run does what its rehearsal foretold."""
    if world.weather.is_fair(world.now):
        await as_rehearsed(world)
    else:
        await once(world)


async def plan(world: World) -> None:
    """A plan is saved of what somebody has just changed."""
    await edit(world)
    result = await world.cycle(Asked(mode=Mode.PLAN))
    if result is not None and result.changes:
        world.saved = Plan(tuple(one.change for one in result.changes))


async def apply(world: World) -> None:
    """A plan that was saved is carried out, as far as it still fits."""
    if world.saved is None:
        await plan(world)
    if world.saved is not None:
        await world.cycle(Asked(mode=Mode.APPLY, saved=world.saved, wait=some_wait(world)))


async def approve_last(world: World) -> None:
    """A person approves one of the latest stops."""
    if world.stopped:
        await world.approve(world.chance.choice(world.stopped[-3:]))


async def retry(world: World) -> None:
    await world.retry_quarantined()


def _perhaps_slowly(world: World) -> None:
    """What a process leaves on its way when it ends may land long after."""
    if world.chance.random() < 0.4:
        world.weather.share, world.weather.mishaps = 0.6, (Mishap.LATE, Mishap.TOO_SLOW)
        world.weather.spares_reads = True


def some_wait(world: World) -> timedelta:
    """How long back-offs may be waited out."""
    return timedelta(seconds=world.chance.choice((0, 30, 300)))
