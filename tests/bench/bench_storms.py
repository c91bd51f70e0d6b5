"""What storms cost: how much failing items slow the healthy ones, and what an outage sends.

The figures are counts of requests, so that a slow machine shows the same.
"""

from __future__ import annotations

import asyncio
import csv
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
import structlog

from syncd.config import load
from syncd.domain.cycle import CycleResult, Mode
from syncd.sandbox import Fault, FaultKind
from syncd.service.cycle import new_cycle_id, run_cycle
from syncd.service.terms import CycleRequest
from syncd.wiring import wired
from tests.bench.conftest import Tell
from tests.bench.figure import Beside, Figure, at_most
from tests.sandbox_process import SandboxProcess, sandbox_process

ITEMS: Final = 1000
RATE: Final = 250
LATENCY: Final = 0.05
MOST_SLOWER: Final = 1.1
SHARE_OF_THE_GOAL: Final = 0.01
ITEMS_PATH: Final = "/inventory-items/"
POISON: Final = "POISON-"
CONFIGURATION: Final = """\
[catalog]
type = "file"
path = "catalog.csv"
[catalog.mapping]
id = "sku"
part_number = "mpn"
country_of_origin = "origin"
[digital_river]
base_url = "{url}"
api_key = "sk_test_bench"
requests_per_second = {rate}
[state]
url = "sqlite:///state.db"
[guards]
max_update = 1.0
max_same_change = 1.0
"""


@dataclass(frozen=True)
class Figures:
    """Up to the last answer about a healthy item: how many requests, and the time they took.

    The time tells little on a machine that has anything else to do.
    """

    before_last: int
    seconds: float


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxProcess]:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with sandbox_process(f"--latency={LATENCY}", "--rate=0") as process:
        yield process


@pytest.mark.parametrize("status", [400, 500])
@pytest.mark.parametrize("share", [0.01, 0.05])
def test_items_that_always_fail_slow_the_healthy_ones_by_a_tenth_at_most(
    sandbox: SandboxProcess, tmp_path: Path, status: int, share: float, tell: Tell
) -> None:
    ids = [_id(number, share) for number in range(ITEMS)]
    poison = Fault(
        kind=FaultKind.STATUS, status=status, method="POST", path=f"{ITEMS_PATH}{POISON}*"
    )
    nothing = replace(poison, path="/nothing")
    calm = _updated(sandbox, tmp_path / "calm", ids, nothing)
    stormy = _updated(sandbox, tmp_path / "stormy", ids, poison)
    healthy = sum(POISON not in one for one in ids)
    name = f"{share:.0%} of {ITEMS:,} items answered {status}"
    goal = at_most(MOST_SLOWER) if share <= SHARE_OF_THE_GOAL else None
    beside = Beside("healthy items", healthy)
    tell(Figure(f"{name}: sent until these are done", stormy.before_last, "", goal, beside))
    calmly = Beside("without a failing item", calm.seconds)
    tell(Figure(f"{name}: time until these are done", stormy.seconds, "s", None, calmly))


def test_an_outage_is_probed_and_not_hammered(
    sandbox: SandboxProcess, tmp_path: Path, tell: Tell
) -> None:
    ids = [_id(number, 0) for number in range(ITEMS)]
    shop = _prepared(sandbox, tmp_path / "outage", ids)
    sandbox.set_faults([Fault(kind=FaultKind.STATUS, status=503)])
    requests = _run(sandbox, shop, timedelta(seconds=20))
    later = [one for one in requests if one["arrived"] > requests[0]["arrived"] + 3]
    name = f"an outage with {ITEMS:,} items to update"
    tell(Figure(f"{name}: sent in 20 s", len(requests), "requests", at_most(ITEMS / 5)))
    tell(Figure(f"{name}: after the first three seconds", len(later), "requests"))


def _id(number: int, share: float) -> str:
    """Failing ids stand side by side, as they do in a catalog."""
    return f"{POISON}{number:05}" if number < ITEMS * share else f"SKU-{number:05}"


def _updated(sandbox: SandboxProcess, folder: Path, ids: Sequence[str], fault: Fault) -> Figures:
    """Update everything, with this fault."""
    shop = _prepared(sandbox, folder, ids)
    sandbox.set_faults([fault])
    requests = _run(sandbox, shop, timedelta())
    healthy = [place for place, one in enumerate(requests) if POISON not in one["path"]]
    assert len(healthy) == sum(POISON not in one for one in ids)
    end = max(requests[place]["finished"] for place in healthy)
    return Figures(healthy[-1] + 1, float(end - requests[0]["arrived"]))


def _prepared(sandbox: SandboxProcess, folder: Path, ids: Sequence[str]) -> Path:
    """A shop whose items all exist and are all to be updated."""
    folder.mkdir()
    (folder / "config.toml").write_text(CONFIGURATION.format(url=sandbox.url, rate=RATE))
    sandbox.reset()
    items = [{"id": one, "partNumber": one, "countryOfOrigin": "DK"} for one in ids]
    sandbox.seed_items(items)
    _stock(folder, ids, "DK")
    _run(sandbox, folder, timedelta())
    _stock(folder, ids, "SE")
    return folder


def _stock(folder: Path, ids: Sequence[str], origin: str) -> None:
    with (folder / "catalog.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("sku", "mpn", "origin"), *((one, one, origin) for one in ids)])


def _run(sandbox: SandboxProcess, folder: Path, wait: timedelta) -> list[dict[str, Any]]:
    sandbox.clear_requests()
    asyncio.run(_cycle(folder, wait))
    return sandbox.requests()


async def _cycle(folder: Path, wait: timedelta) -> CycleResult:
    with wired(load(folder / "config.toml")) as shop:
        asked = CycleRequest(new_cycle_id(datetime.now(UTC)), Mode.ONCE, "the bench", wait=wait)
        try:
            return await run_cycle(shop.ports, shop.terms, asked)
        finally:
            await shop.remote.aclose()
