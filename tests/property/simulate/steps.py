"""Everything that can happen, of which each life draws some."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Final, TypeAlias

from syncd.daemon.wishes import Wish
from syncd.domain.attributes import ItemId
from syncd.service.pulse import Job
from tests.property.simulate.at_the_shelf import (
    drop,
    drop_many,
    edit,
    edit_all,
    empty,
    lose_halves,
    mend,
    remap,
    same_for_all,
    spoil,
    touch,
)
from tests.property.simulate.daemon import Rounds
from tests.property.simulate.merchant import LENIENT
from tests.property.simulate.outside import (
    clear_up,
    delete_skus_or_not,
    drizzle,
    jump,
    keep_pairs_or_items,
    loosen,
    manage,
    others_delete,
    others_delete_sku,
    others_write,
    others_write_sku,
    outage,
    poison,
    reconfigure,
    refuse,
    rotate_key,
    stock,
    storm,
    twist,
    wait,
)
from tests.property.simulate.runs import (
    apply,
    approve_and_move_on,
    approve_last,
    frozen,
    incremental,
    incremental_and_killed,
    killed_sometime,
    killed_somewhere,
    lose_state,
    once,
    once_for_some,
    plan,
    rehearse_only,
    release,
    retry,
    revert,
    run_as_rehearsed,
    some_wait,
    stopped,
    swap_account,
)
from tests.property.simulate.shelf import IDS
from tests.property.simulate.shortcuts import shared_by_the_handful
from tests.property.simulate.world import Asked, World

Step: TypeAlias = Callable[[World], Awaitable[None]]


async def several(world: World) -> None:
    """A cycle runs, and in the meantime other things happen, other cycles among them."""
    chance = world.chance
    running = asyncio.create_task(_one_of_many(world))
    for _ in range(chance.choice((1, 2, 4))):
        await asyncio.sleep(chance.random() * chance.choice((0.1, 1, 10)))
        await _meanwhile(world)
    await running


async def daemon(world: World) -> None:
    """A daemon polls for a while, and in the meantime other things happen, or its end."""
    chance = world.chance
    pause = chance.choice((5.0, 60.0, 1000.0))
    wishes = [_wish(world) for _ in range(chance.choice((2, 3, 6)))]
    lasting = pause * len(wishes) * chance.random()
    ends = chance.choice(
        (
            Asked(),
            Asked(lives=chance.randrange(150)),
            Asked(killed_after=lasting),
            Asked(stopped_after=lasting),
            Asked(frozen=(lasting, chance.choice((1, 50, 200)))),
        )
    )
    running = asyncio.create_task(world.daemon(ends, Rounds(wishes, pause)))
    for _ in range(chance.choice((0, 2, 4))):
        await asyncio.sleep(chance.random() * pause)
        await _meanwhile(world)
    await running


async def helped(world: World) -> None:
    """Several processes deliver what one of them has planned, and any of them may come to its end.

    Only a state in memory has them share a delivery; elsewhere the helpers have nothing to do.
    """
    chance, over = world.chance, asyncio.Event()
    limits, world.merchant.limits = world.merchant.limits, LENIENT
    await edit_all(world)
    with shared_by_the_handful(world.vault.common):
        helpers = [
            asyncio.create_task(world.helper(_end(world), over))
            for _ in range(chance.choice((1, 2)))
        ]
        await world.cycle(replace(_end(world), wait=some_wait(world)))
        await world.cycle(Asked(wait=some_wait(world), lease_wait=timedelta(seconds=60)))
        over.set()
        await asyncio.gather(*helpers)
    world.merchant.limits = limits


def _end(world: World) -> Asked:
    """At times none; else death or a standstill, early on or later."""
    chance = world.chance
    moment = chance.random() * chance.choice((1, 3, 10))
    return chance.choice(
        (
            Asked(),
            Asked(lives=chance.randrange(100)),
            Asked(killed_after=moment),
            Asked(frozen=(moment, chance.choice((1, 8, 60, 4000)))),
        )
    )


async def _meanwhile(world: World) -> None:
    step = world.chance.choice(MEANWHILE)
    world.trace.note(f"meanwhile {step.__name__}")
    await step(world)


def _wish(world: World) -> Wish:
    """Mostly a poll; at times a whole read, an audit or pruning, or a look at some SKUs."""
    if world.chance.random() < 0.3:
        return Wish(world.chance.choice((Job.AUDIT, Job.ROLLING, Job.PRUNE)))
    if world.chance.random() < 0.2:
        world.trace.note("a hook names some SKUs")
        return Wish(Job.POLL, frozenset(ItemId(one) for one in world.chance.sample(IDS, 3)))
    return Wish(world.chance.choice((Job.POLL, Job.POLL, Job.FULL)))


async def _one_of_many(world: World) -> None:
    lives = world.chance.choice((None, None, world.chance.randrange(60)))
    await world.cycle(Asked(lives=lives, wait=some_wait(world)))


MEANWHILE: Final[tuple[Step, ...]] = (
    edit, edit, drop, touch, others_write, others_write_sku, others_delete, others_delete_sku,
    manage, stock, drizzle, clear_up, storm, once, killed_somewhere, approve_last, retry, spoil,
    lose_halves, mend, remap, jump, reconfigure, incremental, revert, release,
)  # fmt: skip
ALWAYS: Final[tuple[Step, ...]] = (edit, edit, once, once, run_as_rehearsed, wait)
SOMETIMES: Final[tuple[Step, ...]] = (
    drop, drop, drop_many, same_for_all, touch, spoil, lose_halves, lose_halves, empty, mend,
    remap, others_write, others_write_sku, others_delete, others_delete_sku, manage, stock, drizzle,
    drizzle, twist, clear_up, outage, storm, poison, refuse, jump, reconfigure, loosen, rotate_key,
    swap_account, once_for_some, killed_somewhere, killed_somewhere, killed_sometime, stopped,
    frozen, frozen, rehearse_only, incremental, incremental_and_killed, revert, revert, release,
    plan, apply, approve_last, approve_and_move_on, retry, several, several, daemon, daemon,
    keep_pairs_or_items, delete_skus_or_not, lose_state, helped,
)  # fmt: skip
"""Of these each life draws some: a life in which everything happens shows less of each."""
SHOWN_BY_WORK: Final[frozenset[Step]] = frozenset({drizzle, outage, poison, refuse, storm, twist})
"""Nothing comes of these unless something has to be written then."""
AT_WORK: Final[tuple[Step, ...]] = (once, several, daemon)
