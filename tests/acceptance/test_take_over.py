"""A process that was stopped and goes on later writes nothing, sends nothing, and says why."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from functools import partial
from typing import Any, TypeAlias
from urllib.parse import parse_qs

import psutil
import pytest

from syncd.sandbox import Fault, FaultKind
from tests.acceptance import quick_lease
from tests.acceptance.test_stopping import creates_by_id
from tests.sandbox_process import SandboxProcess
from tests.shop import Shop, ended, row, running, wait_until

Start: TypeAlias = Callable[[], "subprocess.Popen[bytes]"]

ROWS = 40
TERM = 3.0
IN_FLIGHT = 4
"""So many may have had their leave, and not left yet, when a signal stopped the process."""
SLOW = Fault(kind=FaultKind.SLOW, seconds=0.3, method="POST")


@pytest.fixture
def busy_shop(shop: Shop, sandbox: SandboxProcess) -> Shop:
    """A shop whose first cycle takes some seconds."""
    text = shop.configuration.read_text()
    quick = f'timeout = "1s"\nmax_in_flight = {IN_FLIGHT}'
    shop.configuration.write_text(text.replace('timeout = "5s"', quick))
    shop.stock([row(number) for number in range(ROWS)])
    sandbox.set_faults([SLOW])
    return shop


@pytest.fixture
def start(busy_shop: Shop) -> Start:
    """Begin a cycle under a lease that lasts `TERM` seconds."""
    return partial(quick_lease.start, busy_shop.folder, TERM)


def tables(shop: Shop) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    with closing(sqlite3.connect(shop.state)) as database:
        names = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return {
            name: sorted(database.execute(f'SELECT * FROM "{name}"'), key=repr)  # noqa: S608 - the table's own name
            for (name,) in names
        }


def in_flight(shop: Shop) -> set[str]:
    """The ids whose request was begun and has no outcome yet."""
    with closing(sqlite3.connect(shop.state)) as database:
        query = "SELECT id FROM sku WHERE delivery = 'in_flight'"
        return {id_ for (id_,) in database.execute(query)}


def is_stopped_in_flight(process: subprocess.Popen[bytes], shop: Shop) -> bool:
    """Stop it, and let it go on at once where it has nothing in flight just then."""
    process.send_signal(signal.SIGSTOP)
    wait_until(lambda: psutil.Process(process.pid).status() == psutil.STATUS_STOPPED)
    is_so = bool(in_flight(shop))
    if not is_so:
        process.send_signal(signal.SIGCONT)
    return is_so


def looked_up(requests: Iterable[dict[str, Any]]) -> set[str]:
    """The ids that these have asked for."""
    queries = (parse_qs(one["query"]) for one in requests if one["method"] == "GET")
    return {id_ for query in queries for id_ in query.get("ids", ())}


def test_a_process_that_was_stopped_for_longer_than_its_lease_is_replaced_and_shut_out(
    busy_shop: Shop, sandbox: SandboxProcess, start: Start
) -> None:
    with running(start()) as stopped:
        wait_until(lambda: len(sandbox.items()) > 10)
        wait_until(lambda: is_stopped_in_flight(stopped, busy_shop))
        in_doubt, seen = in_flight(busy_shop), len(sandbox.requests())
        sandbox.set_faults([])
        with running(start()) as heir:
            heirs_run = ended(heir)
        asked = looked_up(sandbox.requests()[seen:])
        before, sent = tables(busy_shop), len(sandbox.requests())

        stopped.send_signal(signal.SIGCONT)
        run = ended(stopped)

    assert heirs_run.code == 0, heirs_run.stderr
    assert "lease.taken_over" in heirs_run.stderr
    assert set() < in_doubt <= asked
    assert run.code == 1
    assert "has taken it over" in run.stderr
    assert tables(busy_shop) == before
    assert len(sandbox.requests()) <= sent + IN_FLIGHT
    assert sandbox.items().keys() == {row(number)["sku"] for number in range(ROWS)}
    assert set(creates_by_id(sandbox).values()) == {1}


def test_a_process_that_slept_longer_than_its_lease_starts_no_request(
    busy_shop: Shop, sandbox: SandboxProcess, start: Start
) -> None:
    with running(start()) as slept:
        wait_until(lambda: len(sandbox.items()) > 10)
        slept.send_signal(signal.SIGSTOP)
        time.sleep(TERM + 0.5)
        sent = len(sandbox.requests())
        slept.send_signal(signal.SIGCONT)
        run = ended(slept)

    assert run.code == 1
    assert "this process stood still for" in run.stderr
    assert len(sandbox.requests()) <= sent + IN_FLIGHT

    sandbox.set_faults([])
    assert busy_shop.run("--once").code == 0
    assert set(creates_by_id(sandbox).values()) == {1}
    assert len(sandbox.items()) == ROWS
