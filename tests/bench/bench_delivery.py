"""How fast creates leave under a key's rate, and whether they ever leave too fast.

Each rate is tried with answers that come soon, late and very late, all of them with jitter. A
sandbox that is kept from running for 25 ms sees what came meanwhile as a bunch.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog
from pydantic import SecretStr

from syncd.config import DigitalRiverSettings
from syncd.digital_river.client import DigitalRiver
from syncd.digital_river.pacer import FilePacer
from syncd.domain.attributes import Attribute, AttributeChange, ItemId
from syncd.domain.change import Action, Change
from syncd.domain.delivery import Accepted, Exists
from tests.bench.conftest import Measure, Tell
from tests.bench.figure import Beside, Figure, at_least, at_most
from tests.fakes.clocks import WallClock
from tests.sandbox_process import SandboxProcess, sandbox_process
from tests.unit.digital_river.virtual_time import most_within

SECONDS = 12
"""How long each is measured: as many creates are made as the rate allows in this time."""


class NotedPacer(FilePacer):
    """Notes when each request leaves."""

    moments: list[float]

    async def depart(self) -> float:
        pause = await super().depart()
        if not pause:
            self.moments.append(time.monotonic())
        return pause


@dataclass(frozen=True, slots=True)
class Flow:
    """A rate in requests a second, and after how many seconds the answers come."""

    rate: int
    latency: float

    @property
    def creates(self) -> int:
        return self.rate * SECONDS


@dataclass(frozen=True, slots=True)
class Departures:
    """What left, and what the sandbox saw of it."""

    departures_per_second: float
    most_departures_in_one_second: int
    most_arrivals_in_one_second: int
    too_many_requests: int
    client_cpu_seconds: float


@pytest.mark.timeout(300)
@pytest.mark.parametrize("latency", [0.02, 0.1, 0.3])
@pytest.mark.parametrize("rate", [25, 250])
def test_creates_leave_at_the_rate_of_the_key_and_never_above(
    measure: Measure, tmp_path: Path, tell: Tell, rate: int, latency: float
) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    flow = Flow(rate, latency)
    answers = (f"--latency={latency}", f"--jitter={latency / 4}")
    with sandbox_process(*answers, f"--rate={rate}") as sandbox:
        seen = measure(_deliver, sandbox, tmp_path / "pacer", flow)

    name = f"{rate}/s, answers after {latency * 1000:.0f} ms"
    allowed = Beside("allowed", rate)
    tell(Figure(name, seen.departures_per_second, "/s", at_least(0.95), allowed))
    most = seen.most_departures_in_one_second
    tell(Figure(f"{name}: most in a second", most, "departures", at_most(1.0), allowed))
    tell(Figure(f"{name}: answered 429", seen.too_many_requests, "requests", at_most(0)))
    tell(Figure(f"{name}: processor", seen.client_cpu_seconds / flow.creates * 1000, "ms each"))


def _deliver(sandbox: SandboxProcess, ledger: Path, flow: Flow) -> Departures:
    began = time.process_time()
    moments = asyncio.run(_create_all(sandbox.url, ledger, flow))
    used = time.process_time() - began
    statistics = sandbox.statistics()
    return Departures(
        departures_per_second=(len(moments) - 1) / (moments[-1] - moments[0]),
        most_departures_in_one_second=most_within(1.0, moments),
        most_arrivals_in_one_second=statistics["most_in_one_second"],
        too_many_requests=statistics["by_status"].get("429", 0),
        client_cpu_seconds=used,
    )


async def _create_all(url: str, ledger: Path, flow: Flow) -> list[float]:
    clock = WallClock()
    settings = DigitalRiverSettings(
        base_url=url, api_key=SecretStr("sk_test_bench"), requests_per_second=flow.rate
    )
    pacer = NotedPacer(ledger, settings.rate, clock)
    pacer.moments = []
    remote = DigitalRiver(settings, pacer, clock, "bench")
    in_flight = asyncio.Semaphore(settings.max_in_flight)

    async def create(change: Change) -> None:
        async with in_flight:
            while not isinstance(await remote.carry_out(change), Accepted | Exists):
                pass  # a 429: the client waits by itself

    async with asyncio.TaskGroup() as group:
        for number in range(flow.creates):
            group.create_task(create(new_item(number)))
    assert remote.requests == len(pacer.moments)
    await remote.aclose()
    return pacer.moments


def new_item(number: int) -> Change:
    """A create as a catalog row leads to it."""
    values = {
        Attribute.PART_NUMBER: f"PART-{number}",
        Attribute.MANUFACTURER_ID: "acme",
        Attribute.COUNTRY_OF_ORIGIN: "DK",
        Attribute.ECCN: "EAR99",
        Attribute.HS_CODE: "6404.20",
    }
    wishes = {name: AttributeChange(None, value) for name, value in values.items()}
    return Change(ItemId(f"sku-{number}"), Action.CREATE, 1, wishes)
