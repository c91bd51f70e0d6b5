"""The row in a real PostgreSQL by which all processes on a key keep one pace."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
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
DEPARTURES = 130


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

        async def depart_often(pacer: PostgresPacer) -> None:
            while len(moments) < DEPARTURES:
                await pacer.turn(always)
                if await pacer.depart() == 0.0:
                    moments.append(loop.time())

        async with asyncio.TaskGroup() as group:
            for pacer in [*pacers, *pacers]:
                group.create_task(depart_often(pacer))
        return moments

    moments = asyncio.run(story())
    assert most_within(1.0, moments) <= RATE


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


@pytest.fixture
def row(account: Account, place: Place) -> Iterator[PaceRow]:
    """That of a key that nobody has used."""
    account.run("DROP SCHEMA IF EXISTS syncd CASCADE")
    with closing(PaceRow(place, "a key")) as row:
        yield row


@pytest.fixture
def an_hour_ahead(monkeypatch: pytest.MonkeyPatch) -> Callable[[], AbstractContextManager[None]]:
    """Let the server's clock be an hour ahead for a block; after it, it was set back."""

    @contextmanager
    def ahead() -> Iterator[None]:
        with monkeypatch.context() as patch:
            for name in ("TAKE", "PAUSE"):
                statement: str = getattr(pace, name).as_string(None)
                later = statement.replace("clock_timestamp()", "(clock_timestamp() + '1 hour')")
                patch.setattr(pace, name, sql.SQL(later))
            yield

    return ahead


def test_a_clock_set_back_leaves_the_slots_as_far_ahead_as_they_were(
    row: PaceRow, an_hour_ahead: Callable[[], AbstractContextManager[None]]
) -> None:
    """None is given twice, and nobody stands still for that hour."""
    with an_hour_ahead():
        row.take(1, 0)
        row.take(100 * SECOND, 0)
    after = row.take(1, 0)
    assert after.now + 90 * SECOND < after.first <= after.now + 100 * SECOND


def test_a_clock_set_back_leaves_a_pause_as_long_as_it_was(
    row: PaceRow, an_hour_ahead: Callable[[], AbstractContextManager[None]]
) -> None:
    with an_hour_ahead():
        row.pause(100 * SECOND)
    for slots in (row.take(1, 0), row.take(1, 0)):
        assert slots.now + 90 * SECOND < slots.paused_until <= slots.now + 100 * SECOND
    with an_hour_ahead():
        row.pause(200 * SECOND)
    row.pause(1)
    slots = row.take(1, 0)
    assert slots.now + 190 * SECOND < slots.paused_until <= slots.now + 200 * SECOND


def test_a_server_whose_clock_was_set_back_before_it_began_lets_no_hour_pass(
    row: PaceRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = pace.TAKE.as_string(None)
    later = take.replace("pg_postmaster_start_time()", "(clock_timestamp() + '1 hour')")
    monkeypatch.setattr(pace, "TAKE", sql.SQL(later))
    slots = row.take(1, 0)
    assert slots.first - slots.now < SECOND


def test_a_table_of_an_older_version_is_made_to_last(row: PaceRow, account: Account) -> None:
    account.run(
        "CREATE SCHEMA syncd; CREATE UNLOGGED TABLE syncd.pace (key text PRIMARY KEY,"
        " next_slot bigint NOT NULL, paused_until bigint NOT NULL);"
        " INSERT INTO syncd.pace VALUES ('a key', 0, (extract(epoch FROM now()) + 60) * 1000000)"
    )
    slots = row.take(1, 0)
    assert slots.paused_until > slots.now + 50 * SECOND
    lasts = "SELECT relpersistence = 'p' FROM pg_class WHERE oid = 'syncd.pace'::regclass"
    assert account.ask(lasts) == [(True,)]


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
