"""Whatever this machine's clock says: what processes share is dated by the server's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeAlias

import pytest
import time_machine

from syncd.config import Settings, load
from syncd.fleet.queue import tables
from syncd.ports import State
from syncd.state import (
    fleet_place,
    open_existing_read_only,
    open_state,
    open_state_beside,
    open_state_to_receive,
)
from syncd.state.lock_file import Holder
from syncd.state.postgres import signs
from syncd.state.postgres.line import SIGNS
from syncd.state.postgres.place import Place
from syncd.state.postgres.room import open_room
from syncd.state.postgres.signs import DUTY, SignedSeat
from syncd.wiring import wired
from tests.postgres_states import Account

HOUR = timedelta(hours=1)
ABOUT = timedelta(minutes=1)
Open: TypeAlias = Callable[[Account], State]

OPENED: dict[str, Open] = {
    "to work": lambda one: open_state(one.url, account=one.name),
    "to read": lambda one: open_existing_read_only(one.url, one.name),
    "beside": lambda one: open_state_beside(one.url, timedelta(seconds=5), one.name),
    "to receive": lambda one: open_state_to_receive(one.url, timedelta(seconds=5), one.name),
}


@pytest.fixture(params=[-1, 1], ids=["an hour behind", "an hour ahead"])
def wrong_clock(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let this process's clock be wrong until the end of the test."""
    with time_machine.travel(datetime.now(UTC) + request.param * HOUR, tick=True):
        yield


def of_the_server(account: Account) -> datetime:
    ((moment,),) = account.ask("SELECT clock_timestamp()")
    assert isinstance(moment, datetime)
    return moment


@pytest.mark.usefixtures("wrong_clock")
@pytest.mark.parametrize("way", OPENED)
def test_a_state_goes_by_the_server_s_clock_however_it_was_opened(
    account: Account, way: str
) -> None:
    with closing(OPENED[way](account)) as state:
        assert abs(state.now() - of_the_server(account)) < ABOUT


@pytest.mark.usefixtures("wrong_clock")
def test_so_does_a_private_layer_over_it(account: Account) -> None:
    with closing(account.open()) as state, state.overlay() as overlay:
        assert abs(overlay.now() - of_the_server(account)) < ABOUT


def test_whoever_cannot_reach_the_server_goes_by_its_own(account: Account) -> None:
    url = account.server.url.set(port=1).render_as_string(hide_password=False)
    with closing(open_state_beside(url, timedelta(seconds=5), account.name)) as state:
        assert abs(state.now() - datetime.now(UTC)) < ABOUT


@pytest.mark.usefixtures("wrong_clock")
def test_all_that_works_on_an_account_goes_by_the_clock_of_its_state(
    account: Account, tmp_path: Path
) -> None:
    with wired(settings_of(account, tmp_path)) as opened:
        assert opened.ports.clock is opened.clock
        assert abs(opened.clock.now() - of_the_server(account)) < ABOUT


def test_each_sign_of_life_tells_anew_what_time_it_is_at_the_server(
    account: Account, place: Place
) -> None:
    """So whoever works for months hears of a server whose clock is set."""
    sign = Holder("me", "noon", 1, 0)
    with closing(open_room(place, SIGNS)) as room:
        with room.unlocked() as connection:
            signs.put(connection, DUTY, sign)
        room.time.heed(0, room.time.ticks())
        assert room.now() < of_the_server(account) - HOUR
        assert SignedSeat(room, DUTY).show(sign)
        assert abs(room.now() - of_the_server(account)) < ABOUT


@pytest.mark.usefixtures("wrong_clock")
def test_a_fleet_dates_what_it_posts_by_the_server_s_clock(account: Account) -> None:
    with closing(fleet_place(account.url, 1)) as place:
        place.make(tables())
        place.post("acme", "{}", place.now())
        at, success, _ = place.read()["acme"]
        assert success is not None
        for moment in (place.now(), at, success):
            assert abs(moment - of_the_server(account)) < ABOUT


def settings_of(account: Account, folder: Path) -> Settings:
    file = folder / "config.toml"
    file.write_text(
        f"""
[catalog]
path = "catalog.csv"
[catalog.mapping]
id = "sku"
part_number = "mpn"
[digital_river]
api_key = "sk_test_1"
[state]
url = "{account.url}"
account = "{account.name}"
"""
    )
    return load(file)
