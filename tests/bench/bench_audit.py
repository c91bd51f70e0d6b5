"""How long an audit of 100,000 items takes beside the fewest requests it could be done with."""

from __future__ import annotations

import asyncio
import json
import logging
import resource
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import structlog

from syncd.cli.app import search_seldom
from syncd.config import Settings, account_digest
from syncd.domain.attributes import Attribute, Attributes, ItemId
from syncd.domain.audit import Audit
from syncd.domain.cycle import CycleId, Mode
from syncd.domain.tracking import Ownership, Tracked
from syncd.service.account import ACCOUNT
from syncd.service.audit import Auditing
from syncd.service.terms import CycleRequest
from syncd.state import open_state
from syncd.wiring import Wired, wired
from tests.bench.conftest import Measure, Tell
from tests.bench.figure import Beside, Figure, at_most
from tests.bench.memory import peak_megabytes
from tests.sandbox_process import SandboxProcess, sandbox_process

ITEMS = 100_000
RATE = 250
LATENCY_SECONDS = 0.05
CREATED_A_SECOND = 200
BEGINNING = datetime(2026, 3, 1, tzinfo=UTC)
PUT_AT_ONCE = 10_000
MAPPING = {"id": "sku", "part_number": "mpn"}


@dataclass(frozen=True)
class Cost:
    """What one audit cost, in a process of its own; `megabytes` is the most it ever held.

    `cpu_seconds` is what the process worked, most of it while it waited for its turn to send.
    """

    seconds: float
    requests: int
    findings: int
    megabytes: float
    cpu_seconds: float


@pytest.mark.timeout(600)
def test_an_audit_takes_hardly_longer_than_its_fewest_requests(
    measure: Measure, tmp_path: Path, tell: Tell
) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with sandbox_process(f"--latency={LATENCY_SECONDS}", f"--rate={RATE}") as sandbox:
        _fill(sandbox, tmp_path)
        seen = measure(_audit, sandbox.url, tmp_path)
        too_many = sandbox.statistics()["by_status"].get("429", 0)
    name, fewest = f"audit of {ITEMS:,} items at {RATE}/s", ITEMS / 100
    tell(Figure(name, seen.seconds, "s", at_most(1.2), Beside("fewest ÷ rate", fewest / RATE)))
    asked = Beside("fewest", fewest)
    tell(Figure(f"{name}: requests", seen.requests, "requests", at_most(1.2), asked))
    tell(Figure(f"{name}: answered 429", too_many, "requests", at_most(0)))
    tell(Figure(f"{name}: peak", seen.megabytes, "MB", at_most(300)))
    tell(Figure(f"{name}: processor", seen.cpu_seconds, "s"))
    assert seen.findings == 0


def _fill(sandbox: SandboxProcess, folder: Path) -> None:
    """Put the items there and have the state know them, and the account, as after a cycle."""
    with closing(open_state(_url(folder))) as state:
        for start in range(0, ITEMS, PUT_AT_ONCE):
            numbers = range(start, start + PUT_AT_ONCE)
            sandbox.seed_items([_seed(number) for number in numbers])
            with state.transaction() as transaction:
                transaction.put([_tracked(number) for number in numbers])
        account = account_digest(_settings(sandbox.url, folder).digital_river)
        with state.transaction() as transaction:
            transaction.remember(ACCOUNT, account)


def _audit(url: str, folder: Path) -> Cost:
    """Run it in a process of its own, so that its memory is its own."""
    command = [sys.executable, "-c", f"from {__name__} import audit; audit()", url, str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return Cost(**json.loads(done.stdout))


def audit() -> None:
    """Audit the account and the state that the command line names, and print the figures."""
    url, folder = sys.argv[1:]
    search_seldom()  # as the command does
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    settings = _settings(url, Path(folder))
    with wired(settings) as account:
        found, seconds = asyncio.run(_timed(account))
    used = resource.getrusage(resource.RUSAGE_SELF)
    worked = used.ru_utime + used.ru_stime
    cost = Cost(seconds, found.requests, len(found.findings), peak_megabytes(), worked)
    print(json.dumps(vars(cost)))  # noqa: T201


async def _timed(account: Wired) -> tuple[Audit, float]:
    request = CycleRequest(CycleId("bench"), Mode.REPAIR, "the bench")
    auditing = Auditing(account.ports, account.on_demand, account.terms, request)
    began = time.perf_counter()
    found = await auditing.whole()
    seconds = time.perf_counter() - began
    await account.on_demand.aclose()
    return found, seconds


def _settings(url: str, folder: Path) -> Settings:
    return Settings.model_validate(
        {
            "catalog": {"type": "file", "path": "none.csv", "mapping": MAPPING},
            "digital_river": {
                "base_url": url,
                "api_key": "sk_test_bench",
                "requests_per_second": RATE,
            },
            "state": {"url": _url(folder)},
        }
    )


def _url(folder: Path) -> str:
    return f"sqlite:///{folder}/state.db"


def _values(number: int) -> Attributes:
    return {
        Attribute.MANUFACTURER_ID: "acme",
        Attribute.PART_NUMBER: f"PART-{number}",
        Attribute.COUNTRY_OF_ORIGIN: "DK",
        Attribute.ECCN: "EAR99",
        Attribute.HS_CODE: "6404.20",
        Attribute.ALLOW_OVERSELL: False,
    }


def _tracked(number: int) -> Tracked:
    values = _values(number)
    return Tracked(
        ItemId(f"sku-{number:06}"), number, values, values, ownership=Ownership.OWNED, revision=1
    )


def _seed(number: int) -> dict[str, object]:
    created = BEGINNING + timedelta(seconds=number / CREATED_A_SECOND)
    values = {name.value: value for name, value in _values(number).items()}
    return {"id": f"sku-{number:06}", "createdTime": created.isoformat(), **values}
