"""Which files a path or glob names, and what is said where one cannot be read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from syncd.errors import CatalogError
from tests.contract.catalog.reads import digest_of
from tests.integration.catalog.conftest import HEADER, Catalog, gzipped

ROW = HEADER + b"A,1,DK\n"


def test_a_glob_reads_several_files_as_one_whatever_their_columns(catalog: Catalog) -> None:
    catalog.write(HEADER + b"A,1,DK\n", "1.csv")
    catalog.write(gzipped(b"origin,x,mpn,sku\nUS,?,2,B\n"), "2.csv.gz")
    catalog.write(b'{"sku": "C", "mpn": 3, "origin": "DE"}\n', "3.jsonl")

    found = catalog.read("[0-9].*")

    assert found.table() == {"A": ("1", "DK"), "B": ("2", "US"), "C": ("3", "DE")}
    assert {row.id: (row.file, row.row) for row in found.rows} == {
        "A": ("1.csv", 2),
        "B": ("2.csv.gz", 2),
        "C": ("3.jsonl", 1),
    }
    assert found.certificate.complete
    assert (found.certificate.rows, found.certificate.records) == (3, 3)


def test_an_id_repeated_over_files_names_each(catalog: Catalog) -> None:
    catalog.write(ROW, "a.csv")
    catalog.write(HEADER + b"B,1,DK\nA,1,DK\n", "b.csv")

    found = catalog.read("*.csv")

    assert found.rule("A") == "the id stands in row 2 of a.csv and row 3 of b.csv"
    assert found.duplicates == 1


def test_rejected_rows_are_counted_by_file(catalog: Catalog) -> None:
    catalog.write(HEADER + b"A,1\nB,1,DK\n", "a.csv")
    catalog.write(HEADER + b"C,1,DK\nD,1\nE,1,DK\n", "b.csv")

    found = {row.id: (row.file, row.row) for row in catalog.read("*.csv").rows}

    assert found == {
        "A": ("a.csv", 2),
        "B": ("a.csv", 3),
        "C": ("b.csv", 2),
        "D": ("b.csv", 3),
        "E": ("b.csv", 4),
    }


def test_one_file_needs_no_name_beside_its_rows(catalog: Catalog) -> None:
    catalog.write(ROW)

    assert catalog.read().row("A").file is None


def test_files_of_the_same_name_are_told_apart_by_their_folders(catalog: Catalog) -> None:
    catalog.write(ROW, "x/part.csv")
    catalog.write(HEADER + b"B,1,DK\n", "y/part.csv")

    files = {row.id: row.file for row in catalog.read("*/part.csv").rows}

    assert files == {
        "A": str(catalog.folder / "x/part.csv"),
        "B": str(catalog.folder / "y/part.csv"),
    }


def test_one_damaged_file_of_several_stops_the_read(catalog: Catalog) -> None:
    catalog.write(ROW, "a.csv")
    catalog.write(b"", "b.csv")

    with pytest.raises(CatalogError, match=r"b\.csv: it is an empty file"):
        catalog.read("*.csv")


def test_checksum_files_are_no_part_of_a_glob(catalog: Catalog) -> None:
    catalog.write(ROW, "a.csv")
    catalog.write("nonsense", "a.csv.sha256")

    assert catalog.read("a.*").ids == ["A"]


def test_a_path_with_the_characters_of_a_glob_may_name_one_file(catalog: Catalog) -> None:
    catalog.write(ROW, "[a] it's *.csv")

    assert catalog.read("[a] it's *.csv").ids == ["A"]


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("catalog.csv", "there is no such file.*catalog.path"),
        ("*.csv", "no file matches this glob.*catalog.path"),
        ("folder", "it is a folder"),
        ("/", "it is a folder"),
        ("loop.csv", "it cannot be read"),
    ],
)
def test_a_source_that_is_not_there_is_said_plainly(
    catalog: Catalog, pattern: str, said: str
) -> None:
    (catalog.folder / "folder").mkdir()
    (catalog.folder / "loop.csv").symlink_to("loop.csv")
    if pattern == "*.csv":
        (catalog.folder / "loop.csv").unlink()
    source = catalog.source(pattern)

    with pytest.raises(CatalogError, match=said):
        source.position()
    with pytest.raises(CatalogError, match=said):
        catalog.read(pattern)


def test_a_file_that_the_user_may_not_read_is_said_plainly(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog.write(ROW)

    def refuse(path: Path, *_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", refuse)  # root may read every file

    with pytest.raises(CatalogError, match=r"Permission denied.*Let the user who runs syncd read"):
        digest_of(catalog.source())


def test_a_full_disk_is_said_plainly(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    catalog.write(gzipped(ROW), "catalog.csv.gz")

    really_open = os.open

    def refuse(path: str, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        if flags & os.O_WRONLY:
            raise OSError(28, "No space left on device")
        return really_open(path, flags, mode, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", refuse)

    with pytest.raises(CatalogError, match=r"No space left on device.*TMPDIR"):
        catalog.read("catalog.csv.gz")


def test_too_little_memory_is_said_plainly(catalog: Catalog) -> None:
    rows = "".join(f"A{number},{'x' * 200},DK\n" for number in range(60_000))
    catalog.write(HEADER + rows.encode())

    with pytest.raises(CatalogError, match=r"more than 4MB of memory.*catalog\.memory_limit"):
        catalog.read(memory_limit="4MB")


@pytest.mark.parametrize("change", ["size", "time", "inode"])
def test_the_identity_changes_with_size_time_and_inode(catalog: Catalog, change: str) -> None:
    path = catalog.write(ROW)
    status = path.stat()
    before = catalog.source().position()

    match change:
        case "size":
            path.write_bytes(ROW + b"B,2,DK\n")
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
        case "time":
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1))
        case _:
            other = catalog.write(ROW, "other.csv")
            os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
            other.replace(path)

    assert catalog.source().position().identity != before.identity


def test_evidence_tells_what_was_checked(catalog: Catalog) -> None:
    catalog.write(gzipped(HEADER + b"A,1,DK\nB,2,US\n"), "a.csv.gz")
    catalog.write(gzipped(HEADER + b"C,1,DK\n"), "b.csv.gz")

    assert catalog.read("*.gz").certificate.evidence == (
        "size, time and inode were the same before and after reading (each of 2 files)",
        "its records, counted apart from reading them, are 3, as many as were read",
        "it was decompressed up to its end mark (each of 2 files)",
        "its last line has its line end (each of 2 files)",
    )


def test_the_source_is_called_by_its_path(catalog: Catalog) -> None:
    catalog.write(ROW)

    assert catalog.source().name == str(catalog.folder / "catalog.csv")
    assert catalog.read().certificate.source == catalog.source().name
