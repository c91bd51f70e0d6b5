"""What a second process adds: to a fleet of a hundred accounts, and to one account at its rate.

And what a poll takes that finds nothing changed, of a fleet's process and of PostgreSQL.
"""

from __future__ import annotations

import asyncio
import time
from bisect import bisect
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import psutil
import pytest

from syncd.fleet.errand import Errand
from syncd.fleet.queue import tables
from syncd.fleet.reading import read_account
from syncd.fleet.roll import Roll
from syncd.fleet.runner import Means, Runner
from syncd.service.pulse import Job
from syncd.wiring import fleet_place, wired
from tests.acceptance.crew.crew import RATE, crew, ship
from tests.acceptance.fleet.harbour import Harbour, harbour
from tests.bench.conftest import Tell
from tests.bench.figure import Beside, Figure, at_least
from tests.postgres_states import new_account
from tests.sandbox_process import SandboxProcess, sandbox_process
from tests.servers import Server, own_postgres
from tests.shop import Shop, row, wait_until

ACCOUNTS: Final = 100
SKUS: Final = 24
KEY_S_RATE: Final = 25
"""A test key's: it is the limit of each account, as in reality, and not the cores."""
POLL: Final = "10m"
"""None comes twice while it is measured: the first one is due at the start, of all at once."""
SELDOM: Final = 'full = "0 0 29 2 *"\naudit = "0 0 29 2 *"\n'
GUARDS: Final = "[guards]\nmax_update = 1.0\nmax_same_change = 1.0\n"
TIMEOUT: Final = "10s"
AT_ONCE: Final = 2
"""Few enough for the pace of their keys to be what one process is bounded by."""
AT_FIRST: Final = 16
"""Accounts at once where nothing is measured yet."""
LEAST: Final = 1.8
POLLED: Final = 20
ROUNDS: Final = 4
ITEMS: Final = 900
STRETCH: Final = 5
NEAR: Final = 0.9
"""Of the rate, below which departures keep by 2.5 %."""
PATIENCE: Final = 600.0
LOOK: Final = 0.5


@pytest.fixture
def sandbox() -> Iterator[SandboxProcess]:
    with sandbox_process("--rate", "0") as sandbox:
        yield sandbox


@pytest.fixture
def server() -> Iterator[Server]:
    with own_postgres(connections=150) as server:
        yield server


@pytest.fixture
def port(server: Server, tmp_path: Path, sandbox: SandboxProcess) -> Iterator[Harbour]:
    with harbour(server, tmp_path, sandbox) as opened:
        opened.poll, opened.guards, opened.timeout = POLL, GUARDS, TIMEOUT
        opened.rate, opened.schedule = KEY_S_RATE, SELDOM
        yield opened


@pytest.mark.timeout(1200)
def test_a_hundred_accounts_on_two_processes(port: Harbour, tell: Tell) -> None:
    """Each account's items all change, at two accounts a process at once."""
    for number in range(ACCOUNTS):
        port.add(_name(number), SKUS, first=number * SKUS)
    with port.sailing(at_once=AT_FIRST):
        _wait_for(port, ACCOUNTS * SKUS)
        wait_until(lambda: port.ask("SELECT count(*) FROM procrastinate_jobs") == [(0,)], PATIENCE)
    one, two = _changes_a_second(port, "CA", 1), _changes_a_second(port, "SE", 2)
    tell(
        Figure(
            f"{ACCOUNTS} accounts: two processes, against one",
            two,
            "writes/s",
            at_least(LEAST),
            Beside("one process", one),
        )
    )


