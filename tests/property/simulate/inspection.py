"""An audit in the quiet: it finds exactly what others did, and a repair leaves nothing of it."""

from __future__ import annotations

from syncd.domain.attributes import ItemId
from syncd.domain.tracking import Delivery, SkuState
from tests.property.simulate.quiet import check, come_to_rest, halves_of, is_unlike
from tests.property.simulate.world import Asked, World


async def inspect(world: World) -> None:
    """Audit, hold the findings against the account itself, mend them, and audit once more."""
    wrong, writes = _edited(world), len(world.promises.writes)
    found = (await world.audit()).to_mend()
    if len(world.promises.writes) != writes:
        world.promises.blame("an audit has written")
    if not wrong <= found:
        world.promises.blame(f"others have edited {sorted(wrong)}, and {sorted(found)} are found")
    if not found:
        return
    told = {item for item in found & _in_sync(world) if not world.account.is_managed(item)}
    if told != wrong:
        world.promises.blame(f"of {sorted(told)} only {sorted(wrong)} were edited")
    await _mend(world, found)


async def _mend(world: World, found: frozenset[ItemId]) -> None:
    await world.cycle(Asked(doubted=found))
    result = await come_to_rest(world)
    await check(world, result)
    left = _edited(world) | (await world.audit()).to_mend()
    if left:
        world.promises.blame(f"{sorted(left)} are not mended")


def _edited(world: World) -> set[ItemId]:
    """The items that are in sync, as their rows say, and are not what the catalog wants."""
    wishes, in_sync = world.shelf.wishes(), _in_sync(world)
    return {
        item
        for item, wish in wishes.items()
        if item in in_sync and wish is not None and not world.account.is_managed(item)
        if any(is_unlike(world, half, wish) for half in halves_of(world, item))
    }


def _in_sync(world: World) -> set[ItemId]:
    rows = world.state.in_states(frozenset({SkuState.IN_SYNC}))
    return {row.id for batch in rows for row in batch if row.delivery is Delivery.SETTLED}
