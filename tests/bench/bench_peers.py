"""What others need for the same work, each measured beside syncd in this run.

A plain script reads with `csv.DictReader`, compares with a dict of what it sent last, and sends one
request after the other with httpx. reladiff compares two tables of DuckDB that hold the same rows.
"""

from __future__ import annotations

import csv
import json
import logging
import pickle
import subprocess
import sys
import time
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any, Final

import duckdb
import httpx
import pytest
import structlog

from tests.bench.account import bring_in_sync, first_load, places_in, rounds, turn_round
from tests.bench.bench_unlimited import created_in_a_second
from tests.bench.conftest import Measure, Tell
from tests.bench.figure import Beside, Figure
from tests.bench.memory import peak_megabytes
from tests.sandbox_process import sandbox_process

TURNS: Final = 3
WRITES: Final = 200
LATENCY: Final = 0.06
RATE: Final = 250


@pytest.mark.timeout(7200)
def test_peers_compare_the_same_rows(
    measure: Measure, tmp_path: Path, tell: Tell, rows: int
) -> None:
    places = places_in(tmp_path, rows)
    first_load(places.full)
    bring_in_sync(places)
    ours = measure(rounds, places, TURNS, turn_round)
    syncd = Beside("syncd", median(one.took for one in ours))

    script = _own_process("script", str(places.catalog), str(tmp_path / "known.pickle"))
    name = f"{rows:,} rows, none changed"
    tell(Figure(f"{name}: plain script", script["seconds"], "s", None, syncd))
    peak = Beside("syncd", max(one.peak for one in ours))
    tell(Figure(f"{name}: plain script, peak", script["peak"], "MB", None, peak))
    assert find_spec("reladiff"), "install it: pip install -r tests/bench/requirements.lock"
    database = tmp_path / "tables.duckdb"
    _make_tables(places.catalog, database)
    reladiff = _own_process("reladiff", str(database))
    tell(Figure(f"{name}: reladiff", reladiff["seconds"], "s", None, syncd))


@pytest.mark.timeout(300)
def test_peers_send_the_same_writes(measure: Measure, tmp_path: Path, tell: Tell) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with sandbox_process(f"--latency={LATENCY}", f"--rate={RATE}") as sandbox:
        script = WRITES / measure(_send_in_turn, sandbox.url)
        sandbox.reset()
        syncd = created_in_a_second(sandbox.url, tmp_path / "pacer", RATE, 5 * WRITES)

    name = f"writes answered after {LATENCY * 1000:.0f} ms: plain script"
    tell(Figure(name, script, "/s", None, Beside("syncd", syncd)))


def _send_in_turn(url: str) -> float:
    """Create one item after the other, as scripts do; gives the seconds."""
    began = time.perf_counter()
    with httpx.Client(base_url=url, headers={"Authorization": "Bearer sk_test_bench"}) as client:
        for number in range(WRITES):
            item = {"id": f"SKU-{number}", "partNumber": f"PN-{number}"}
            client.post("/inventory-items", json=item).raise_for_status()
    return time.perf_counter() - began


def _make_tables(catalog: Path, database: Path) -> None:
    with duckdb.connect(str(database)) as engine:
        for name in ("catalog", "known"):
            engine.execute(
                f"CREATE TABLE {name} AS FROM read_csv('{catalog}', all_varchar=true, header=true)"
            )


def _own_process(kind: str, *arguments: str) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.bench.bench_peers", kind, *arguments]
    told = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(told.stdout.splitlines()[-1])
    return found


# --------------------------------------------------------------------- in a process of its own


def compare_plainly(catalog: str, known: str) -> int:
    """Give how many rows differ from those that were kept the last time, and keep these."""
    place, last = Path(known), dict[str, dict[str, str]]()
    if place.exists():
        last = pickle.loads(place.read_bytes())  # noqa: S301 - our own
    with Path(catalog).open(newline="", encoding="utf-8") as file:
        rows = {row["sku"]: row for row in csv.DictReader(file)}
    changed = [sku for sku, row in rows.items() if last.get(sku) != row]
    gone = [sku for sku in last if sku not in rows]
    place.write_bytes(pickle.dumps(rows))
    return len(changed) + len(gone)


def compare_by_reladiff(database: str) -> int:
    """Give how many rows differ between the two tables."""
    reladiff: Any = import_module("reladiff")  # it carries no types
    where = {"driver": "duckdb", "filepath": database}
    columns = ("manufacturer", "mpn", "origin", "eccn", "hs_code", "policy")
    first, second = (reladiff.connect_to_table(where, name, "sku") for name in ("catalog", "known"))
    found = reladiff.diff_tables(first, second, key_columns=("sku",), extra_columns=columns)
    return len(list(found))


def main(kind: str, *arguments: str) -> None:
    """Compare, twice where the first time only learns, and print the figures of the last."""
    if kind == "script":
        compare_plainly(*arguments)
    began = time.perf_counter()
    found = compare_plainly(*arguments) if kind == "script" else compare_by_reladiff(*arguments)
    seconds = time.perf_counter() - began
    assert found == 0
    print(json.dumps({"seconds": seconds, "peak": peak_megabytes()}))  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
