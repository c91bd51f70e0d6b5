"""A catalog of made-up products, the same at every run, and DuckDB's bare scan of it.

The scan is the yardstick of every read: each row read and hashed, nothing else, in a process of its
own and without its start.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import duckdb

COLUMNS: Final = ("sku", "manufacturer", "mpn", "origin", "eccn", "hs_code", "policy")


def write_table(path: Path, rows: int, changed: int = 0) -> None:
    """Write the same rows each time, but for the part numbers of `changed` of them."""
    chance = random.Random(20261121)
    every = rows // changed if changed else 0
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(",".join(COLUMNS) + "\n")
        for number in range(rows):
            new = "N" if every and number % every == 0 else "P"
            file.write(
                f"{product_id(number)},Maker {chance.randrange(500)},"
                f'"{new}N-{chance.getrandbits(30)}",'
                f"{chance.choice(('DK', 'CN', 'US', 'DE'))},EAR99,"
                f"{chance.randrange(100_000, 999_999)},{chance.choice(('continue', 'deny'))}\n"
            )


def product_id(number: int) -> str:
    """The id of one of them, counted from 0."""
    return f"SKU-{number:08d}"


def scan_seconds(table: Path) -> float:
    """How long the scan takes in a new process."""
    command = [sys.executable, "-m", "tests.bench.products", str(table)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(json.loads(answer.stdout))


def scan(table: Path) -> None:
    """Read and hash every row, and nothing else."""
    columns = ", ".join(f"'{name}': 'VARCHAR'" for name in COLUMNS)
    with duckdb.connect() as engine:
        engine.execute(
            f"FROM read_csv('{table}', columns={{{columns}}}, auto_detect=false, header=true, "
            f"delim=',', quote='\"') SELECT bit_xor(hash({', '.join(COLUMNS)}))"
        ).fetchall()


def main(table: str) -> None:
    """Print the seconds of one scan."""
    began = time.perf_counter()
    scan(Path(table))
    print(json.dumps(time.perf_counter() - began))  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
