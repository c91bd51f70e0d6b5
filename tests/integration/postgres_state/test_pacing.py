"""The row in a real PostgreSQL by which all processes on a key keep one pace."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from psycopg import sql

from syncd.state import open_pacer
from syncd.state.postgres import pace
from syncd.state.postgres.clock import SECOND
from syncd.state.postgres.pace import PaceRow
from syncd.state.postgres.pacing import PostgresPacer
from syncd.state.postgres.place import Place
from syncd.wiring import SystemClock
from tests.postgres_states import Account
from tests.unit.digital_river.virtual_time import most_within

RATE = 100
SECONDS = 1.3


def always() -> bool:
    return True


def _open(account: Account, name: str, key: str = "the key", rate: float = RATE) -> PostgresPacer:
    pacer = open_pacer(account.url, name, key, rate, SystemClock())
    assert pacer is not None
    return pacer


@pytest.fixture
def pacers(account: Account) -> Iterator[list[PostgresPacer]]:
    """Those of three accounts that have one key."""
    account.run("DROP SCHEMA IF EXISTS syncd CASCADE")
    with ExitStack() as stack:
        pacers = [_open(account, name) for name in ("one", "two", "three")]
        for pacer in pacers:
            stack.callback(pacer.close)
        yield pacers


def test_all_together_keep_below_the_rate(pacers: list[PostgresPacer]) -> None:
    async def story() -> list[float]:
        loop, moments = asyncio.get_running_loop(), list[float]()
        end = loop.time() + SECONDS

        async def depart_often(pacer: PostgresPacer) -> None:
            while loop.time() < end:
                await pacer.turn(always)
                if await pacer.depart() == 0.0:
                    moments.append(loop.time())

        async with asyncio.TaskGroup() as group:
            for pacer in [*pacers, *pacers]:
                group.create_task(depart_often(pacer))
        return moments

    moments = asyncio.run(story())
    assert most_within(1.0, moments) <= RATE
    assert len(moments) > RATE * SECONDS / 10


def test_a_pause_holds_for_all_and_another_key_has_its_own_pace(
    pacers: list[PostgresPacer], account: Account
) -> None:
    async def story() -> None:
        for pacer in pacers:
            assert await pacer.turn(always) == 0.0
        pacers[0].pause(30.0)
        await asyncio.sleep(0.03)
        pacers[0].pause(1.0)
        for pacer in pacers:
            assert 25.0 < await pacer.turn(always) <= 30.0
            assert 25.0 < await pacer.depart() <= 30.0
        other = _open(account, "one", "another key")
        assert await other.turn(always) == 0.0
        other.close()

    asyncio.run(story())


def test_a_server_that_has_just_started_lets_a_second_pass(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may have forgotten the slots that it gave before it was killed."""
    take = pace.TAKE.as_string(None)
    with closing(PaceRow(place, "a key")) as row:
        for began, waits in (("to_timestamp(0)", False), ("clock_timestamp()", True)):
            statement = take.replace("pg_postmaster_start_time()", began)
            monkeypatch.setattr(pace, "TAKE", sql.SQL(statement))
            slots = row.take(1, 0)
            assert (slots.first - slots.now > SECOND) is waits


def test_a_state_in_a_file_has_no_such_pacer(tmp_path: Path) -> None:
    assert open_pacer(f"sqlite:///{tmp_path}/syncd.db", None, "key", 25, SystemClock()) is None


def test_a_server_that_is_away_lets_nothing_depart(account: Account) -> None:
    url = account.server.url.set(port=1).render_as_string(hide_password=False)
    pacer = open_pacer(url, account.name, "key", RATE, SystemClock())
    assert pacer is not None

    async def story() -> None:
        assert await pacer.turn(always) == 1.0
        assert await pacer.depart() == 1.0

    asyncio.run(story())
    pacer.close()
