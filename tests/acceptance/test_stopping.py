"""Stopped at any instant, the next run goes on: nothing is invented and no item is made twice."""

from __future__ import annotations

import signal
from collections import Counter

import pytest

from syncd.sandbox import Fault, FaultKind
from tests.processors import over_within
from tests.sandbox_process import SandboxProcess
from tests.shop import Shop, ended, row, running, wait_until

ROWS = 150
SLOW = Fault(kind=FaultKind.SLOW, seconds=0.4, method="POST")
MINUTES_OF_ROWS = 5_000

KEPT_BACK = {"unanswered", "not_begun", "not_sent"}


@pytest.fixture
def busy_shop(shop: Shop, sandbox: SandboxProcess) -> Shop:
    """A shop whose first cycle takes some seconds."""
    shop.configure()
    text = shop.configuration.read_text()
    quick = 'timeout = "2s"\nmax_in_flight = 8'
    shop.configuration.write_text(text.replace('timeout = "5s"', quick))
    shop.stock([row(number) for number in range(ROWS)])
    sandbox.set_faults([SLOW])
    return shop


def creates_by_id(sandbox: SandboxProcess) -> Counter[str]:
    return Counter(
        request["body"].partition('"id":"')[2].partition('"')[0]
        for request in sandbox.requests()
        if request["method"] == "POST" and request["carriedOut"]
    )


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_the_run_after_what_is_in_flight_was_settled(
    busy_shop: Shop, sandbox: SandboxProcess, sent: signal.Signals, code: int
) -> None:
    with running(busy_shop.start("--once", "--format", "json")) as process:
        wait_until(lambda: len(sandbox.items()) > 10)
        process.send_signal(sent)
        run = ended(process)

    assert run.code == code
    assert f"exit {code}: stopped by {sent.name}" in run.stderr.splitlines()[-1]
    status = busy_shop.run("status", "--format", "json").json()
    states = {entry["state"]: entry["count"] for entry in status["states"]}
    assert states["in_flight"] == 0
    assert states["in_sync"] == len(sandbox.items()) < ROWS

    sandbox.set_faults([])
    assert busy_shop.run("--once").code == 0
    assert len(sandbox.items()) == ROWS
    assert set(creates_by_id(sandbox).values()) == {1}


def test_a_signal_is_heeded_soon_however_slow_the_answers_are(
    shop: Shop, sandbox: SandboxProcess
) -> None:
    shop.configure()
    shop.configuration.write_text(shop.configuration.read_text().replace('"5s"', '"40s"'))
    shop.stock([row(number) for number in range(3)])
    sandbox.set_faults([Fault(kind=FaultKind.SLOW, seconds=30, method="POST")])

    with running(shop.start("--once", "--format", "json")) as process:
        wait_until(lambda: any(one["method"] == "POST" for one in sandbox.requests()))
        with over_within(12, process.pid):  # six for the answers, the rest for a busy machine
            process.send_signal(signal.SIGTERM)
            run = ended(process)

    assert run.code == 143
    assert {one["failure"]["code"] for one in run.json()["changes"]} <= KEPT_BACK
    status = shop.run("status", "--format", "json").json()
    states = {entry["state"]: entry["count"] for entry in status["states"]}
    assert states["in_flight"] >= 1


def test_after_kill_9_the_next_run_goes_on_and_makes_no_item_twice(
    busy_shop: Shop, sandbox: SandboxProcess
) -> None:
    for made in (10, 40):
        with running(busy_shop.start("--once")) as process:
            wait_until(lambda made=made: len(sandbox.items()) > made)  # type: ignore[misc]  # bound now
            process.kill()
            process.wait()

    sandbox.set_faults([])
    run = busy_shop.run("--once")

    assert run.code == 0, run.stderr
    assert len(sandbox.items()) == ROWS
    assert set(creates_by_id(sandbox).values()) == {1}
    sandbox.clear_requests()
    assert busy_shop.run("--once").code == 0
    assert sandbox.requests() == []


def test_a_signal_while_nothing_is_in_flight_leaves_no_traceback(
    shop: Shop, sandbox: SandboxProcess
) -> None:
    sandbox.set_faults([Fault(kind=FaultKind.STATUS, status=503)])

    with running(shop.start("--once", "--wait", "5m")) as process:
        wait_until(lambda: sandbox.statistics()["requests"] > 0)
        process.send_signal(signal.SIGTERM)
        run = ended(process)

    assert run.code == 143


def test_whoever_only_looks_does_not_wait_for_a_cycle_that_runs(
    busy_shop: Shop, sandbox: SandboxProcess
) -> None:
    busy_shop.stock([row(number) for number in range(MINUTES_OF_ROWS)])
    with running(busy_shop.start("--once")) as process:
        wait_until(lambda: len(sandbox.items()) > 0)
        assert busy_shop.run("status").code == 0
        assert busy_shop.run("--dry-run").code == 0
        process.send_signal(signal.SIGTERM)
        assert ended(process).code == 143


def test_a_signal_in_the_middle_of_a_pause_ends_it_and_nothing_is_sent_after_it(
    shop: Shop, sandbox: SandboxProcess
) -> None:
    shop.configure()
    shop.stock([row(number) for number in range(ROWS)])
    storm = Fault(kind=FaultKind.STATUS, status=429, retry_after=40, method="POST", nth=5)
    sandbox.set_faults([storm])

    with running(shop.start("--once")) as process:
        wait_until(lambda: any(one["status"] == 429 for one in sandbox.requests()))
        with over_within(20, process.pid):
            process.send_signal(signal.SIGTERM)
            before = len(sandbox.requests())
            run = ended(process)

    assert run.code == 143
    assert len(sandbox.requests()) <= before + 8  # what was in flight
