"""How many requests leave where no rate holds them back, and how many where answers do.

Beside creates without a limit stands a bare loop: the same bodies over the same HTTP client, with
as many in flight, and nothing else. Beside a key that is paused at random stands what it allowed:
its rate in all the time that no pause asked for; a rate that a busy machine reaches as well, so
that it is the pauses which are measured.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any, Final

import httpx
import orjson
import pytest
import structlog
from pydantic import SecretStr

from syncd.config import DigitalRiverSettings
from syncd.digital_river.client import DigitalRiver
from syncd.digital_river.pacer import FilePacer
from syncd.digital_river.transport import SpreadingTransport
from syncd.domain.delivery import Accepted, Exists
from syncd.sandbox import Fault, FaultKind
from tests.bench.bench_delivery import new_item
from tests.bench.conftest import Measure, Tell
from tests.bench.figure import Beside, Figure, at_least
from tests.fakes.clocks import WallClock
from tests.sandbox_process import SandboxProcess, sandbox_process

TURNS: Final = 5
CREATES: Final = 1_000
IN_FLIGHT: Final = 32
NO_LIMIT: Final = 100_000.0
RATE: Final = 100
SECONDS: Final = 20
PAUSE: Final = 1
PAUSED_ONE_IN: Final = 240
_KEY: Final = "sk_test_bench"


@pytest.mark.timeout(300)
def test_without_a_limit_it_keeps_up_with_a_bare_loop(
    measure: Measure, tmp_path: Path, tell: Tell
) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with sandbox_process("--rate=0") as sandbox:
        ours, bare = measure(_side_by_side, sandbox, tmp_path / "pacer")

    beside = Beside("a bare loop over the same client", bare)
    tell(Figure("no limit, sandbox on the same machine", ours, "/s", at_least(0.8), beside))


@pytest.mark.timeout(300)
def test_a_key_that_is_paused_at_random_is_used_in_between(
    measure: Measure, tmp_path: Path, tell: Tell
) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    storm = Fault(
        kind=FaultKind.STATUS, status=429, retry_after=PAUSE, probability=1 / PAUSED_ONE_IN
    )
    with sandbox_process("--latency=0.02", "--jitter=0.005", f"--rate={RATE}") as sandbox:
        sandbox.set_faults([storm])
        measure(created_in_a_second, sandbox.url, tmp_path / "pacer", RATE, RATE * SECONDS)
        requests = sandbox.requests()

    done, allowed = _rates(requests)
    told = Beside("allowed", allowed)
    name = f"{RATE}/s, 429 with Retry-After at random"
    tell(Figure(name, done, "/s", at_least(0.9), told))
    assert any(one["status"] == httpx.codes.TOO_MANY_REQUESTS for one in requests)


def _rates(requests: Sequence[dict[str, Any]]) -> tuple[float, float]:
    """Give what was carried out in a second, and what the key would have allowed in one."""
    arrived = sorted(one["arrived"] for one in requests)
    whole, refused = arrived[-1] - arrived[0], 0.0
    until = arrived[0]
    for one in sorted(requests, key=lambda one: float(one["arrived"])):
        if one["status"] == httpx.codes.TOO_MANY_REQUESTS and one["arrived"] >= until:
            until = one["arrived"] + PAUSE
            refused += min(PAUSE, arrived[-1] - one["arrived"])
    done = sum(one["status"] != httpx.codes.TOO_MANY_REQUESTS for one in requests)
    return done / whole, RATE * (whole - refused) / whole


def _side_by_side(sandbox: SandboxProcess, ledger: Path) -> tuple[float, float]:
    """Let both create in turn; gives the median rate of each."""
    ours, bare = [], []
    for _ in range(TURNS):
        sandbox.reset()
        bare.append(_bare(sandbox.url))
        sandbox.reset()
        ours.append(created_in_a_second(sandbox.url, ledger, NO_LIMIT, CREATES))
    return median(ours), median(bare)


def created_in_a_second(url: str, ledger: Path, rate: float, creates: int) -> float:
    """Create so many items by syncd's client, at this rate at most."""
    return asyncio.run(_created_at(url, ledger, rate, creates))


async def _created_at(url: str, ledger: Path, rate: float, creates: int) -> float:
    """Create by syncd's client, until all are there; gives how many in a second."""
    clock = WallClock()
    settings = DigitalRiverSettings(base_url=url, api_key=SecretStr(_KEY), requests_per_second=rate)
    remote = DigitalRiver(settings, FilePacer(ledger, rate, clock), clock, "bench")

    async def create(number: int) -> None:
        while not isinstance(await remote.carry_out(new_item(number)), Accepted | Exists):
            pass  # a 429: the client waits by itself

    try:
        return await _rate_of(create, creates)
    finally:
        await remote.aclose()


def _bare(url: str) -> float:
    return asyncio.run(_created_bare(url))


async def _created_bare(url: str) -> float:
    transport, keys = SpreadingTransport(IN_FLIGHT), {"Authorization": f"Bearer {_KEY}"}
    async with httpx.AsyncClient(base_url=url, headers=keys, transport=transport) as client:

        async def create(number: int) -> None:
            body = orjson.dumps(_body(number))
            answer = await client.post("/inventory-items", content=body, headers=_JSON)
            orjson.loads(answer.raise_for_status().content)

        return await _rate_of(create, CREATES)


_JSON: Final = {"Content-Type": "application/json", "DigitalRiver-Version": "2021-12-13"}


def _body(number: int) -> dict[str, object]:
    change = new_item(number)
    return {"id": change.id} | {name.value: one.desired for name, one in change.attributes.items()}


async def _rate_of(create: Callable[[int], Awaitable[None]], count: int) -> float:
    """Keep so many in flight until all are created; gives how many a second."""
    numbers = iter(range(count))

    async def work() -> None:
        for number in numbers:
            await create(number)

    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(IN_FLIGHT):
            group.create_task(work())
    return count / (time.perf_counter() - began)
