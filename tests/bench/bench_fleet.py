"""What a second process adds: to a fleet of a hundred accounts, and to one account at its rate."""

from __future__ import annotations

import time
from bisect import bisect
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import pytest

from syncd.sandbox import Fault, FaultKind
from tests.acceptance.crew.crew import RATE, crew, ship
from tests.acceptance.fleet.harbour import Harbour, harbour
from tests.bench.conftest import Tell
from tests.bench.figure import Beside, Figure, at_least
from tests.postgres_states import new_account
from tests.sandbox_process import SandboxProcess, sandbox_process
from tests.servers import own_postgres
from tests.shop import Shop, row, wait_until

ACCOUNTS: Final = 100
SKUS: Final = 2
POLL: Final = "30s"
GUARDS: Final = "[guards]\nmax_update = 1.0\nmax_same_change = 1.0\n"
SLOW: Final = Fault(kind=FaultKind.SLOW, seconds=3.0, method="POST")
"""Answers that take so long that they are the limit, and not the cores."""
TIMEOUT: Final = "10s"
LEAST: Final = 1.8
ITEMS: Final = 900
STRETCH: Final = 5
NEAR: Final = 0.9
"""Of the rate, below which departures keep by 2.5 %."""
SECOND: Final = 1_000_000_000
PATIENCE: Final = 600.0
LOOK: Final = 0.2


@pytest.fixture
def sandbox() -> Iterator[SandboxProcess]:
    with sandbox_process("--rate", "0") as sandbox:
        yield sandbox


@pytest.fixture
def port(tmp_path: Path, sandbox: SandboxProcess) -> Iterator[Harbour]:
    with own_postgres(connections=100) as server, harbour(server, tmp_path, sandbox) as opened:
        opened.poll, opened.guards, opened.timeout = POLL, GUARDS, TIMEOUT
        yield opened


@pytest.mark.timeout(1200)
def test_a_hundred_accounts_on_two_processes(port: Harbour, tell: Tell) -> None:
    """Each account's items all change, at two accounts a process at once."""
    for number in range(ACCOUNTS):
        port.add(_name(number), SKUS, first=number * SKUS)
    with port.sailing(at_once=4):
        _wait_for(port, "DK", ACCOUNTS * SKUS)
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
def test_two_processes_on_one_account(
    tmp_path: Path, sandbox: SandboxProcess, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each could reach the key's rate alone, so both together have to share it."""
    monkeypatch.setenv("CACHE_DIRECTORY", str(tmp_path / "cache"))
    shop = Shop(tmp_path, sandbox.url)
    shop.configure()
    with (
        ship() as launched,
        own_postgres(connections=60) as server,
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


def _best(moments: Sequence[int]) -> float:
    """Requests a second in the best `STRETCH` seconds, for a process begins and ends slower."""
    ends = [bisect(moments, moment + STRETCH * SECOND) for moment in moments]
    return max(end - begin for begin, end in enumerate(ends)) / STRETCH


def _changes_a_second(port: Harbour, origin: str, processes: int) -> float:
    """From the first item that has changed to the last one."""
    for number in range(ACCOUNTS):
        rows = [row(number * SKUS + one, origin=origin) for one in range(SKUS)]
        port.shop(_name(number)).stock(rows)
    port.sandbox.set_faults([SLOW])
    with port.sailing_together(processes):
        _wait_for(port, origin, 1)
        already, began = _made(port, origin), time.monotonic()
        _wait_for(port, origin, ACCOUNTS * SKUS)
        return (ACCOUNTS * SKUS - already) / (time.monotonic() - began)


def _wait_for(port: Harbour, origin: str, count: int) -> None:
    """Look seldom, for the looks take part of the same cores."""
    end = time.monotonic() + PATIENCE
    while _made(port, origin) < count:
        assert time.monotonic() < end, f"{_made(port, origin)} of {count}"
        time.sleep(LOOK)


def _made(port: Harbour, origin: str) -> int:
    items = port.sandbox.items().values()
    return sum(1 for item in items if item["countryOfOrigin"] == origin)


def _name(number: int) -> str:
    return f"account-{number:03}"