@pytest.mark.timeout(300)
def test_a_poll_that_finds_nothing_changed(
    port: Harbour, server: Server, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In this very process, one after the other, without the queue."""
    monkeypatch.setenv("CACHE_DIRECTORY", str(port.folder / "cache"))
    for number in range(POLLED):
        port.add(_name(number), first=number * SKUS)
    roll = Roll(port.accounts, lambda file: read_account(file, port.url, {}))
    roll.look()
    with closing(fleet_place(port.url, 1)) as place:
        place.make(tables())
        open_ = partial(wired, pools=place.pools)
        means = Means(roll.settings_of, open_, place, place.now, "the bench")
        least = asyncio.run(_least(Runner(means, asyncio.Event()), roll, server))
    for name, seconds in (("a fleet's process", least.process), ("PostgreSQL", least.server)):
        tell(Figure(f"a poll of an unchanged account: {name}", seconds * 1000, "ms of CPU"))


@pytest.mark.timeout(300)
def test_two_processes_on_one_account(
    tmp_path: Path,
    sandbox: SandboxProcess,
    server: Server,
    tell: Tell,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each could reach the key's rate alone, so both together have to share it."""
    monkeypatch.setenv("CACHE_DIRECTORY", str(tmp_path / "cache"))
    shop = Shop(tmp_path, sandbox.url)
    shop.configure()
    with (
        ship() as launched,
        new_account(server) as account,
        crew(shop, sandbox, account, launched) as aboard,
    ):
        aboard.sign_on()
        aboard.sign_on()
        aboard.stock(ITEMS, "DK")
        wait_until(lambda: aboard.made("DK") == ITEMS, PATIENCE)
        aboard.check(ITEMS, "DK")
        assert all(member.departures for member in aboard.members)
        pace = _best(aboard.departures())
    name = "one account: two processes, against the rate allowed"
    tell(Figure(name, pace, "requests/s", at_least(NEAR), Beside("the rate allowed", RATE)))


def _best(moments: Sequence[float]) -> float:
    """Requests a second in the best `STRETCH` seconds, for a process begins and ends slower."""
    ends = [bisect(moments, moment + STRETCH) for moment in moments]
    return max(end - begin for begin, end in enumerate(ends)) / STRETCH


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds of processors, of one's own and of the server's processes."""

    process: float
    server: float

    @classmethod
    def by_now(cls, server: Server) -> Spent:
        """All of it so far; what has ended counts with whoever started it."""
        one = psutil.Process(server.pid)
        every = [each.cpu_times() for each in (one, *one.children(recursive=True))]
        return cls(time.process_time(), sum(sum(each[:4]) for each in every))


async def _least(runner: Runner, roll: Roll, server: Server) -> Spent:
    """What a poll takes in the best of some rounds over all accounts, made before."""
    rounds = []
    for _ in range(ROUNDS):
        before = Spent.by_now(server)
        for account in roll.names:
            await runner.run(Errand(account, Job.POLL), 0)
        after = Spent.by_now(server)
        rounds.append((after.process - before.process, after.server - before.server))
    return Spent(*(min(each) / len(roll.names) for each in zip(*rounds, strict=True)))


def _changes_a_second(port: Harbour, origin: str, processes: int) -> float:
    """From the first item that has changed to the last one."""
    for number in range(ACCOUNTS):
        first = number * SKUS
        rows = [row(one, origin=origin) for one in range(first, first + SKUS)]
        port.shop(_name(number)).stock(rows)
    port.sandbox.clear_requests()
    port.ask("DELETE FROM procrastinate_periodic_defers WHERE periodic_id LIKE '%:poll'")
    with port.sailing_together(processes, at_once=AT_ONCE):
        _wait_for(port, 1)
        already, began = _written(port), time.monotonic()
        _wait_for(port, ACCOUNTS * SKUS)
        return (ACCOUNTS * SKUS - already) / (time.monotonic() - began)


def _wait_for(port: Harbour, count: int) -> None:
    """Look seldom, for the looks take part of the same cores."""
    end = time.monotonic() + PATIENCE
    while _written(port) < count:
        assert time.monotonic() < end, f"{_written(port)} of {count}"
        time.sleep(LOOK)


def _written(port: Harbour) -> int:
    by_method: dict[str, int] = port.sandbox.statistics()["by_method"]
    return by_method.get("POST", 0)


def _name(number: int) -> str:
    return f"account-{number:03}"
