"""Many small runs, none of which a guard would stop, come to what it would stop at once."""

from __future__ import annotations

import pytest

from syncd.domain.attributes import ItemId
from syncd.domain.cycle import Guard
from syncd.engine.standing import exit_code
from syncd.errors import ExitCode
from tests.integration.service.shop import Shop, guards, numbered

STEP = 4


@pytest.fixture
async def settled(shop: Shop) -> Shop:
    shop.limits(max_update=1.0)
    shop.stock(*numbered(40))
    await shop.settled()
    return shop


async def test_a_country_that_creeps_over_the_catalog_is_stopped(settled: Shop) -> None:
    for start in range(0, 12, STEP):
        settled.stock(*numbered(STEP, start), country_of_origin="CN")
        assert guards(await settled.run()) == []
    settled.stock(*numbered(STEP, 12), country_of_origin="CN")

    result = await settled.run()

    assert guards(result) == [Guard.MAX_SAME_CHANGE]
    assert "(12 of them made already)" in result.guards[0].message
    assert exit_code(result) is ExitCode.GUARD_STOPPED


async def test_different_values_are_not_alike(settled: Shop) -> None:
    for start in range(0, 40, STEP):
        country = ("SE", "NO", "FI", "DE", "FR")[start // STEP % 5]
        settled.stock(*numbered(STEP, start), country_of_origin=country)
        assert guards(await settled.run()) == []


async def test_what_was_approved_does_not_count(settled: Shop) -> None:
    settled.stock(*numbered(20), country_of_origin="CN")
    settled.approve((await settled.run()).id)
    assert exit_code(await settled.run()) is ExitCode.OK

    settled.stock(*numbered(STEP, 20), country_of_origin="CN")

    assert guards(await settled.run()) == []


async def test_the_window_passes(settled: Shop) -> None:
    settled.stock(*numbered(12), country_of_origin="CN")
    await settled.run()
    settled.later(hours=25)
    settled.stock(*numbered(STEP, 12), country_of_origin="CN")

    assert guards(await settled.run()) == []


async def test_items_that_vanish_a_few_at_a_time_are_not_all_made_again(settled: Shop) -> None:
    settled.limits(max_update=0.5, max_same_change=1.0)
    stops = []
    for start in range(0, 40, STEP):
        some = numbered(STEP, start)
        for item in some:
            del settled.remote.contents[ItemId(item)]
        settled.stock(*some, country_of_origin="SE" if start % 8 else "NO")
        stops.append(guards(await settled.run()))

    assert stops[:5] == [[]] * 5
    assert Guard.MAX_UPDATE in stops[6]
    assert len(settled.remote.contents) < 40
