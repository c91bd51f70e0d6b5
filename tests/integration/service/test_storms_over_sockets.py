"""Storms with nothing faked, counted on the remote's own log: one probe a rest, and no more."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from syncd.config import load
from syncd.domain.change import Action
from syncd.domain.cycle import CycleResult, Mode
from syncd.engine.breaker import FAILURES_TO_OPEN
from syncd.engine.standing import exit_code
from syncd.errors import ExitCode
from syncd.sandbox import Fault, FaultKind, SandboxSettings, running_sandbox
from syncd.service.cycle import new_cycle_id, run_cycle
from syncd.service.terms import CycleRequest
from syncd.wiring import wired
from tests.integration.service.test_sandbox import CONFIGURATION, Counter, row

GUARDS = "max_delete = 1.0\nmax_update = 1.0\nmax_same_change = 1.0\nmax_shrink = 1.0\n"
IN_FLIGHT = 16
APART = 0.4
"""Seconds that lie between two probes at least."""
OUTAGE = Fault(kind=FaultKind.STATUS, status=503)


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    with running_sandbox(SandboxSettings(rate_limit=0)) as sandbox:
        text = CONFIGURATION.format(url=sandbox.url)
        in_flight = f'timeout = "5s"\nmax_in_flight = {IN_FLIGHT}'
        (tmp_path / "config.toml").write_text(text.replace('timeout = "5s"', in_flight) + GUARDS)
        yield Counter(tmp_path, sandbox.store)


async def run(counter: Counter, seconds: float) -> CycleResult:
    """One cycle that waits so long for back-offs and probes."""
    with wired(load(counter.folder / "config.toml")) as shop:
        name = new_cycle_id(datetime.now(UTC))
        asked = CycleRequest(name, Mode.ONCE, "the test", wait=timedelta(seconds=seconds))
        try:
            return await run_cycle(shop.ports, shop.terms, asked)
        finally:
            await shop.remote.aclose()


def not_alone(moments: Sequence[float]) -> int:
    """How many there are up to the last one with another close by; a busy machine may split those.

    All that come after it came one at a time.
    """
    close = [n for n, (one, next_) in enumerate(pairwise(moments)) if next_ - one < APART]
    return close[-1] + 2 if close else 0


async def test_an_outage_of_everything_is_asked_by_one_request_at_a_time(counter: Counter) -> None:
    counter.stock([row(number) for number in range(300)])
    assert exit_code(await counter.run()) is ExitCode.OK
    counter.account.clear_requests()
    counter.stock([row(number, origin="SE") for number in range(300)])
    counter.account.set_faults([OUTAGE])

    result = await run(counter, 4)

    requests = counter.account.requests()
    assert exit_code(result) is ExitCode.FAILED
    assert result.writes_due == 300
    at_once = not_alone([one.arrived for one in requests])
    assert FAILURES_TO_OPEN <= at_once <= FAILURES_TO_OPEN + IN_FLIGHT
    assert 1 <= len(requests) - at_once <= 4


async def test_an_outage_of_creates_alone_lets_deletes_and_updates_through(
    counter: Counter,
) -> None:
    counter.stock([row(number) for number in range(60)])
    assert exit_code(await counter.run()) is ExitCode.OK
    counter.account.clear_requests()
    changed = [row(number, origin="SE") for number in range(30)]
    counter.stock([*changed, *(row(number) for number in range(100, 400))])
    no_creates = Fault(kind=FaultKind.STATUS, status=503, method="POST", path="/inventory-items")
    counter.account.set_faults([no_creates])

    result = await run(counter, 4)

    done = {(one.change.action, one.outcome.value) for one in result.changes}
    assert done == {
        (Action.CREATE, "failed"), (Action.UPDATE, "done"), (Action.DELETE, "done"),
    }  # fmt: skip
    creates = [one for one in counter.account.requests() if one.path == "/inventory-items"]
    creates = [one for one in creates if one.method == "POST"]
    assert FAILURES_TO_OPEN <= len(creates) <= FAILURES_TO_OPEN + IN_FLIGHT + 12
    assert len(counter.account.items()) == 30


async def test_three_failures_in_ten_are_no_outage(counter: Counter) -> None:
    counter.stock([row(number) for number in range(300)])
    counter.account.set_faults(
        [Fault(kind=FaultKind.STATUS, status=500, method="POST", probability=0.3)]
    )

    await run(counter, 0)

    assert 180 <= len(counter.account.items()) <= 240
    assert len(counter.writes()) == 300


async def test_an_outage_that_ends_within_the_wait_leaves_nothing_due(counter: Counter) -> None:
    counter.stock([row(number) for number in range(120)])
    counter.account.set_faults([Fault(kind=FaultKind.STATUS, status=503, method="POST")])

    running = asyncio.create_task(run(counter, 60))
    await asyncio.sleep(1.5)
    counter.account.set_faults([])
    result = await running

    assert exit_code(result) is ExitCode.OK
    assert len(counter.account.items()) == 120
