"""A daemon that does not work says so within two intervals, however it is kept from its work."""

from __future__ import annotations

import resource
import signal
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from syncd.sandbox import Fault, FaultKind
from syncd.state import open_state
from syncd.state.lock_file import LockFile
from tests.acceptance.daemon.sabotage.sitecustomize import BLOCKED_SECONDS
from tests.acceptance.daemon.served import ROWS, Served, address_of, schedule, serving
from tests.sandbox_process import SandboxProcess
from tests.shop import Shop, row

INTERVAL = 0.5
BOUND = 60.0
"""Two intervals would do; the rest is for a busy machine."""
NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
SABOTAGE = Path(__file__).with_name("sabotage")


@dataclass
class House:
    """A daemon that works, over a shop and a sandbox, and what it answers."""

    shop: Shop
    sandbox: SandboxProcess
    daemon: Served
    client: httpx.Client
    numbers: Iterator[int]

    @property
    def pid(self) -> int:
        return self.daemon.process.pid

    def causes(self) -> set[str]:
        """Why it is not ready; nothing where it is."""
        answer = self.client.get("/readyz", headers={"Accept": "application/json"})
        found: dict[str, Any] = answer.json()
        assert (answer.status_code == 200) is found["ready"] is not bool(found["reasons"])
        return {one["cause"] for one in found["reasons"]}

    def is_healthy(self) -> bool:
        return self.client.get("/healthz").status_code == 200

    def shows(self, *causes: str) -> None:
        """It says so in time, and lives: a process that is started anew would help nobody."""
        _come_to_pass(lambda: bool(self.causes() & set(causes)), BOUND)
        assert self.is_healthy()

    def recovers(self) -> None:
        _come_to_pass(lambda: not self.causes(), BOUND)

    def change_the_catalog(self) -> None:
        self.shop.stock([*ROWS, row(next(self.numbers))])

    def be_sabotaged(self, deed: str) -> None:
        (self.shop.folder / "sabotage").write_text(deed)
        self.daemon.send(signal.SIGUSR2)

    def reload(self) -> None:
        self.daemon.send(signal.SIGHUP)


@pytest.fixture(scope="module")
def inhabited(
    tmp_path_factory: pytest.TempPathFactory, sandbox_of_session: SandboxProcess
) -> Iterator[House]:
    sandbox_of_session.reset()
    shop = Shop(tmp_path_factory.mktemp("house"), sandbox_of_session.url)
    shop.stock(ROWS)
    schedule(shop, poll=f"{INTERVAL}s", probe="300ms")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(SABOTAGE))
        with (
            serving(shop) as daemon,
            httpx.Client(base_url=address_of(shop), timeout=60) as client,
        ):
            daemon.wait_for("READY=1")
            yield House(shop, sandbox_of_session, daemon, client, iter(range(100, 999)))
            assert daemon.stop().code == 143


@pytest.fixture
def house(inhabited: House) -> Iterator[House]:
    """One in which all is well, and is again afterwards."""
    inhabited.sandbox.set_faults([])
    inhabited.recovers()
    assert inhabited.is_healthy()
    yield inhabited
    inhabited.sandbox.set_faults([])
    inhabited.recovers()


# ---------------------------------------------------------------- what happens outside of it


def test_a_catalog_that_is_gone(house: House) -> None:
    away = house.shop.catalog.rename(house.shop.folder / "elsewhere.csv")
    house.shows("catalog")
    away.rename(house.shop.catalog)


def test_a_source_that_hangs(house: House) -> None:
    right = house.shop.configuration.read_text()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/products"
        hung = right.replace('type = "file"\npath = "catalog.csv"', f'type = "http"\nurl = "{url}"')
        house.shop.configuration.write_text(hung)
        house.reload()
        line, _ = silent.accept()
        with line:
            house.shows("late")
            house.shop.configuration.write_text(right)
            house.reload()
            line.sendall(NOT_FOUND)


def test_a_remote_that_hangs(house: House) -> None:
    house.sandbox.set_faults([Fault(kind=FaultKind.SLOW, seconds=3)])
    house.change_the_catalog()
    house.shows("late")


def test_a_remote_that_fails(house: House) -> None:
    house.sandbox.set_faults([Fault(kind=FaultKind.STATUS, status=503)])
    house.shows("remote")


def test_a_key_that_was_revoked(house: House) -> None:
    house.sandbox.set_faults([Fault(kind=FaultKind.STATUS, status=401)])
    house.shows("key")
    house.sandbox.set_faults([])
    house.reload()  # or the key is asked for again after its rest alone


def test_a_guard_that_stops_something(house: House) -> None:
    house.shop.stock([row(number, origin="CA") for number in range(12)])
    house.shows("guard")
    house.shop.stock(ROWS)


# -------------------------------------------------------------------------------- its state


def test_a_database_that_another_program_keeps_locked(house: House) -> None:
    with closing(sqlite3.connect(house.shop.state, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        house.shows("late", "state")


def test_a_disk_that_is_full(house: House) -> None:
    _, most = resource.prlimit(house.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(house.pid, resource.RLIMIT_FSIZE, (0, most))
    try:
        house.change_the_catalog()
        house.shows("state", "late", "catalog")
    finally:
        resource.prlimit(house.pid, resource.RLIMIT_FSIZE, (most, most))


def test_a_lease_that_another_cycle_keeps(house: House) -> None:
    url = f"sqlite:///{house.shop.state}"
    with closing(open_state(url)) as state, state.lease("one that hangs", timedelta(seconds=9)):
        house.shows("late")


def test_a_duty_that_another_has_taken(house: House) -> None:
    path = house.shop.state.with_name("state.db.duty")
    with LockFile(path.with_suffix(".other")) as taken:
        assert taken.is_locked_by_me()
        taken.move_to(path)
        house.shows("standby")


# ------------------------------------------------------------------------- the process itself


def test_a_process_that_is_stopped(house: House) -> None:
    house.daemon.send(signal.SIGSTOP)
    process = psutil.Process(house.pid)
    _come_to_pass(lambda: process.status() == psutil.STATUS_STOPPED, BOUND)
    try:
        with pytest.raises(httpx.ReadTimeout):
            house.client.get("/healthz", timeout=2 * INTERVAL)
    finally:
        time.sleep(INTERVAL)
        house.daemon.send(signal.SIGCONT)
    house.client.get("/healthz")


def test_a_loop_that_is_blocked(house: House) -> None:
    house.be_sabotaged("block_the_loop")
    _come_to_pass(lambda: bool(house.causes()), BOUND)
    _come_to_pass(lambda: not house.is_healthy() and "loop" in house.causes(), BLOCKED_SECONDS)


def test_a_schedule_without_jobs(house: House) -> None:
    house.be_sabotaged("forget_all_jobs")
    house.shows("late")
    house.reload()


def test_threads_that_are_all_taken(house: House) -> None:
    house.be_sabotaged("use_up_all_threads")
    house.shows("late")


def test_a_clock_that_was_set_back(house: House) -> None:
    house.be_sabotaged("set_the_clock_back")
    house.shows("late")
    house.reload()


def _come_to_pass(condition: Callable[[], bool], seconds: float) -> None:
    """Look ten times a second: more would only keep the daemon busy."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came to pass"
        time.sleep(0.1)
