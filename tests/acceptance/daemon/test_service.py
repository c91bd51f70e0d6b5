"""The daemon works, by its schedule and when it is asked to, and survives what goes wrong."""

from __future__ import annotations

import signal
import sqlite3
import time
from contextlib import closing

import pytest

from syncd.sandbox import Fault, FaultKind
from tests.acceptance.daemon.served import ROWS, schedule, serving
from tests.processors import over_within
from tests.sandbox_process import SandboxProcess
from tests.shop import Shop, row, wait_until, writes


def test_it_works_by_its_schedule_and_tells_its_service_manager(
    shop: Shop, sandbox: SandboxProcess
) -> None:
    schedule(shop, poll="1s")
    with serving(shop) as daemon:
        daemon.wait_for("READY=1")
        wait_until(lambda: len(sandbox.items()) == 12)
        daemon.wait_for("WATCHDOG=1")
        daemon.wait_for("STATUS=waiting, next poll at")
        run = daemon.stop()

    assert run.code == 143
    assert run.stdout == ""
    assert daemon.told("STOPPING=1")


def test_a_change_is_written_a_second_after_the_next_poll_at_most(
    shop: Shop, sandbox: SandboxProcess
) -> None:
    """By the first of some that is, each made just after a poll: the machine may be busy."""
    poll = 1.0
    schedule(shop, poll=f"{poll}s")
    with serving(shop, "-v") as daemon:
        wait_until(lambda: len(sandbox.items()) == 12)

        def seconds_until_written(count: int) -> float:
            daemon.wait_for_log("cycle.finished", times=len(daemon.logs("cycle.finished")) + 1)
            changed = time.monotonic()
            shop.stock([row(number) for number in range(count)])
            wait_until(lambda: len(sandbox.items()) == count)
            return time.monotonic() - changed

        assert any(seconds_until_written(count) < poll + 1.0 for count in range(13, 19))
        daemon.stop()


def test_it_is_quiet_where_nothing_happens(shop: Shop, sandbox: SandboxProcess) -> None:
    schedule(shop, poll="200ms")
    with serving(shop, "-v") as daemon:
        wait_until(lambda: len(sandbox.items()) == 12)
        daemon.wait_for_log("cycle.finished", times=3)
        lines = [one for one in daemon.logs("cycle.finished") if "create" not in one]
        daemon.stop()

    assert lines
    assert {one["level"] for one in lines} == {"debug"}


def test_a_signal_has_it_poll_at_once(shop: Shop, sandbox: SandboxProcess) -> None:
    schedule(shop)
    with serving(shop) as daemon:
        wait_until(lambda: len(sandbox.items()) == 12)
        daemon.wait_for("STATUS=waiting")
        shop.stock([*ROWS[:11], row(40)])
        daemon.send(signal.SIGUSR1)
        wait_until(lambda: "SKU-0040" in sandbox.items())
        daemon.stop()


def test_a_reload_takes_what_is_right_and_refuses_what_is_wrong(
    shop: Shop, sandbox: SandboxProcess
) -> None:
    schedule(shop)
    with serving(shop) as daemon:
        daemon.wait_for_log("cycle.finished")
        right = shop.configuration.read_text()
        shop.configuration.write_text(right + "\n[gards]\nmax_delete = 1\n")
        daemon.send(signal.SIGHUP)
        daemon.wait_for_log("daemon.not_reloaded")
        shop.configuration.write_text(right.replace('poll = "1h"', 'poll = "500ms"'))
        daemon.send(signal.SIGHUP)
        daemon.wait_for_log("daemon.reloaded")
        shop.stock([*ROWS, row(50)])
        wait_until(lambda: "SKU-0050" in sandbox.items())
        daemon.stop()

    assert "guards" in daemon.logs("daemon.not_reloaded")[0]["reason"]
    assert daemon.logs("daemon.reloaded")[0]["changed"] == ["schedule.poll: 3600 s → 0.5 s"]
    assert daemon.count("RELOADING=1") == 2


