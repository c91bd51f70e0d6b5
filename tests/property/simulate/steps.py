"""Everything that can happen, of which each life draws some."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from tests.property.simulate.at_the_shelf import (
    drop,
    drop_many,
    edit,
    empty,
    mend,
    remap,
    same_for_all,
    spoil,
    touch,
)
from tests.property.simulate.outside import (
    clear_up,
    drizzle,
    jump,
    loosen,
    manage,
    others_delete,
    others_write,
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
from tests.property.simulate.world import Asked, World

Step: TypeAlias = Callable[[World], Awaitable[None]]


async def several(world: World) -> None:
    """A cycle runs, and in the meantime other things happen, other cycles among them."""
    chance = world.chance
    running = asyncio.create_task(_one_of_many(world))
    for _ in range(chance.choice((1, 2, 4))):
        await asyncio.sleep(chance.random() * chance.choice((0.1, 1, 10)))
        await chance.choice(MEANWHILE)(world)
    await running


async def _one_of_many(world: World) -> None:
    lives = world.chance.choice((None, None, world.chance.randrange(60)))
    await world.cycle(Asked(lives=lives, wait=some_wait(world)))


MEANWHILE: Final[tuple[Step, ...]] = (
    edit, edit, drop, touch, others_write, others_delete, manage, stock, drizzle, clear_up,
    storm, once, killed_somewhere, approve_last, retry, spoil, mend, remap, jump, reconfigure,
    incremental, revert, release,
)  # fmt: skip
ALWAYS: Final[tuple[Step, ...]] = (edit, edit, once, once, run_as_rehearsed, wait)
SOMETIMES: Final[tuple[Step, ...]] = (
    drop, drop, drop_many, same_for_all, touch, spoil, empty, mend, remap, others_write,
    others_delete, manage, stock, drizzle, drizzle, twist, clear_up, outage, storm, poison, refuse,
    jump, reconfigure, loosen, rotate_key, swap_account, once_for_some, killed_somewhere,
    killed_somewhere, killed_sometime, stopped, frozen, frozen, rehearse_only, incremental,
    incremental_and_killed, revert, revert, release, plan, apply, approve_last,
    approve_and_move_on, retry, several, several,
)  # fmt: skip
"""Of these each life draws some: a life in which everything happens shows less of each."""
