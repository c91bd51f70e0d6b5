"""How long a whole comparison of a rewritten but unchanged catalog takes, and with how much memory.

Run by name: `pytest tests/bench/bench_catalog.py -s`, on a machine that has nothing else to do. The
yardstick is DuckDB reading the same file and hashing every row, nothing else: both are measured
turn by turn, each in a process of its own, without its start.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from syncd.catalog import FileSource
from syncd.config import FileCatalog
from tests.contract.catalog.reads import write_fingerprints

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

ROWS = 1_000_000
TURNS = 5
COLUMNS = ("sku", "manufacturer", "mpn", "origin", "eccn", "hs_code", "policy")
MAPPING = {
    "id": "sku",
    "manufacturer_id": "manufacturer",
    "part_number": "mpn",
    "country_of_origin": "origin",
    "eccn": "eccn",
    "hs_code": "hs_code",
    "allow_oversell": "policy",
}


@pytest.mark.timeout(900)
def test_an_unchanged_catalog_is_compared_in_little_more_than_it_takes_to_read_it(
    benchmark: BenchmarkFixture, tmp_path: Path
) -> None:
    table, known = tmp_path / "catalog.csv", tmp_path / "known.parquet"
    write_table(table, changed=0)
    know(table, known)

    figures = benchmark.pedantic(  # type: ignore[no-untyped-call]  # it carries no types
        _turns, args=(table, known), rounds=1
    )

    benchmark.extra_info.update(figures)
    _tell("unchanged", figures)
    assert figures["rows"] == 0


@pytest.mark.timeout(900)
@pytest.mark.parametrize("changed", [100, 10_000, ROWS])
def test_a_changed_catalog(benchmark: BenchmarkFixture, tmp_path: Path, changed: int) -> None:
    table, known = tmp_path / "catalog.csv", tmp_path / "known.parquet"
    write_table(table, changed=0)
    know(table, known)
    write_table(table, changed=changed)

    figures = benchmark.pedantic(  # type: ignore[no-untyped-call]  # it carries no types
        _turns, args=(table, known), rounds=1
    )

    benchmark.extra_info.update(figures)
    _tell(f"{changed:,} rows changed", figures)
    assert figures["rows"] == changed


def write_table(path: Path, changed: int) -> None:
    """Write the same rows each time, but for the part numbers of `changed` of them."""
    chance = random.Random(20261121)
    every = ROWS // changed if changed else 0
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(",".join(COLUMNS) + "\n")
        for number in range(ROWS):
            new = "N" if every and number % every == 0 else "P"
            file.write(
                f'SKU-{number:08d},Maker {chance.randrange(500)},"{new}N-{chance.getrandbits(30)}",'
                f"{chance.choice(('DK', 'CN', 'US', 'DE'))},EAR99,"
                f"{chance.randrange(100_000, 999_999)},{chance.choice(('continue', 'deny'))}\n"
            )


def know(table: Path, known: Path) -> None:
    """Write the fingerprints of all rows, as a state has them after a first read."""
    empty = write_fingerprints(known.with_name("empty.parquet"), ())
    with _source(table).read(None) as snapshot, snapshot.compare(empty) as first:
        rows = (row for batch in first.changed() for row in batch)
        write_fingerprints(known, ((str(row.id), row.fingerprint, False) for row in rows))


def _source(table: Path) -> FileSource:
    settings = {"type": "file", "path": str(table), "mapping": MAPPING}
    return FileSource(FileCatalog.model_validate(settings), "meaning")


def _turns(table: Path, known: Path) -> dict[str, float]:
    measured: dict[str, list[dict[str, float]]] = {"scan": [], "compare": []}
    for _ in range(TURNS):
        for what, found in measured.items():
            found.append(in_a_process(what, table, known))
    scans, compares = measured["scan"], measured["compare"]
    scan, compare = (min(one["seconds"] for one in found) for found in (scans, compares))
    return {
        "scan_seconds": scan,
        "compare_seconds": compare,
        "ratio": compare / scan,
        "peak_megabytes": max(one["peak_megabytes"] for one in compares),
        "rows": compares[-1]["rows"],
    }


def in_a_process(what: str, table: Path, known: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.bench.bench_catalog", what, str(table), str(known)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    figures: dict[str, float] = json.loads(answer.stdout)
    return figures


def _tell(what: str, figures: dict[str, float]) -> None:
    print(  # noqa: T201
        f"\n{what}: {figures['compare_seconds']:.3f} s, {figures['ratio']:.2f} times the bare scan "
        f"({figures['scan_seconds']:.3f} s), peak {figures['peak_megabytes']:.0f} MB"
    )


# --------------------------------------------------------------------- in a process of its own


def scan(table: Path, _: Path) -> int:
    """Read and hash every row, and nothing else."""
    columns = ", ".join(f"'{name}': 'VARCHAR'" for name in COLUMNS)
    with duckdb.connect() as engine:
        engine.execute(
            f"FROM read_csv('{table}', columns={{{columns}}}, auto_detect=false, header=true, "
            f"delim=',', quote='\"') SELECT bit_xor(hash({', '.join(COLUMNS)}))"
        ).fetchall()
    return 0


def compare(table: Path, known: Path) -> int:
    """Compare, and take every row that comes out."""
    with _source(table).read(None) as snapshot, snapshot.compare(known) as found:
        assert found.certificate.complete
        return sum(map(len, found.changed()))


def main(what: str, table: str, known: str) -> None:
    """Measure one of the two, and print the figures."""
    measured: dict[str, Callable[[Path, Path], int]] = {"scan": scan, "compare": compare}
    began = time.perf_counter()
    rows = measured[what](Path(table), Path(known))
    figures: dict[str, Any] = {
        "seconds": time.perf_counter() - began,
        "peak_megabytes": _peak_megabytes(),
        "rows": rows,
    }
    print(json.dumps(figures))  # noqa: T201


def _peak_megabytes() -> float:
    """Ask the kernel; `ru_maxrss` would count the parent's memory from before this program."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    main(*sys.argv[1:])
