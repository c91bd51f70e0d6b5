"""A cycle that has lost its lease sends and writes no more, and invents no outcome."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta

import pytest

from syncd.domain.change import Change
from syncd.domain.tracking import Delivery, SkuState
from syncd.engine.standing import exit_code
from syncd.errors import ExitCode, LeaseHeldError, LeaseLostError
from tests.integration.service.shop import Shop, numbered

IDS = numbered(40)
LOST_AFTER = 10


def lose_the_fence(shop: Shop) -> None:
    """Be taken over without noticing, but for the state."""
    with closing(sqlite3.connect(shop.file)) as database, database:
        database.execute(
            """UPDATE fact SET value = '[99,"the heir","today"]' WHERE key = 'fence'"""
        )


def lose_the_lock(shop: Shop) -> None:
    """Be taken over by whoever has put another lock file in the place of this one's."""
    shop.lock.unlink()


@pytest.fixture
def losing(shop: Shop, request: pytest.FixtureRequest) -> Shop:
    """A shop whose first cycle loses its lease in the middle."""
    lose: Callable[[Shop], None] = request.param

    async def on_the_way(_: Change) -> None:
        if len(shop.wrote()) == LOST_AFTER:
            lose(shop)

    shop.stock(*IDS)
    shop.remote.on_the_way = on_the_way
    return shop


@pytest.mark.parametrize("losing", [lose_the_fence, lose_the_lock], indirect=True)
async def test_the_cycle_fails_and_asks_for_no_more_leave(losing: Shop) -> None:
    with pytest.raises(LeaseLostError):
        await losing.run()

    assert losing.remote.permit is None


@pytest.mark.parametrize("losing", [lose_the_lock], indirect=True)
async def test_nothing_at_all_departs_once_the_lock_is_gone(losing: Shop) -> None:
    with pytest.raises(LeaseLostError, match="taken it over"):
        await losing.run()

    assert len(losing.wrote()) == LOST_AFTER


@pytest.mark.parametrize("losing", [lose_the_fence], indirect=True)
async def test_no_outcome_is_recorded_once_the_fence_is_gone(losing: Shop) -> None:
    with pytest.raises(LeaseLostError, match=r"the heir .*has taken it over"):
        await losing.run()

    rows = [losing.sku(item) for item in losing.wrote()]
    assert {row.delivery for row in rows} == {Delivery.IN_FLIGHT}
    assert all(entry.kind is None for row in rows for entry in losing.journal(row.id))
    (cycle,) = losing.state.cycles(9)
    assert cycle.error is not None
    assert "did not finish" in cycle.error


@pytest.mark.parametrize("losing", [lose_the_fence, lose_the_lock], indirect=True)
async def test_the_next_one_looks_up_what_was_in_flight_and_makes_nothing_twice(
    losing: Shop,
) -> None:
    with pytest.raises(LeaseLostError):
        await losing.run()
    losing.restart()

    result = await losing.run()

    assert exit_code(result) is ExitCode.OK
    assert result.states == {SkuState.IN_SYNC: 40}
    assert sorted(losing.wrote()) == IDS


async def test_a_lease_that_is_lost_before_the_end_fails_a_quiet_cycle_too(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shop.run()
    finish = shop.catalog.position

    def lose() -> object:
        lose_the_lock(shop)
        return finish()

    monkeypatch.setattr(type(shop.catalog), "position", lambda *_: lose())

    with pytest.raises(LeaseLostError):
        await shop.run()


def test_a_new_turn_does_not_let_an_old_one_write_again(shop: Shop) -> None:
    """Such as that of whoever tells people, in another thread of a process that stood still."""
    with shop.state.lease("the cycle", timedelta()):
        lose_the_lock(shop)

        with pytest.raises(LeaseHeldError), shop.state.lease("another thread", timedelta()):
            pass
    with shop.state.lease("another thread", timedelta()):
        pass
