"""A comparison goes by steps beyond the copy of fingerprints as by a copy that has them in it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from syncd.catalog import FileSource
from syncd.domain.attributes import ItemId
from syncd.ports import Fingerprints, every_row
from tests.contract.catalog.reads import Known, file_catalog, write_fingerprints

IDS = "ABCDEFGHIJ"
GONE = "gone"


def _source(folder: Path) -> FileSource:
    file = folder / "catalog.csv"
    file.write_text("sku,mpn,origin\n" + "".join(f"{each},1,DK\n" for each in IDS))
    return FileSource(file_catalog(file), "meaning")


def _found(
    source: FileSource, known: Fingerprints
) -> tuple[set[ItemId | None], list[ItemId], bool]:
    """The ids that differ, those that are missing, and whether the read is complete."""
    with source.read(None) as snapshot, snapshot.compare(known) as found:
        rows = {row.id for batch in every_row(found) for row in batch}
        missing = [id_ for batch in found.missing() for id_ in batch]
        return rows, missing, found.certificate.complete


def _step(file: Path, rows: Iterable[Known | tuple[str, str]]) -> Path:
    lines = []
    for id_, *values in rows:
        fingerprint, missing = (None, False) if values == [GONE] else values
        row = {"id": id_, "fingerprint": fingerprint, "missing": missing, "gone": values == [GONE]}
        lines.append(json.dumps(row) + "\n")
    file.write_text("".join(lines))
    return file


@pytest.fixture
def fingerprints(tmp_path: Path) -> dict[str, int]:
    """Those of the catalog's rows."""
    nothing = write_fingerprints(tmp_path / "nothing.parquet", ())
    with _source(tmp_path).read(None) as snapshot, snapshot.compare(nothing) as found:
        blocks = list(found.new())
    return {
        id_: fingerprint
        for block in blocks
        for id_, fingerprint in zip(block.ids, block.fingerprints, strict=True)
    }


def test_what_steps_say_goes_before_the_copy_and_the_last_of_them_before_all(
    tmp_path: Path, fingerprints: dict[str, int]
) -> None:
    right: list[Known] = [(id_, value, False) for id_, value in fingerprints.items()]
    stale: list[Known] = [(id_, 1, False) for id_ in "BC"]
    copy = write_fingerprints(
        tmp_path / "it's a [copy].parquet",
        [
            *(row for row in right if row[0] not in "BCHIJ"),
            *stale,
            ("Y", 5, False),
            ("Z", 6, False),
        ],
    )
    steps = (
        _step(
            tmp_path / "it's a [step]",
            [("B", 7, False), ("C", 8, True), ("Y", GONE), ("H", 9, False)],
        ),
        _step(tmp_path / "2", [row for row in right if row[0] in "BCHI"]),
        _step(tmp_path / "3", [("C", 8, False), ("X", 4, True), ("I", GONE)]),
    )
    source = _source(tmp_path)

    assert _found(source, Fingerprints(copy.copy, steps)) == ({"C", "I", "J"}, ["Z"], True)
    assert _found(source, Fingerprints(copy.copy, steps[:2])) == ({"J"}, ["Z"], True)


def test_a_row_that_steps_call_missing_comes_back_by_the_same_fingerprint(
    tmp_path: Path, fingerprints: dict[str, int]
) -> None:
    rows: list[Known] = [(id_, value, False) for id_, value in fingerprints.items()]
    copy = write_fingerprints(tmp_path / "copy.parquet", rows).copy
    missing = _step(tmp_path / "1", [("D", fingerprints["D"], True)])

    assert _found(_source(tmp_path), Fingerprints(copy)) == (set(), [], True)
    assert _found(_source(tmp_path), Fingerprints(copy, (missing,))) == ({"D"}, [], True)
