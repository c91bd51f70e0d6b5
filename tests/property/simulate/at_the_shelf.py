"""What can happen to the catalog, and to what its rows mean."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from syncd.domain.attributes import Attribute, ItemId
from tests.property.simulate.shelf import CUT_SHORT, EMPTY, GONE, IDS, STRAY
from tests.property.simulate.world import World

COUNTRIES: Final = ("DK", "se", "CA", "FR", "XX")
CODES: Final = ("640420", "6404.20.4025", "6404.19", "12", None)
MAKERS: Final = ("acme", "acme", "bolt", "unknown", None)
ECCNS: Final = ("EAR99", "5a992.c", "3A991.a.1", "")
NAMES: Final = ("Shoe", "Boot", "Boot", None)
DESCRIPTIONS: Final = ("Soft", "Hard", None)
OVERSELLS: Final = ("false", "true", None)


async def edit(world: World) -> None:
    """Some rows get other values, sound ones or not; some are new."""
    chance = world.chance
    for item in chance.sample(IDS, chance.choice((1, 1, 2, 5))):
        world.shelf.put(
            item,
            **chance.choice(
                (
                    {"country_of_origin": chance.choice(COUNTRIES)},
                    {"hs_code": chance.choice(CODES)},
                    {"manufacturer_id": chance.choice(MAKERS)},
                    {"eccn": chance.choice(ECCNS)},
                    {"allow_oversell": chance.choice(OVERSELLS)},
                    {"part_number": f"P-{item}-{chance.randrange(100)}"},
                    {"physical": chance.random() < 0.8},
                    {"repeated": chance.random() < 0.3},
                    {"name": chance.choice(NAMES)},
                    {"description": chance.choice(DESCRIPTIONS)},
                )
            ),
        )
    world.shelf.publish()


async def edit_all(world: World) -> None:
    """Every row gets another value, each its own."""
    for item in list(world.shelf.rows):
        world.shelf.put(item, part_number=f"P-{item}-{world.chance.randrange(100)}")
    world.shelf.publish()


async def drop(world: World) -> None:
    """Some rows go."""
    chance = world.chance
    for item in chance.sample(IDS, chance.choice((1, 1, 2, 4))):
        world.shelf.drop(item)
        if chance.random() < 0.3:
            world.account.stock(ItemId(item), 3)
    world.shelf.publish()


async def drop_many(world: World) -> None:
    """An accident: most rows go."""
    for item in world.chance.sample(IDS, 20):
        world.shelf.drop(item)
    world.shelf.publish()


async def same_for_all(world: World) -> None:
    """An accident: a whole column gets one value."""
    changed = world.chance.choice(
        ({"country_of_origin": "IT"}, {"hs_code": None}, {"manufacturer_id": "bolt"})
    )
    for item in list(world.shelf.rows):
        world.shelf.put(item, **changed)
    world.shelf.publish()


async def touch(world: World) -> None:
    """The file is written anew with the same bytes."""
    world.shelf.source.rewrite()


async def spoil(world: World) -> None:
    """The file cannot be read whole, or not at all."""
    source = world.shelf.source
    match world.chance.randrange(5):
        case 0 | 1:
            source.doubts = (CUT_SHORT,)
        case 2:
            source.error = GONE
        case 3:
            source.restless = True
        case _:
            source.strays = [STRAY]
    source.rewrite()


async def lose_halves(world: World) -> None:
    """The joined source comes without some rows, or most of them."""
    if world.shelf.joins:
        count = world.chance.choice((1, 3, 20))
        world.shelf.lose(world.chance.sample(IDS, count), is_cut=world.chance.random() < 0.6)
        world.shelf.publish()


async def empty(world: World) -> None:
    """The export came out empty."""
    world.shelf.source.error = EMPTY
    world.shelf.source.rewrite()


async def mend(world: World) -> None:
    """The file is whole again."""
    world.shelf.mend()
    world.shelf.publish()


async def remap(world: World) -> None:
    """Mapping or filter change; the file stays as it is."""
    meaning, chance = world.shelf.meaning, world.chance
    attribute = chance.choice([one for one in Attribute if one in world.shelf.may_be_mapped])
    world.shelf.mean(
        chance.choice(
            (
                replace(meaning, mapped=meaning.mapped ^ {attribute}),
                replace(meaning, physical_only=not meaning.physical_only),
                replace(meaning, edition=meaning.edition + 1),
            )
        )
    )
