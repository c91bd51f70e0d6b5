"""An account with a catalog in sync, and the installed command that is timed on it.

Each command is a process of its own. `syncd status` on an empty state is the start that is taken
off, measured with the scan and the command in each round, so that a slow minute of the machine
slows all three.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median
from typing import Final

from syncd.config import account_digest, load
from syncd.domain.tracking import Ownership, SkuState
from syncd.service.account import ACCOUNT
from syncd.state.batches import BATCH
from syncd.state.codec import SAME
from syncd.state.sqlite.file import KEPT
from syncd.wiring import wired
from tests.bench.products import product_id, scan_seconds, write_table

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
LOAD: Final = """
import json, sys, time
from pathlib import Path
from syncd.cli.app import search_seldom
from syncd.config import load
from syncd.domain.cycle import CycleId, Mode
from syncd.service.read import read_catalog
from syncd.service.terms import CycleRequest
from syncd.wiring import wired
from tests.bench.memory import peak_megabytes

search_seldom()  # as the command does
with wired(load(Path(sys.argv[1]) / "config.toml", {})) as account:
    began = time.perf_counter()
    read_catalog(account.ports, account.terms, CycleRequest(CycleId("1"), Mode.ONCE, "bench"))
took = time.perf_counter() - began  # with the log moved into the file, as a bare commit does it
print(json.dumps({"seconds": took, "peak": peak_megabytes()}))
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
_SOME: Final = "SELECT * FROM sku WHERE id IN ({})"
_CHANGE: Final = """
UPDATE sku SET state = ?, fingerprint = fingerprint + 1, desired = replace(desired, 'PN-', 'QN-'),
  known = desired, revision = revision + 1 WHERE id = ?
"""
REPORT_ONLY: Final = f'{CONFIGURATION}[policy]\nmode = "report-only"\n'


@dataclass(frozen=True, slots=True)
class Places:
    """Two folders with a configuration: one for an empty state, one for the SKUs in sync."""

    empty: Path
    full: Path
    rows: int

    @property
    def catalog(self) -> Path:
        return self.full / "catalog.csv"

    @property
    def state(self) -> Path:
        return self.full / "syncd.db"


@dataclass(frozen=True, slots=True)
class Loaded:
    """Seconds until a first catalog was recorded, and the peak of the process in megabytes."""

    seconds: float
    peak: float


@dataclass(frozen=True, slots=True)
class Round:
    """Seconds of the start, the bare scan and the whole command; its peak in megabytes."""

    start: float
    scan: float
    whole: float
    peak: float

    @property
    def took(self) -> float:
        return self.whole - self.start

    @property
    def ratio(self) -> float:
        return self.took / self.scan


@dataclass(frozen=True, slots=True)
class ShortCuts:
    """Seconds without the start of an untouched and a touched file, and of a bare digest."""

    untouched: float
    touched: float
    digest: float


def places_in(folder: Path, rows: int) -> Places:
    """Write both configurations and the catalog; nothing is known of it yet."""
    places = Places(folder / "empty", folder / "full", rows)
    for place in (places.empty, places.full):
        place.mkdir()
        (place / "config.toml").write_text(CONFIGURATION)
    write_table(places.catalog, rows)
    return places


def first_load(folder: Path) -> Loaded:
    """Record the catalog there, in a process of its own."""
    command = [sys.executable, "-c", LOAD, str(folder)]
    told = subprocess.run(command, check=True, capture_output=True, text=True)
    return Loaded(**json.loads(told.stdout.splitlines()[-1]))


def bring_in_sync(places: Places) -> None:
    """Pretend that Digital River has acknowledged every wish, and make the copy of fingerprints."""
    settings = load(places.full / "config.toml", {})
    with closing(sqlite3.connect(places.state)) as state, state:
        state.execute(
            "UPDATE sku SET known = ?, state = ?, ownership = ?",
            (SAME, SkuState.IN_SYNC.value, Ownership.OWNED.value),
        )
        state.execute("DELETE FROM fact WHERE key = 'census'")  # it was counted before
    with wired(settings) as account:
        with account.state.transaction() as transaction:
            transaction.remember(ACCOUNT, account_digest(settings.digital_river))
        assert account.state.census().states == {SkuState.IN_SYNC: places.rows}
    seconds_of(places.full, "--once")


def rounds(places: Places, turns: int, rewrite: Callable[[Places, int], None]) -> list[Round]:
    """Rewrite the catalog and run, so many times."""
    found = []
    for number in range(turns):
        rewrite(places, number)
        found.append(_round(places))
    return found


def turn_round(places: Places, _: int) -> None:
    """Move the first line to the end, so that no digest of the bytes can help."""
    turned = places.catalog.with_suffix(".turned")
    with places.catalog.open("rb") as old, turned.open("wb") as new:
        new.write(old.readline())
        first = old.readline()
        while piece := old.read(1 << 20):
            new.write(piece)
        new.write(first)
    turned.replace(places.catalog)


def short_cuts(places: Places, turns: int) -> ShortCuts:
    """Measure what a file costs that says nothing new."""
    found: list[tuple[float, float, float]] = []
    for _ in range(turns):
        start = seconds_of(places.empty, "status")[0]
        untouched = seconds_of(places.full, "--once")[0]
        places.catalog.touch()
        touched = seconds_of(places.full, "--once")[0]
        found.append((untouched - start, touched - start, _digest_seconds(places.catalog)))
    return ShortCuts(*(median(times) for times in zip(*found, strict=True)))


def seconds_of(folder: Path, *arguments: str) -> tuple[float, float]:
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


def bare_changes(places: Places, turns: int) -> list[tuple[float, float]]:
    """Seconds of bare sqlite3 and of the scan: one row in a hundred read and written, committed."""
    return [(_bare_seconds(places), scan_seconds(places.catalog)) for _ in range(turns)]


def _bare_seconds(places: Places) -> float:
    """Do it in a copy of the state; what the log then has is not moved into the file."""
    copy = places.full / "bare.db"
    shutil.copyfile(places.state, copy)
    ids = [product_id(number) for number in range(0, places.rows, 100)]
    with closing(sqlite3.connect(copy, isolation_level=None)) as state:
        for pragma in KEPT.pragmas:
            state.execute(pragma)
        began = time.perf_counter()
        state.execute("BEGIN IMMEDIATE")
        for start in range(0, len(ids), BATCH):
            some = ids[start : start + BATCH]
            state.execute(_SOME.format(", ".join("?" * len(some))), some).fetchall()
            state.executemany(_CHANGE, [(SkuState.PENDING.value, one) for one in some])
        state.execute("COMMIT")
        took = time.perf_counter() - began
    for file in places.full.glob("bare.db*"):
        file.unlink()
    return took


def _round(places: Places) -> Round:
    starts = [seconds_of(places.empty, "status")[0]]
    scans = [scan_seconds(places.catalog)]
    whole, peak = seconds_of(places.full, "--once")
    starts.append(seconds_of(places.empty, "status")[0])
    scans.append(scan_seconds(places.catalog))
    return Round(mean(starts), mean(scans), whole, peak)


def _digest_seconds(file: Path) -> float:
    began = time.perf_counter()
    with file.open("rb") as stream:
        hashlib.file_digest(stream, "sha256")
    return time.perf_counter() - began
