"""What others do at Digital River, the weather on the way there, clock and configuration."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from syncd.domain.attributes import ItemId
from syncd.domain.change import SYNCED
from syncd.domain.policy import PolicyMode
from syncd.domain.tracking import Ownership
from tests.property.simulate.merchant import LENIENT
from tests.property.simulate.shelf import IDS
from tests.property.simulate.weather import TIMEOUT, Mishap
from tests.property.simulate.world import World


async def others_write(world: World) -> None:
    """Somebody else makes or changes an item."""
    item = ItemId(world.chance.choice(IDS))
    is_new = world.account.item(item) is None
    if is_new and (world.promises.is_in_doubt(item, world.now) or _is_owned(world, item)):
        return
    hs_code = world.chance.choice(("1111.11", "2222.22"))
    world.account.put(item, partNumber=f"P-{item}", hsCode=hs_code)
    world.trace.tell("others", f"write {item}")
    if is_new:
        world.promises.others_made(item)


async def others_delete(world: World) -> None:
    """Somebody else deletes an item."""
    items = world.account.ids()
    if items:
        item = world.chance.choice(items)
        world.account.remove(item)
        world.promises.strange.pop(item, None)
        world.trace.tell("others", f"delete {item}")


async def manage(world: World) -> None:
    """Digital River begins to fulfil a SKU that has no item of ours."""
    item = ItemId(world.chance.choice(IDS))
    if world.account.item(item) is None and not world.promises.is_in_doubt(item, world.now):
        world.account.manage(item)
        world.trace.tell("others", f"manage {item}")


async def stock(world: World) -> None:
    """An item gets stock, or loses it."""
    item = ItemId(world.chance.choice(IDS))
    world.account.stock(item, world.chance.choice((0, 3)))


# -- weather


async def drizzle(world: World) -> None:
    """Some requests meet with a mishap."""
    weather, chance = world.weather, world.chance
    weather.share = chance.choice((0.05, 0.2, 0.6))
    weather.mishaps = tuple(chance.sample(list(Mishap), chance.choice((1, 2, 5, 17))))
    weather.spares_reads = chance.random() < 0.5
    world.trace.tell("weather", f"{weather}")


async def twist(world: World) -> None:
    """Digital River keeps other values than were sent."""
    world.weather.share, world.weather.mishaps = 0.6, (Mishap.TWISTED,)


async def clear_up(world: World) -> None:
    """Everything comes through."""
    world.weather.clear_up()


async def outage(world: World) -> None:
    """Nothing comes through for a while."""
    world.weather.out_until = world.now + world.chance.choice((5, 60, 1000))


async def storm(world: World) -> None:
    """Nothing but 429 for a while."""
    world.weather.storm_until = world.now + world.chance.choice((2, 30, 200))


async def poison(world: World) -> None:
    """Some ids always fail."""
    world.weather.poison = {ItemId(one) for one in world.chance.sample(IDS, 2)}


async def refuse(world: World) -> None:
    """The key is refused, or one resource."""
    if world.chance.random() < 0.5:
        world.weather.key_is_refused = True
    else:
        world.weather.forbidden = {world.chance.choice(SYNCED)}


# -- time and configuration


async def wait(world: World) -> None:
    """Time passes."""
    await asyncio.sleep(world.chance.choice((1, 60, 3600, 12 * 3600, 25 * 3600)))


async def jump(world: World) -> None:
    """Somebody sets the clock."""
    await asyncio.sleep(TIMEOUT)
    world.wall.offset += timedelta(hours=world.chance.choice((-30, -1, 1, 30)))
    world.trace.tell("clock", f"is set to {world.wall.now()}")


async def reconfigure(world: World) -> None:
    """The configuration changes."""
    chance, merchant = world.chance, world.merchant
    match chance.randrange(8):
        case 0:
            merchant.decide(mode=chance.choice(list(PolicyMode)))
        case 1:
            merchant.decide(adopt=not merchant.policy.adopt)
        case 2:
            merchant.decide(delete_after=timedelta(hours=chance.choice((0, 24))))
        case 3:
            merchant.decide(delete_reads=chance.choice((1, 2, 3)))
        case 4:
            merchant.decide(keep_stocked=not merchant.policy.keep_stocked)
        case 5:
            merchant.limit(max_delete=chance.choice((1, 3, 0.1, 0.5)))
        case 6:
            merchant.limit(max_update=chance.choice((2, 0.5)), max_create=chance.choice((3, None)))
        case _:
            merchant.version += "+"
    world.trace.tell("merchant", f"{merchant.policy} {merchant.limits}")


async def loosen(world: World) -> None:
    """The guards' limits are lifted."""
    world.merchant.limits = LENIENT


async def rotate_key(world: World) -> None:
    """The key is another one, of the same account."""
    world.merchant.account = f"account-{world.chance.randrange(1000)}"


def _is_owned(world: World, item: ItemId) -> bool:
    row = world.state.tracked([item]).get(item)
    return row is not None and row.ownership is Ownership.OWNED
