"""What it costs to record the outcomes of a delivery, and how long the oldest of them waits.

A whole cycle creates items at 250 a second over a real state; the processor's time is that of the
process, so that other work on the machine does not count.
"""

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles
from typing import Any, Final

import pytest
import structlog

from syncd.cli.app import search_seldom
from syncd.config import load
from syncd.domain.cycle import Mode
from syncd.service import deliver
from syncd.service.batcher import Batcher
from syncd.service.cycle import new_cycle_id, run_cycle
from syncd.service.terms import CycleRequest
from syncd.service.writes import Answered
from syncd.wiring import wired
from tests.bench.account import CONFIGURATION
from tests.bench.conftest import Measure, Tell
from tests.bench.figure import Figure, at_most
from tests.bench.products import write_table
from tests.sandbox_process import sandbox_process

ITEMS: Final = 5_000
RATE: Final = 250


@pytest.mark.timeout(600)
def test_outcomes_are_recorded_soon_and_at_little_cost(
    measure: Measure, tmp_path: Path, tell: Tell
) -> None:
    write_table(tmp_path / "catalog.csv", ITEMS)
    with sandbox_process("--latency=0.06", "--jitter=0.015", f"--rate={RATE}") as sandbox:
        remote = f'base_url = "{sandbox.url}"\nrequests_per_second = {RATE}'
        text = CONFIGURATION.replace('base_url = "http://127.0.0.1:9"', remote)
        (tmp_path / "config.toml").write_text(text)
        seen = measure(_in_a_process, tmp_path)

    name = f"settling {ITEMS:,} outcomes at {RATE}/s"
    tell(Figure(name, seen["share"], "% of the run's CPU", at_most(10)))
    tell(Figure(f"{name}: oldest unrecorded", seen["oldest"], "s", at_most(0.2)))
    tell(Figure(f"{name}: 99 in 100 unrecorded", seen["usual"], "s"))
    tell(Figure(f"{name}: in a batch", seen["batch"], "outcomes"))


def _in_a_process(folder: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.bench.bench_settling", str(folder)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(answer.stdout.splitlines()[-1])
    return found


# --------------------------------------------------------------------- in a process of its own


@dataclass(slots=True)
class Watched:
    """What was seen of the outcomes: when each came, by its write, and what each batch took."""

    came: dict[int, float] = field(default_factory=dict)
    waits: list[float] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)
    cpu: float = 0.0

    def watch(self, patch: pytest.MonkeyPatch) -> None:
        """Look over the shoulders of the one who collects and the one who records."""
        add = Batcher.add
        settle = deliver.Dispatcher._settle  # noqa: SLF001 - it is only watched

        def added(batcher: Batcher[Any], entry: object) -> None:
            if isinstance(entry, Answered):  # what is looked up is collected as well
                self.came[entry.write] = time.perf_counter()
            add(batcher, entry)

        def settled(dispatcher: deliver.Dispatcher, answers: Sequence[Answered]) -> None:
            began = time.thread_time()
            settle(dispatcher, answers)
            self.cpu += time.thread_time() - began
            self._recorded(answers)

        patch.setattr(Batcher, "add", added)
        patch.setattr(deliver.Dispatcher, "_settle", settled)

    def _recorded(self, answers: Sequence[Answered]) -> None:
        now = time.perf_counter()
        self.batches.append(len(answers))
        self.waits += [now - self.came[one.write] for one in answers]


async def _cycle(folder: Path) -> None:
    with wired(load(folder / "config.toml", {})) as account:
        request = CycleRequest(new_cycle_id(datetime.now(UTC)), Mode.ONCE, "bench")
        try:
            result = await run_cycle(account.ports, account.terms, request)
        finally:
            await account.remote.aclose()
    assert result.counts is not None
    assert result.counts.create == ITEMS


def main(folder: str) -> None:
    """Deliver, and print the figures."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    search_seldom()  # as the command does
    watched = Watched()
    with pytest.MonkeyPatch.context() as patch:
        watched.watch(patch)
        began = time.process_time()
        asyncio.run(_cycle(Path(folder)))
        whole = time.process_time() - began
    told = {
        "share": 100 * watched.cpu / whole,
        "oldest": max(watched.waits),
        "usual": quantiles(watched.waits, n=100)[98],
        "batch": sum(watched.batches) / len(watched.batches),
    }
    print(json.dumps(told))  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
