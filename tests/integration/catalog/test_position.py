"""What a file shows of itself without being read."""

from __future__ import annotations

import os
from pathlib import Path

from syncd.catalog import FileSource
from tests.contract.catalog.reads import file_catalog


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
