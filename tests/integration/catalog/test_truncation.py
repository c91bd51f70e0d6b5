"""A small file cut off at every one of its bytes is never taken for a whole one."""

from __future__ import annotations

import hashlib
from pathlib import Path

import duckdb
import pytest

from syncd.errors import CatalogError
from tests.contract.catalog.reads import Read
from tests.integration.catalog.conftest import HEADER, Catalog, gzipped, zstded

TABLE = HEADER + b'A,"1",DK\nB,2,\n'
LINES = b'{"sku":"A","mpn":"","origin":""}\n{"sku":"B"}\n'
ARRAY = b'[{"sku":"A","mpn":[1],"origin":"DK"},\n{"sku":"B","mpn":"2"}\n]\n'


def read_cut(catalog: Catalog, name: str, whole: bytes, length: int) -> Read | None:
    """Read the first bytes of a file; None where that is refused."""
    catalog.write(whole[:length], name)
    try:
        return catalog.read(name, [("A", 1, False), ("B", 2, False)])
    except CatalogError:
        return None


def passing_cuts(catalog: Catalog, name: str, whole: bytes, lengths: range) -> list[int]:
    """List the lengths at which a file that lost something passes for complete."""
    cuts = []
    for length in lengths:
        found = read_cut(catalog, name, whole, length)
        if found is not None and found.certificate.complete:
            cuts.append(length)
    return cuts


@pytest.mark.parametrize(
    ("name", "whole"),
    [
        ("catalog.csv.gz", gzipped(TABLE)),
        ("catalog.csv.zst", zstded(TABLE)),
        ("catalog.jsonl.gz", gzipped(LINES)),
    ],
)
def test_a_compressed_file_shows_every_cut(catalog: Catalog, name: str, whole: bytes) -> None:
    assert passing_cuts(catalog, name, whole, range(len(whole))) == []


def test_a_json_array_shows_every_cut_that_loses_a_record(catalog: Catalog) -> None:
    cuts = passing_cuts(catalog, "catalog.json", ARRAY, range(len(ARRAY)))

    assert cuts == [len(ARRAY) - 1]  # only the last line end is lost, which closes nothing


def test_a_parquet_file_shows_every_cut(catalog: Catalog, tmp_path: Path) -> None:
    path = tmp_path / "made.parquet"
    with duckdb.connect() as engine:
        select = "SELECT * FROM (VALUES ('A', '1', 'DK'), ('B', '2', NULL)) t(sku, mpn, origin)"
        engine.execute(f"COPY ({select}) TO '{path}' (FORMAT parquet)")
    whole = path.read_bytes()

    assert passing_cuts(catalog, "catalog.parquet", whole, range(0, len(whole), 17)) == []
    assert passing_cuts(catalog, "catalog.parquet", whole, range(len(whole) - 9, len(whole))) == []


def test_a_parquet_file_whose_footer_is_damaged_is_refused(catalog: Catalog) -> None:
    path = catalog.write(b"", "catalog.parquet")
    with duckdb.connect() as engine:
        select = "SELECT 'A' AS sku, '1' AS mpn, 'DK' AS origin"
        engine.execute(f"COPY ({select}) TO '{path}' (FORMAT parquet)")
    whole = path.read_bytes()
    footer = int.from_bytes(whole[-8:-4], "little")

    for place in (-8 - footer, -7 - footer):
        damaged = bytearray(whole)
        damaged[place] = 0xFF
        catalog.write(bytes(damaged), "catalog.parquet")
        with pytest.raises(CatalogError, match="reading it failed"):
            catalog.read("catalog.parquet")


@pytest.mark.parametrize(
    ("name", "whole", "boundary"),
    [
        ("catalog.csv", TABLE, TABLE.index(b"B,2")),
        ("catalog.jsonl", LINES, LINES.index(b'{"sku":"B"')),
    ],
)
def test_a_file_of_lines_shows_every_cut_but_one_between_two_lines(
    catalog: Catalog, name: str, whole: bytes, boundary: int
) -> None:
    """Nothing in the file tells such a cut from a product that is gone; max_shrink is for that."""
    assert passing_cuts(catalog, name, whole, range(len(whole))) == [boundary]


@pytest.mark.parametrize(("name", "whole"), [("catalog.csv", TABLE), ("catalog.jsonl", LINES)])
def test_with_a_checksum_beside_it_a_file_of_lines_shows_every_cut(
    catalog: Catalog, name: str, whole: bytes
) -> None:
    catalog.write(hashlib.sha256(whole).hexdigest(), f"{name}.sha256")

    assert passing_cuts(catalog, name, whole, range(len(HEADER), len(whole), 3)) == []
    assert passing_cuts(catalog, name, whole, range(len(whole), len(whole) + 1)) == [len(whole)]


def test_a_cut_inside_a_row_leaves_every_id_that_is_there_alone(catalog: Catalog) -> None:
    """What can be read of a cut file is used, and an id that stands in it is not missing."""
    table = TABLE.replace(b'"', b"")
    for length in range(len(HEADER) + 1, len(table)):
        found = read_cut(catalog, "catalog.csv", table, length)
        assert found is not None
        sound = [row.id for row in found.rows if row.defect is None]
        assert sound == ["A"][: table[:length].count(b"\n") - 1]
        assert ("B" in found.missing) is (b"\nB" not in table[:length])
        assert "A" not in found.missing
