"""A fleet: accounts come and go, processes come, stall and die, and all accounts converge."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from syncd.sandbox import Fault, FaultKind
from tests.acceptance.fleet.harbour import Harbour, harbour
from tests.acceptance.test_stopping import creates_by_id
from tests.sandbox_process import SandboxProcess
from tests.servers import Server, postgres_server
from tests.shop import wait_until

__all__ = ["postgres_server"]

SLOW = Fault(kind=FaultKind.SLOW, seconds=0.4, method="POST")
MANY = 24


@pytest.fixture
def port(postgres_server: Server, tmp_path: Path, sandbox: SandboxProcess) -> Iterator[Harbour]:
    with harbour(postgres_server, tmp_path, sandbox) as opened:
        yield opened


def test_processes_share_the_accounts_that_come_and_go(
    port: Harbour, sandbox: SandboxProcess
) -> None:
    for number, name in enumerate(("acme", "beta", "gamma")):
        port.add(name, first=10 * number)
    (port.accounts / "broken.toml").write_text("[catalog")
    with port.sailing_together(2) as (one, other):
        wait_until(lambda: all(port.cycles(name) > 1 for name in ("acme", "beta", "gamma")))
        assert len(sandbox.items()) == 9
        assert set(creates_by_id(sandbox).values()) == {1}

        page = one.get("/")
        assert "4 accounts, 1 of them to look at." in page
        assert "this is not TOML" in page
        assert page.index("broken") < page.index("acme")
        assert one.get("/healthz") == "healthy\n"
        metrics = other.get("/metrics")
        assert 'syncd_fleet_accounts{state="well"} 3.0' in metrics
        assert 'syncd_fleet_account_well{account="broken"} 0.0' in metrics

        port.remove("beta")
        port.add("delta", first=40)
        wait_until(lambda: port.cycles("delta") > 1)
        wait_until(lambda: all("fleet.account_removed" in each.log for each in (one, other)))
        done = port.cycles("beta")
        before = port.cycles("acme")
        wait_until(lambda: port.cycles("acme") > before + 2)
        assert port.cycles("beta") <= done + 1
        assert port.states("beta") == {"in_sync": 3}

        one.send(signal.SIGTERM)
        assert one.process.wait(60) == 143
        before = port.cycles("acme")
        wait_until(lambda: port.cycles("acme") > before)

    by_account = [line for line in other.log.splitlines() if "cycle." in line]
    assert all('"account":' in line for line in by_account)


@pytest.mark.parametrize("phase", ["catalog.read", "delivery.settled"])
def test_what_a_process_was_at_when_it_was_killed_is_taken_up_by_another(
    port: Harbour, sandbox: SandboxProcess, phase: str
) -> None:
    port.add("acme", MANY)
    sandbox.set_faults([SLOW])
    with port.sailing() as doomed:
        wait_until(lambda: phase in doomed.log)
        doomed.send(signal.SIGKILL)
    assert "cycle.finished" not in doomed.log
    sandbox.set_faults([])
    with port.sailing() as heir:
        wait_until(lambda: port.states("acme") == {"in_sync": MANY})
        assert "errand.rescued" in heir.log

    assert set(creates_by_id(sandbox).values()) == {1}
    assert len(sandbox.items()) == MANY


def test_one_that_stands_still_is_replaced_and_writes_nothing_when_it_goes_on(
    port: Harbour, sandbox: SandboxProcess
) -> None:
    port.add("acme", MANY)
    sandbox.set_faults([SLOW])
    with port.sailing() as stopped:
        wait_until(lambda: len(sandbox.items()) > 4)
        stopped.send(signal.SIGSTOP)
        sandbox.set_faults([])
        with port.sailing() as heir:
            wait_until(lambda: port.cycles("acme") > 0 and port.states("acme") == {"in_sync": MANY})
            assert "lease.taken_over" in heir.log
            stopped.send(signal.SIGCONT)
            wait_until(lambda: "lease.lost" in stopped.log or "has taken it over" in stopped.log)
            before = port.cycles("acme")
            wait_until(lambda: port.cycles("acme") > before + 1)
            assert port.states("acme") == {"in_sync": MANY}

    assert set(creates_by_id(sandbox).values()) == {1}


def test_a_database_that_goes_away_is_waited_for(port: Harbour, sandbox: SandboxProcess) -> None:
    port.add("acme")
    with port.sailing() as vessel:
        wait_until(lambda: port.cycles("acme") > 1)
        for _ in range(2):
            port.ask(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            before = port.cycles("acme")
            wait_until(lambda: port.cycles("acme") > before + 1)  # noqa: B023 - it is asked at once
        assert vessel.process.poll() is None
        assert vessel.get("/healthz") == "healthy\n"
    assert set(creates_by_id(sandbox).values()) == {1}


def test_errands_of_one_account_never_pile_up(port: Harbour, sandbox: SandboxProcess) -> None:
    port.add("acme", MANY)
    sandbox.set_faults([SLOW])
    with port.sailing(at_once=4) as vessel:
        wait_until(lambda: len(sandbox.items()) > MANY // 2)
        waiting = port.ask(
            "SELECT queueing_lock, count(*) FROM syncd.procrastinate_jobs"
            " WHERE status = 'todo' GROUP BY 1"
        )
        doing = port.ask("SELECT count(*) FROM syncd.procrastinate_jobs WHERE status = 'doing'")
        assert {count for _, count in waiting} <= {1}
        assert doing == [(1,)]
        sandbox.set_faults([])
        vessel.send(signal.SIGTERM)
        vessel.process.wait(60)
