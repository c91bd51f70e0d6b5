"""What a file shows of itself without being read."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from syncd.catalog import FileSource
from syncd.ports import every_row
from tests.contract.catalog.reads import file_catalog

DIGESTED = """
import sys
from syncd.catalog import FileSource
from syncd.config import FileCatalog

mapping = {"id": "sku", "part_number": "mpn"}
catalog = FileCatalog.model_validate({"type": "file", "path": sys.argv[1], "mapping": mapping})
with FileSource(catalog, "meaning").read(None) as snapshot:
    snapshot.digest()
    print("duckdb" in sys.modules)
"""


def test_a_rewrite_that_keeps_size_and_time_shows_all_the_same(tmp_path: Path) -> None:
    file = tmp_path / "catalog.csv"
    file.write_bytes(b"sku,mpn,origin\nA,1,DK\n")
    os.utime(file, ns=(0, 0))
    source = FileSource(file_catalog(file), "meaning")
    before, changed = source.position(), file.stat().st_ctime_ns

    while file.stat().st_ctime_ns == changed:  # the kernel's clock ticks every few milliseconds
        file.write_bytes(b"sku,mpn,origin\nA,2,DK\n")
        os.utime(file, ns=(0, 0))

    assert source.position().identity == before.identity
    assert source.position() != before


def test_a_snapshot_notices_that_its_files_were_written_since(tmp_path: Path) -> None:
    file = tmp_path / "catalog.csv"
    file.write_bytes(b"sku,mpn,origin\nA,1,DK\n")
    source = FileSource(file_catalog(file), "meaning")

    with source.read(None) as snapshot:
        assert snapshot.is_as_it_was()
        file.write_bytes(b"sku,mpn,origin\nA,1,DK\nB,1,DK\n")
        assert not snapshot.is_as_it_was()
        file.unlink()
        assert not snapshot.is_as_it_was()


def test_a_digest_can_be_had_while_a_comparison_goes_on(tmp_path: Path) -> None:
    file = tmp_path / "catalog.csv"
    file.write_bytes(b"sku,mpn,origin\n" + b"".join(b"%d,1,DK\n" % n for n in range(20_000)))
    source = FileSource(file_catalog(file), "meaning")

    with (
        source.read(None) as snapshot,
        ThreadPoolExecutor(1) as beside,
        snapshot.compare(None) as comparison,
    ):
        rows = every_row(comparison)
        taken = len(next(rows))
        digest = beside.submit(snapshot.digest).result(timeout=30)
        assert taken < taken + sum(map(len, rows)) == 20_000
        assert snapshot.is_as_it_was()

    with source.read(None) as snapshot:
        assert snapshot.digest() == digest


def test_the_engine_is_not_loaded_to_see_that_a_small_file_has_the_same_bytes(
    tmp_path: Path,
) -> None:
    file = tmp_path / "catalog.csv"
    file.write_bytes(b"sku,mpn,origin\nA,1,DK\n")
    command = [sys.executable, "-c", DIGESTED, str(file)]
    told = subprocess.run(command, capture_output=True, text=True, check=True)

    assert told.stdout == "False\n"
