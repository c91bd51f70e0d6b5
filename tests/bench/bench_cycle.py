"""How long whole commands take on a million SKUs in sync, and with how much memory.

Run by name: `pytest tests/bench/bench_cycle.py -s`, on a machine that has nothing else to do. Each
command is the installed one, in a process of its own; `syncd status` on an empty state is the start
that is taken off, and DuckDB reading the same file and hashing every row is the yardstick.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean, median
from typing import TYPE_CHECKING, Final

import pytest

from syncd.config import Settings, account_digest, load
from syncd.domain.cycle import CycleId, Mode
from syncd.domain.tracking import Ownership, SkuState, Tracked
from syncd.service.account import ACCOUNT
from syncd.service.read import read_catalog
from syncd.service.terms import CycleRequest
from syncd.wiring import wired
from tests.bench.bench_catalog import ROWS, in_a_process, write_table

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

TURNS: Final = 7
UNCACHED: Final = "PYTHONDONTWRITEBYTECODE"  # an installed command keeps its bytecode
SYNCD: Final = Path(sys.executable).with_name("syncd")
LAUNCH: Final = """
import os, subprocess, sys, time
begun = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
process.returncode = os.waitstatus_to_exitcode(status)
print(time.perf_counter() - begun, usage.ru_maxrss)
sys.exit(process.returncode)
"""
CONFIGURATION: Final = """
[catalog]
type = "file"
path = "catalog.csv"
[catalog.mapping]
id = "sku"
manufacturer_id = "manufacturer"
part_number = "mpn"
country_of_origin = "origin"
eccn = "eccn"
hs_code = "hs_code"
allow_oversell = { field = "policy", values = { continue = true, deny = false } }
[digital_river]
base_url = "http://127.0.0.1:9"
api_key = "sk_test_bench"
"""


@pytest.mark.timeout(1800)
def test_a_cycle_over_a_million_skus_in_sync(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    figures = benchmark.pedantic(  # type: ignore[no-untyped-call]  # it carries no types
        _measured, args=(tmp_path,), rounds=1
    )

    benchmark.extra_info.update(figures)
    sys.stdout.write("\n" + "\n".join(f"{name}: {value:.2f}" for name, value in figures.items()))


def _measured(folder: Path) -> dict[str, float]:
    empty, full = folder / "empty", folder / "full"
    for place in (empty, full):
        place.mkdir()
        (place / "config.toml").write_text(CONFIGURATION)
    write_table(full / "catalog.csv", changed=0)
    _bring_in_sync(load(full / "config.toml", {}))
    rounds = _rounds(empty, full)
    start = median(one.start for one in rounds)
    untouched = median(_seconds(full, "--once")[0] for _ in range(TURNS))
    return {
        "syncd --help, seconds": median(_seconds(empty, "--help")[0] for _ in range(TURNS)),
        "syncd status on an empty state, seconds": start,
        "syncd status on a million SKUs, seconds": median(
            _seconds(full, "status")[0] for _ in range(TURNS)
        ),
        "bare scan and hash, seconds": median(one.scan for one in rounds),
        "rewritten and unchanged, seconds without the start": median(
            one.rewritten - one.start for one in rounds
        ),
        "the same, times the bare scan": median(one.ratio for one in rounds),
        "the same, peak megabytes of the process": max(one.peak for one in rounds),
        "untouched, seconds without the start": untouched - start,
    }


@dataclass(frozen=True, slots=True)
class Round:
    """What one round measured side by side, so that a slow minute of the machine slows it all."""

    start: float
    scan: float
    rewritten: float
    peak: float

    @property
    def ratio(self) -> float:
        return (self.rewritten - self.start) / self.scan


def _rounds(empty: Path, full: Path) -> list[Round]:
    _seconds(full, "--once")  # makes the copy of the fingerprints
    return [_round(empty, full) for _ in range(TURNS)]


def _round(empty: Path, full: Path) -> Round:
    """Turn the file's lines round each time, so that no digest of its bytes can help."""
    header, *lines = (full / "catalog.csv").read_bytes().splitlines(keepends=True)
    (full / "catalog.csv").write_bytes(b"".join([header, *lines[1:], lines[0]]))
    starts = [_seconds(empty, "status")[0]]
    scans = [in_a_process("scan", full / "catalog.csv", full)["seconds"]]
    rewritten, peak = _seconds(full, "--once")
    starts.append(_seconds(empty, "status")[0])
    scans.append(in_a_process("scan", full / "catalog.csv", full)["seconds"])
    return Round(mean(starts), mean(scans), rewritten, peak)


def _seconds(folder: Path, *arguments: str) -> tuple[float, float]:
    """Run syncd once; gives its seconds from start to end, and its peak memory in megabytes.

    A small process starts it, for a child begins with the peak of the process that forked it.
    """
    command = [str(SYNCD), "--config", str(folder / "config.toml"), *arguments]
    told = subprocess.run(
        [sys.executable, "-c", LAUNCH, *command],
        check=True,
        capture_output=True,
        text=True,
        env={name: value for name, value in os.environ.items() if name != UNCACHED},
    )
    seconds, kilobytes = told.stdout.split()
    return float(seconds), int(kilobytes) / 1024


def _bring_in_sync(settings: Settings) -> None:
    """Record the catalog, and then pretend that Digital River has acknowledged every wish."""
    with wired(settings) as account:
        read_catalog(account.ports, account.terms, CycleRequest(CycleId("1"), Mode.ONCE, "bench"))
        for rows in list(account.state.in_states(frozenset({SkuState.PENDING}))):
            with account.state.transaction() as transaction:
                transaction.put(list(_acknowledged(rows)))
        with account.state.transaction() as transaction:
            transaction.remember(ACCOUNT, account_digest(settings.digital_river))
        assert account.state.census().states == {SkuState.IN_SYNC: ROWS}


def _acknowledged(rows: object) -> Iterator[Tracked]:
    assert isinstance(rows, list)
    for row in rows:
        assert isinstance(row, Tracked)
        yield replace(row, known=row.desired, ownership=Ownership.OWNED)
