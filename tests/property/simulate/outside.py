"""What others do at Digital River, the weather on the way there, clock and configuration."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Final

from syncd.domain.attributes import ItemId
from syncd.domain.change import SYNCED, Resource
from syncd.domain.policy import PolicyMode
from syncd.domain.tracking import Ownership
from tests.property.simulate.account import ITEM, SKU, Half
from tests.property.simulate.merchant import LENIENT
from tests.property.simulate.shelf import IDS
from tests.property.simulate.weather import TIMEOUT, Mishap
from tests.property.simulate.world import World

FOR_GOOD: Final = 1e9
"""Seconds that no life lasts."""


async def others_write(world: World) -> None:
    """Somebody else makes or changes an item."""
    half = ItemId(world.chance.choice(IDS)), ITEM
    is_new = _is_new(world, half)
    if is_new is None:
        return
    hs_code = world.chance.choice(("1111.11", "2222.22"))
    world.account.put(half[0], partNumber=f"P-{half[0]}", hsCode=hs_code)
    _note_others(world, half, is_new=is_new)


async def others_write_sku(world: World) -> None:
    """Somebody else makes or changes a SKU, where that is a matter of ours."""
    half = ItemId(world.chance.choice(IDS)), SKU
    is_new = _is_new(world, half)
    if is_new is None or not world.merchant.policy.skus or world.account.is_managed(half[0]):
        return
    hs_code = world.chance.choice(("1111.11", "2222.22"))
    world.account.put_sku(
        half[0], name="Theirs", taxCode="1", countryOfOrigin="DK", eccn="EAR99", hsCode=hs_code
    )
    _note_others(world, half, is_new=is_new)


def _is_new(world: World, half: Half) -> bool | None:
    """Whether others may make it; None where nobody could tell whose it then was."""
    if world.account.half(half) is not None:
        return False
    unclear = world.promises.is_in_doubt(half[0], world.now) or _is_owned(world, half[0])
    return None if unclear else True


def _note_others(world: World, half: Half, *, is_new: bool) -> None:
    world.trace.tell("others", f"write {half[1].value} {half[0]}")
    if is_new:
        world.promises.others_made(half)


async def others_delete(world: World) -> None:
    """Somebody else deletes an item."""
    _others_delete(world, ITEM)


async def others_delete_sku(world: World) -> None:
    """Somebody else deletes a SKU, where that is a matter of ours."""
    if world.merchant.policy.skus:
        _others_delete(world, SKU)


def _others_delete(world: World, resource: Resource) -> None:
    there = [one for one in world.account.ids(resource) if not world.account.is_managed(one)]
    if there:
        world.take_away((world.chance.choice(there), resource))


async def manage(world: World) -> None:
    """Digital River begins to fulfil a SKU that has no item of ours."""
    item = ItemId(world.chance.choice(IDS))
    halves = (item, ITEM), (item, SKU)
    is_free = all(world.account.half(half) is None for half in halves)
    if is_free and not world.promises.is_in_doubt(item, world.now):
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
    """The key is refused, or one resource, for a while or until it clears up."""
    until = world.now + world.chance.choice((10, 100, 1000, FOR_GOOD))
    if world.chance.random() < 0.5:
        world.weather.key_refused_until = until
    else:
        world.weather.forbidden = {world.chance.choice(SYNCED): until}


# -- time and configuration


async def wait(world: World) -> None:
    """Time passes."""
    await asyncio.sleep(world.chance.choice((1, 60, 3600, 12 * 3600, 25 * 3600)))


async def jump(world: World) -> None:
    """Somebody sets the clock."""
    await asyncio.sleep(TIMEOUT)
    world.wall.set_by(timedelta(hours=world.chance.choice((-30, -1, 1, 30))))
    world.trace.tell("clock", f"is set to {world.wall.now()}")


async def reconfigure(world: World) -> None:
    """The configuration changes."""
    chance, merchant = world.chance, world.merchant
    match case := chance.randrange(8):
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
    world.trace.note(f"configuration {case}")


async def keep_pairs_or_items(world: World) -> None:
    """The SKUs begin to be managed as well, or are managed no more; the mapping goes with that."""
    are_kept = not world.merchant.policy.skus
    world.merchant.manage(skus=are_kept)
    world.shelf.mean_pairs(are_kept=are_kept)
    world.shelf.mean(world.shelf.meaning)
    world.trace.tell("merchant", f"manages {'pairs' if are_kept else 'items alone'}")
    world.trace.note("pairs from now on" if are_kept else "items alone from now on")


async def delete_skus_or_not(world: World) -> None:
    """SKUs may be deleted from now on, or may not any more."""
    may_be = not world.merchant.delete_skus
    world.merchant.manage(delete_skus=may_be)
    world.trace.tell("merchant", f"delete_skus={may_be}")


async def loosen(world: World) -> None:
    """The guards' limits are lifted."""
    world.merchant.limits = LENIENT


async def rotate_key(world: World) -> None:
    """The key is another one, of the same account."""
    world.merchant.account = f"account-{world.chance.randrange(1000)}"


def _is_owned(world: World, item: ItemId) -> bool:
    row = world.state.tracked([item]).get(item)
    return row is not None and row.ownership is Ownership.OWNED
