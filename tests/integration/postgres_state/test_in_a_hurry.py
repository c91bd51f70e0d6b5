"""A stop waits a few seconds more for what is asked of the server: locked, or without an answer."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import pytest

from syncd.errors import StateAwayError, StateBusyError
from syncd.ports import State
from syncd.state import postgres_in_use
from tests.contract.state.examples import sku
from tests.postgres_states import Account
from tests.shop import wait_until

_AT_WORK = """
SELECT pid FROM pg_stat_activity WHERE application_name = %s AND pid <> pg_backend_pid()
"""
_WAITING = f"{_AT_WORK} AND wait_event_type = 'Lock'"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_in_use, "HURRIED", 0.0)
    monkeypatch.setattr(postgres_in_use, "_ROUND", 0.02)


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
    state: State, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[object] = []
    waits: Callable[[object], bool] = vars(postgres_in_use)["_waits"]

    def look(driver: object) -> bool:
        looked.append(driver)
        return waits(driver)

    monkeypatch.setattr(postgres_in_use, "_waits", look)
    monkeypatch.setattr(postgres_in_use, "LEAST", 60.0)
    with ThreadPoolExecutor(1) as pool:
        with locked(account):
            asked = pool.submit(state.census)
            wait_until(lambda: bool(pids(account, _WAITING)))
            state.hurry()
            wait_until(lambda: len(looked) > 9)
        assert asked.result().owned == 0
