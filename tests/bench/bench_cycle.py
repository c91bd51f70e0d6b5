"""How long whole commands take on a million SKUs in sync, and with how much memory.

Each command is the installed one, in a process of its own. `syncd status` on an empty state is the
start that is taken off, measured with the scan and the command in each round, so that a slow minute
of the machine slows all three.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean, median
from typing import Final

import pytest

from syncd.config import Settings, account_digest, load
from syncd.domain.cycle import CycleId, Mode
from syncd.domain.tracking import Ownership, SkuState, Tracked
from syncd.service.account import ACCOUNT
from syncd.service.read import read_catalog
from syncd.service.terms import CycleRequest
from syncd.wiring import wired
from tests.bench.conftest import Measure, Tell
from tests.bench.figure import Beside, Figure, at_most
from tests.bench.products import scan_seconds, write_table

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


@dataclass(frozen=True, slots=True)
class Places:
    """Two folders with a configuration: one for an empty state, one for the SKUs in sync."""

    empty: Path
    full: Path
    rows: int

    @property
    def catalog(self) -> Path:
        return self.full / "catalog.csv"


@pytest.fixture(scope="module")
def places(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Places:
    """Bring as many SKUs in sync as were asked for."""
    folder = tmp_path_factory.mktemp("cycle")
    places = Places(folder / "empty", folder / "full", request.config.getoption("--rows"))
    for place in (places.empty, places.full):
        place.mkdir()
        (place / "config.toml").write_text(CONFIGURATION)
    write_table(places.catalog, places.rows)
    _bring_in_sync(load(places.full / "config.toml", {}), places.rows)
    _seconds(places.full, "--once")  # makes the copy of the fingerprints
    return places


@pytest.mark.timeout(3600)
def test_starting(measure: Measure, places: Places, tell: Tell) -> None:
    usage, empty, full = measure(_starts, places)

    tell(Figure("syncd --help", usage, "s", at_most(0.25)))
    tell(Figure("syncd status, empty state", empty, "s", at_most(1.0)))
    tell(Figure(f"syncd status, {places.rows:,} SKUs", full, "s", at_most(0.5)))


@pytest.mark.timeout(3600)
def test_a_file_that_says_nothing_new(measure: Measure, places: Places, tell: Tell) -> None:
    untouched, touched, digest = measure(_short_cuts, places)

    name = f"{places.rows:,} rows"
    tell(Figure(f"{name}, untouched file", untouched, "s", at_most(0.3)))
    beside = Beside("SHA-256 of its bytes", digest)
    tell(Figure(f"{name}, same bytes written again", touched, "s", at_most(2.0), beside))


@pytest.mark.timeout(3600)
def test_a_rewritten_file(measure: Measure, places: Places, tell: Tell) -> None:
    rounds = measure(_rounds, places, _turn_round)

    _tell_rounds(tell, f"{places.rows:,} rows, none changed, rewritten", rounds, 2.0)


@pytest.mark.timeout(3600)
def test_a_file_of_which_one_row_in_a_hundred_has_changed(
    measure: Measure, places: Places, tell: Tell
) -> None:
    """Planned and recorded, and nothing sent: the policy only reports."""
    configuration = places.full / "config.toml"
    configuration.write_text(f'{CONFIGURATION}[policy]\nmode = "report-only"\n')
    _seconds(places.full, "--once")  # takes in the change of policy

    rounds = measure(_rounds, places, _change)

    _tell_rounds(tell, f"{places.rows:,} rows, 1 % changed, planned and recorded", rounds, 3.0)
    configuration.write_text(CONFIGURATION)


def _tell_rounds(tell: Tell, name: str, rounds: Sequence[Round], goal: float) -> None:
    took = median(one.took for one in rounds)
    beside = Beside("scan and hash", took / median(one.ratio for one in rounds))
    tell(Figure(name, took, "s", at_most(goal), beside))
    tell(Figure(f"{name}: peak", max(one.peak for one in rounds), "MB", at_most(400)))


def _starts(places: Places) -> tuple[float, float, float]:
    commands = ((places.empty, "--help"), (places.empty, "status"), (places.full, "status"))
    turns = [[_seconds(place, command)[0] for place, command in commands] for _ in range(TURNS)]
    usage, empty, full = (median(times) for times in zip(*turns, strict=True))
    return usage, empty, full


def _short_cuts(places: Places) -> tuple[float, float, float]:
    """Seconds without the start of an untouched and of a touched file, and of a bare digest."""
    found: list[tuple[float, float, float]] = []
    for _ in range(TURNS):
        start = _seconds(places.empty, "status")[0]
        untouched = _seconds(places.full, "--once")[0]
        places.catalog.touch()
        touched = _seconds(places.full, "--once")[0]
        found.append((untouched - start, touched - start, _digest_seconds(places.catalog)))
    untouched, touched, digest = (median(times) for times in zip(*found, strict=True))
    return untouched, touched, digest


def _digest_seconds(file: Path) -> float:
    began = time.perf_counter()
    with file.open("rb") as stream:
        hashlib.file_digest(stream, "sha256")
    return time.perf_counter() - began


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


def _rounds(places: Places, rewrite: Callable[[Places, int], None]) -> list[Round]:
    rounds = []
    for number in range(TURNS):
        rewrite(places, number)
        rounds.append(_round(places))
    return rounds


def _turn_round(places: Places, _: int) -> None:
    """Move the first line to the end, so that no digest of the bytes can help."""
    header, *lines = places.catalog.read_bytes().splitlines(keepends=True)
    places.catalog.write_bytes(b"".join([header, *lines[1:], lines[0]]))


def _change(places: Places, number: int) -> None:
    """Change one row in a hundred, and back again."""
    write_table(places.catalog, places.rows, changed=0 if number % 2 else places.rows // 100)


def _round(places: Places) -> Round:
    starts = [_seconds(places.empty, "status")[0]]
    scans = [scan_seconds(places.catalog)]
    whole, peak = _seconds(places.full, "--once")
    starts.append(_seconds(places.empty, "status")[0])
    scans.append(scan_seconds(places.catalog))
    return Round(mean(starts), mean(scans), whole, peak)


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


def _bring_in_sync(settings: Settings, rows: int) -> None:
    """Record the catalog, and then pretend that Digital River has acknowledged every wish."""
    with wired(settings) as account:
        read_catalog(account.ports, account.terms, CycleRequest(CycleId("1"), Mode.ONCE, "bench"))
        for batch in list(account.state.in_states(frozenset({SkuState.PENDING}))):
            with account.state.transaction() as transaction:
                transaction.put(list(_acknowledged(batch)))
        with account.state.transaction() as transaction:
            transaction.remember(ACCOUNT, account_digest(settings.digital_river))
        assert account.state.census().states == {SkuState.IN_SYNC: rows}


def _acknowledged(rows: Sequence[Tracked]) -> Iterator[Tracked]:
    for row in rows:
        yield replace(row, known=row.desired, ownership=Ownership.OWNED)