def test_a_catalog_that_goes_away_and_comes_back_costs_nothing(
    shop: Shop, sandbox: SandboxProcess
) -> None:
    schedule(shop, poll="1s")  # time to say what it waits for, however long a poll takes
    with serving(shop) as daemon:
        wait_until(lambda: len(sandbox.items()) == 12)
        away = shop.catalog.rename(shop.folder / "elsewhere.csv")
        daemon.wait_for_log("daemon.trouble")
        daemon.wait_for("catalog.csv")
        daemon.wait_for_log("cycle.finished", times=len(daemon.logs("cycle.finished")) + 2)
        away.rename(shop.catalog)
        daemon.wait_for_log("daemon.relieved")
        daemon.stop()

    assert len(daemon.logs("daemon.trouble")) == 1  # told once, not at every poll
    assert len(writes(sandbox)) == 12


def test_a_remote_that_fails_for_a_while_is_waited_out(shop: Shop, sandbox: SandboxProcess) -> None:
    schedule(shop, poll="300ms")
    sandbox.set_faults([Fault(kind=FaultKind.STATUS, status=503)])
    with serving(shop) as daemon:
        daemon.wait_for_log("daemon.trouble")
        sandbox.set_faults([])
        wait_until(lambda: len(sandbox.items()) == 12)
        daemon.wait_for_log("daemon.relieved")
        daemon.stop()


def test_a_state_that_somebody_has_locked_is_waited_for(
    shop: Shop, sandbox: SandboxProcess
) -> None:
    schedule(shop, poll="300ms")
    with serving(shop) as daemon:
        wait_until(lambda: len(sandbox.items()) == 12)
        daemon.wait_for("STATUS=waiting")
        with closing(sqlite3.connect(shop.state, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            shop.stock([*ROWS, row(60)])
            time.sleep(1)
        wait_until(lambda: "SKU-0060" in sandbox.items())
        daemon.stop()


def test_a_state_that_was_put_back_from_a_backup_is_opened_anew(
    shop: Shop, sandbox: SandboxProcess
) -> None:
    schedule(shop, poll="300ms")
    with serving(shop) as daemon:
        wait_until(lambda: len(sandbox.items()) == 12)
        daemon.wait_for("STATUS=waiting")
        with closing(sqlite3.connect(shop.state)) as state:
            state.execute(f"VACUUM INTO '{shop.folder / 'backup.db'}'")
        (shop.folder / "backup.db").replace(shop.state)
        for ending in ("-wal", "-shm"):
            shop.state.with_name(shop.state.name + ending).unlink(missing_ok=True)
        daemon.wait_for_log("daemon.trouble")
        shop.stock([*ROWS, row(61)])
        wait_until(lambda: "SKU-0061" in sandbox.items())
        daemon.wait_for_log("daemon.relieved")
        daemon.stop()


def test_a_probe_finds_a_key_that_was_revoked_while_nothing_else_goes_on(
    shop: Shop, sandbox: SandboxProcess
) -> None:
    schedule(shop, probe="300ms")
    with serving(shop) as daemon:
        wait_until(lambda: len(sandbox.items()) == 12)
        sandbox.set_faults([Fault(kind=FaultKind.STATUS, status=401)])
        daemon.wait_for("key")
        sandbox.set_faults([])
        daemon.stop()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_in_the_middle_settles_what_is_in_flight_within_ten_seconds(
    shop: Shop, sandbox: SandboxProcess, number: signal.Signals
) -> None:
    shop.stock([row(number) for number in range(2000)])
    schedule(shop)
    sandbox.set_faults([Fault(kind=FaultKind.SLOW, seconds=0.2)])
    with serving(shop) as daemon:
        wait_until(lambda: len(sandbox.items()) > 50)
        with over_within(10, daemon.process.pid):
            daemon.send(number)
            code = daemon.process.wait(60)
    sandbox.set_faults([])
    made = set(sandbox.items())
    states = shop.run("status", "--format", "json").json()["states"]
    counts = {one["state"]: one["count"] for one in states}

    assert code == 128 + number
    assert 50 < len(made) < 2000
    assert counts.get("in_flight", 0) == 0
    assert counts["in_sync"] == len(made)
