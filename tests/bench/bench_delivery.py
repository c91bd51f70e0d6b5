"""How fast creates leave under a key's rate, and whether they ever leave too fast.

Run by name: `pytest tests/bench/bench_delivery.py -s`, on a machine that has nothing else to do: a
sandbox that is kept from running for 25 ms sees what came meanwhile as a bunch.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from pydantic import SecretStr

from syncd.config import DigitalRiverSettings
from syncd.digital_river.client import DigitalRiver
from syncd.digital_river.pacer import FilePacer
from syncd.domain.attributes import Attribute, AttributeChange, ItemId
from syncd.domain.change import Action, Change
from syncd.domain.delivery import Accepted, Exists
from tests.fakes.clocks import WallClock
from tests.sandbox_process import SandboxProcess, sandbox_process
from tests.unit.digital_river.virtual_time import most_within

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

CREATES = 3000
RATE = 250
LATENCY_SECONDS = 0.06


class NotedPacer(FilePacer):
    """Notes when each request leaves."""

    moments: list[float]

    async def depart(self) -> float:
        pause = await super().depart()
        if not pause:
            self.moments.append(time.monotonic())
        return pause


@dataclass(frozen=True)
class Figures:
    """What left, and what the sandbox saw of it."""

    departures_per_second: float
    most_departures_in_one_second: int
    most_arrivals_in_one_second: int
    too_many_requests: int
    client_cpu_seconds: float

    @property
    def share_of_rate(self) -> float:
        return self.departures_per_second / RATE


def test_creates_leave_at_the_rate_of_the_key_and_never_above(
    benchmark: BenchmarkFixture, tmp_path: Path
) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with sandbox_process(f"--latency={LATENCY_SECONDS}", f"--rate={RATE}") as sandbox:
        figures = benchmark.pedantic(  # type: ignore[no-untyped-call]  # it carries no types
            _deliver, args=(sandbox, tmp_path / "pacer"), rounds=1
        )
    benchmark.extra_info.update(vars(figures), share_of_rate=figures.share_of_rate)
    print(f"\n{figures}, {figures.share_of_rate:.1%} of the rate")  # noqa: T201
    assert figures.most_departures_in_one_second <= RATE


def _deliver(sandbox: SandboxProcess, ledger: Path) -> Figures:
    began = time.process_time()
    moments = asyncio.run(_create_all(sandbox.url, ledger))
    used = time.process_time() - began
    statistics = sandbox.statistics()
    return Figures(
        departures_per_second=(len(moments) - 1) / (moments[-1] - moments[0]),
        most_departures_in_one_second=most_within(1.0, moments),
        most_arrivals_in_one_second=statistics["most_in_one_second"],
        too_many_requests=statistics["by_status"].get("429", 0),
        client_cpu_seconds=used,
    )


async def _create_all(url: str, ledger: Path) -> list[float]:
    clock = WallClock()
    settings = DigitalRiverSettings(base_url=url, api_key=SecretStr("sk_bench"))
    pacer = NotedPacer(ledger, settings.rate, clock)
    pacer.moments = []
    remote = DigitalRiver(settings, pacer, clock, "bench")
    in_flight = asyncio.Semaphore(settings.max_in_flight)

    async def create(change: Change) -> None:
        async with in_flight:
            while not isinstance(await remote.carry_out(change), Accepted | Exists):
                pass  # a 429: the client waits by itself

    async with asyncio.TaskGroup() as group:
        for number in range(CREATES):
            group.create_task(create(_change(number)))
    assert remote.requests == len(pacer.moments)
    await remote.aclose()
    return pacer.moments


def _change(number: int) -> Change:
    values = {
        Attribute.PART_NUMBER: f"PART-{number}",
        Attribute.MANUFACTURER_ID: "acme",
        Attribute.COUNTRY_OF_ORIGIN: "DK",
        Attribute.ECCN: "EAR99",
        Attribute.HS_CODE: "6404.20",
    }
    wishes = {name: AttributeChange(None, value) for name, value in values.items()}
    return Change(ItemId(f"sku-{number}"), Action.CREATE, 1, wishes)
