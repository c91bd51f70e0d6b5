"""A stop waits a few seconds more for what is asked of the server: locked, or without an answer."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager

import pytest
from sqlalchemy import func, select

from syncd.errors import StateAwayError, StateBusyError
from syncd.ports import State
from syncd.state import codec, schema
from syncd.state.patience import LEAST
from syncd.state.postgres import bulk, in_use
from syncd.state.postgres.line import Access
from syncd.state.postgres.place import Place
from syncd.state.postgres.room import open_room
from tests.contract.state.examples import sku
from tests.postgres_states import Account
from tests.shop import wait_until

_AT_WORK = """
SELECT pid FROM pg_stat_activity WHERE application_name = %s AND pid <> pg_backend_pid()
"""
_WAITING = f"{_AT_WORK} AND wait_event_type = 'Lock'"
_A_PIECE = 40
"""Rows that are copied at once."""


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(in_use, "HURRIED", 0.0)
    monkeypatch.setattr(in_use, "_ROUND", 0.005)


class Clock:
    """Passes when it is told to, and counts who looks at it."""

    def __init__(self) -> None:
        self.now = 0.0
        self._looks = 0

    def monotonic(self) -> float:
        self._looks += 1
        return self.now

    def be_looked_at(self) -> None:
        """Wait for a few rounds of whoever ends what is waited for."""
        looks = self._looks
        wait_until(lambda: self._looks > looks + 2)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(in_use, "time", clock)
    return clock


def pids(account: Account, query: str) -> list[int]:
    with account.server.engine().begin() as connection:
        found = connection.exec_driver_sql(query, (f"syncd {account.schema}",))
        return [int(pid) for pid in found.scalars()]


@contextmanager
def locked(account: Account) -> Iterator[None]:
    with account.server.engine().begin() as other:
        other.exec_driver_sql(f'LOCK TABLE "{account.schema}".sku IN ACCESS EXCLUSIVE MODE')
        yield


@contextmanager
def hanging(account: Account) -> Iterator[None]:
    """Its processes for this state do not even hear that they are told to end."""
    with ExitStack() as stack:
        for pid in pids(account, _AT_WORK):
            os.kill(pid, signal.SIGSTOP)
            stack.callback(os.kill, pid, signal.SIGCONT)
        yield


def test_a_lock_that_another_keeps_is_waited_for_no_longer(state: State, account: Account) -> None:
    with ThreadPoolExecutor(1) as pool:
        with locked(account):
            asked = pool.submit(state.census)
            wait_until(lambda: bool(pids(account, _WAITING)))
            state.hurry()
            with pytest.raises(StateBusyError, match="than a stop waits for it"):
                asked.result()
        assert state.census().owned == 0


def test_a_server_that_hangs_is_waited_for_no_longer(state: State, account: Account) -> None:
    def put_while_it_hangs() -> None:
        with state.transaction() as transaction, hanging(account):
            state.hurry()
            transaction.put([sku("a")])

    with pytest.raises(StateAwayError):
        put_while_it_hangs()
    assert state.census().owned == 0


def test_what_has_only_just_been_asked_is_left_to_go_on(
    state: State, account: Account, clock: Clock
) -> None:
    with ThreadPoolExecutor(1) as pool:
        with locked(account):
            asked = pool.submit(state.census)
            wait_until(lambda: bool(pids(account, _WAITING)))
            state.hurry()
            clock.be_looked_at()
        assert asked.result().owned == 0


def test_much_that_is_asked_quickly_is_not_one_thing_that_takes_long(
    place: Place, clock: Clock
) -> None:
    """A copy of many rows goes on as long as the server takes them."""
    seconds = int(20 * LEAST) + 1

    def rows() -> Iterator[codec.SkuRow]:
        for second in range(seconds):
            clock.now += 1
            clock.be_looked_at()
            for number in range(_A_PIECE):
                yield codec.sku_row(sku(f"{second}-{number}"))

    with closing(open_room(place, Access())) as room:
        with room.writing() as connection:
            room.hurry()
            bulk.upsert(connection, rows())
        with room.reading() as connection:
            assert connection.execute(select(func.count(schema.sku.c.id))).scalar_one() == (
                seconds * _A_PIECE
            )
