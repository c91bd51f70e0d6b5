"""How long a whole comparison of a rewritten catalog takes, and with how much memory.

It is that of the catalog alone: no state, no cycle, no start of the process.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from syncd.catalog import FileSource
from syncd.config import FileCatalog
from syncd.ports import Fingerprints, every_row
from tests.bench.conftest import Measure, Tell
from tests.bench.figure import Beside, Figure, at_most
from tests.bench.memory import peak_megabytes
from tests.bench.products import scan_seconds, write_table
from tests.contract.catalog.reads import write_fingerprints

TURNS = 5
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
@pytest.mark.parametrize("share", [0, 0.0001, 0.01, 1])
def test_a_rewritten_catalog_is_compared(
    measure: Measure, tmp_path: Path, tell: Tell, rows: int, share: float
) -> None:
    table, known = tmp_path / "catalog.csv", tmp_path / "known.parquet"
    write_table(table, rows)
    know(table, known)
    write_table(table, rows, changed=round(rows * share))

    compared, scanned = measure(_turns, table, known)

    seconds, beside = min(one.seconds for one in compared), Beside("scan and hash", min(scanned))
    name = f"{rows:,} rows, {share:.2%} changed, compared"
    tell(Figure(name, seconds, "s", at_most(3.0) if share else at_most(2.0), beside))
    tell(Figure(f"{name}: peak", max(one.peak for one in compared), "MB", at_most(400)))
    assert compared[-1].rows == round(rows * share)


@dataclass(frozen=True, slots=True)
class Compared:
    """Its seconds without the start, its peak in megabytes, and how many rows came out."""

    seconds: float
    peak: float
    rows: int


def know(table: Path, known: Path) -> None:
    """Write the fingerprints of all rows, as a state has them after a first read."""
    empty = write_fingerprints(known.with_name("empty.parquet"), ())
    with _source(table).read(None) as snapshot, snapshot.compare(empty) as first:
        rows = (row for batch in every_row(first) for row in batch)
        write_fingerprints(known, ((str(row.id), row.fingerprint, False) for row in rows))


def _source(table: Path) -> FileSource:
    settings = {"type": "file", "path": str(table), "mapping": MAPPING}
    return FileSource(FileCatalog.model_validate(settings), "meaning")


def _turns(table: Path, known: Path) -> tuple[list[Compared], list[float]]:
    """Measure both turn by turn, so that a slow minute of the machine slows both."""
    compared, scanned = [], []
    for _ in range(TURNS):
        scanned.append(scan_seconds(table))
        compared.append(_compared(table, known))
    return compared, scanned


def _compared(table: Path, known: Path) -> Compared:
    command = [sys.executable, "-m", "tests.bench.bench_catalog", str(table), str(known)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    return Compared(**json.loads(answer.stdout))


# --------------------------------------------------------------------- in a process of its own


def compare(table: Path, known: Path) -> int:
    """Compare, and take every row that comes out."""
    with _source(table).read(None) as snapshot, snapshot.compare(Fingerprints(known)) as found:
        assert found.certificate.complete
        return sum(map(len, every_row(found)))


def main(table: str, known: str) -> None:
    """Compare, and print the figures."""
    began = time.perf_counter()
    rows = compare(Path(table), Path(known))
    took = time.perf_counter() - began
    print(json.dumps({"seconds": took, "peak": peak_megabytes(), "rows": rows}))  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
