"""One life on a seed: turbulence, quiet, turbulence, quiet; the same seed lives the same life."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

from tests.property.simulate.adoptions import check_adoptions
from tests.property.simulate.at_the_shelf import edit
from tests.property.simulate.budgets import check_budgets
from tests.property.simulate.inspection import inspect
from tests.property.simulate.loop import SimulatedLoop
from tests.property.simulate.process import Killed
from tests.property.simulate.promises import Broken
from tests.property.simulate.quiet import calm_down, check, come_to_rest
from tests.property.simulate.recorded import check_recorded
from tests.property.simulate.shelf import IDS
from tests.property.simulate.shortcuts import shortcuts
from tests.property.simulate.steps import ALWAYS, AT_WORK, SHOWN_BY_WORK, SOMETIMES, Step
from tests.property.simulate.trace import Trace, logs_told
from tests.property.simulate.vault import vault_of
from tests.property.simulate.world import Wall, World

CHAPTERS: Final = 4
PHASES: Final = 2
STEPS: Final = (10, 25)
KINDS_OF_STEPS: Final = (4, 8, 16)
CHECKS: Final = (check_budgets, check_recorded, check_adoptions)
"""Those that look at every cycle once it has ended."""


@dataclass(frozen=True, slots=True)
class Lived:
    """A life that was lived to its end without a broken promise."""

    digest: str
    cycles: int
    requests: int
    noted: Counter[str]


class PromiseBroken(AssertionError):  # noqa: N818 - it is a promise that is broken
    """A life in which syncd did what it must never do, with its story and how to see it again."""


def live(seed: str, kind: str = "memory", chapters: int = CHAPTERS) -> Lived:
    """Live the life of this seed; raises `PromiseBroken` with the story of its last chapters."""
    trace = Trace()
    with (
        shortcuts(seed),
        logs_told(trace),
        asyncio.Runner(loop_factory=lambda: _loop(seed)) as runner,
    ):
        return runner.run(_lived(seed, kind, trace, chapters))


def _loop(seed: str) -> SimulatedLoop:
    loop = SimulatedLoop(random.Random(f"{seed}: threads"))
    loop.set_exception_handler(_complain)
    return loop


def _complain(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """What the dead leave behind is no complaint; a broken promise is told by whoever broke it."""
    if not isinstance(context.get("exception"), Killed | Broken):
        loop.default_exception_handler(context)


async def _lived(seed: str, kind: str, trace: Trace, chapters: int) -> Lived:
    wall = Wall(asyncio.get_running_loop())
    with vault_of(kind, wall) as vault:
        world = World(seed, vault, wall, trace, CHECKS)
        try:
            await _through(world)
        except Exception as error:
            raise PromiseBroken(_told(world, kind, error, chapters)) from error
        return Lived(trace.digest(), world.cycles, len(world.network.sent), trace.noted)


async def _through(world: World) -> None:
    chance = world.chance
    for item in chance.sample(IDS, chance.choice((3, 10, 30))):
        world.shelf.put(item)
    world.shelf.joins = chance.random() < 0.5
    world.trace.note("a joined catalog" if world.shelf.joins else "a catalog of one source")
    world.trace.note("pairs" if world.merchant.policy.skus else "items alone")
    world.shelf.publish()
    world.shelf.source.datable = chance.random() < 0.5
    world.shelf.source.shy = chance.random() < 0.2
    for _ in range(PHASES):
        kinds = (*ALWAYS, *chance.sample(SOMETIMES, chance.choice(KINDS_OF_STEPS)))
        for _ in range(chance.randint(*STEPS)):
            await _take(world, chance.choice(kinds))
        await calm_down(world)
        result = await come_to_rest(world)
        await check(world, result)
        await inspect(world)
        await world.tell_all()
        world.people.is_calm = False
        _look(world)


async def _take(world: World, step: Step) -> None:
    world.trace.tell("", f"   step: {step.__name__}")
    world.trace.note(f"step {step.__name__}")
    await step(world)
    if step in SHOWN_BY_WORK:
        await edit(world)
        await world.chance.choice(AT_WORK)(world)
    _look(world)


def _look(world: World) -> None:
    if world.promises.broken is not None:
        raise Broken(world.promises.broken)


def _told(world: World, kind: str, error: Exception, chapters: int) -> str:
    broken = world.promises.broken or f"{type(error).__name__}: {error}"
    return (
        f"\n{world.trace.story(chapters)}\n\nBROKEN: {broken}\nReplay it with: python -m "
        f"tests.property.simulate --state {kind} --seed {world.seed}"
    )
