"""Daemons whose state is in PostgreSQL: they say that it is away, outlive that, and hand over."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import httpx
import psutil
import pytest

from tests.acceptance.daemon.served import ROWS, Served, address_of, schedule, serving
from tests.postgres_states import Account, new_account
from tests.sandbox_process import SandboxProcess
from tests.servers import PASSWORD, Server, own_postgres
from tests.shop import Shop, row, wait_until

POLL = "500ms"
AWAY = {"state", "late"}


@pytest.fixture
def account() -> Iterator[Account]:
    """On a server of its own, which dies in the test."""
    with own_postgres() as server, new_account(server, made=False) as account:
        yield account


@pytest.fixture
def kept_there(shop: Shop, account: Account, monkeypatch: pytest.MonkeyPatch) -> Shop:
    schedule(shop, poll=POLL, probe="300ms")
    there = f'url = "{account.url}"\naccount = "{account.name}"'
    text = shop.configuration.read_text().replace('url = "sqlite:///state.db"', there)
    shop.configuration.write_text(text)
    monkeypatch.setenv("CACHE_DIRECTORY", str(shop.folder / "cache"))
    return shop


def causes(shop: Shop) -> set[str]:
    """Why it is not ready; it lives all the same."""
    with httpx.Client(base_url=address_of(shop), timeout=30) as client:
        assert client.get("/healthz").status_code == 200
        answer = client.get("/readyz", headers={"Accept": "application/json"})
    assert (answer.status_code == 200) is answer.json()["ready"]
    return {one["cause"] for one in answer.json()["reasons"]}


@contextmanager
def another_program_keeps_it_locked(account: Account) -> Iterator[None]:
    with account.server.engine().begin() as other:
        other.exec_driver_sql(f'LOCK TABLE "{account.schema}".sku IN ACCESS EXCLUSIVE MODE')
        yield


@contextmanager
def the_server_is_away(server: Server) -> Iterator[None]:
    """Its processes die, and it answers nobody until it comes back and mends what they left."""
    postmaster = psutil.Process(server.pid)
    with ExitStack() as stack:
        postmaster.suspend()
        stack.callback(postmaster.resume)
        for backend in postmaster.children(recursive=True):
            backend.send_signal(signal.SIGKILL)
        yield


def stock_one_more(shop: Shop, sandbox: SandboxProcess) -> None:
    """Have it written."""
    number = len(sandbox.items())
    shop.stock([*ROWS, *(row(one) for one in range(len(ROWS), number + 1))])
    wait_until(lambda: len(sandbox.items()) == number + 1)


def said_nothing_wrong(daemon: Served) -> bool:
    return daemon.logs("daemon.bug") == [] and PASSWORD not in "".join(daemon.said)


def test_it_outlives_its_server_and_hands_over(
    kept_there: Shop, account: Account, sandbox: SandboxProcess
) -> None:
    with ExitStack() as stack:
        on_duty = stack.enter_context(serving(kept_there))
        wait_until(lambda: len(sandbox.items()) == len(ROWS))
        standby = stack.enter_context(serving(kept_there))
        standby.wait_for_log("daemon.stands_by")
        for trouble in (
            another_program_keeps_it_locked(account),
            the_server_is_away(account.server),
        ):
            with trouble:
                wait_until(lambda: bool(causes(kept_there) & AWAY))
            wait_until(lambda: not causes(kept_there))
            stock_one_more(kept_there, sandbox)
        on_duty.send(signal.SIGKILL)
        standby.wait_for_log("daemon.came_on_duty")
        stock_one_more(kept_there, sandbox)
        assert standby.stop().code == 143

    assert said_nothing_wrong(on_duty)
    assert said_nothing_wrong(standby)
