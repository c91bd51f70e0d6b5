"""A last line that counts the rows vouches for them, or puts the read into doubt."""

from __future__ import annotations

import pytest

from syncd.errors import CatalogError, SuspectCatalogError
from tests.integration.catalog.conftest import HEADER, Catalog, gzipped

FORM = "# rows: {count}"
ROWS = HEADER + b"A,P,DK\nB,P,US\n"
SAYS_SO = "its trailer counts as many records"


@pytest.mark.parametrize(
    ("content", "form"),
    [
        (ROWS + b"# rows: 2\n", FORM),
        (ROWS + b"# rows: 2", FORM),
        (ROWS + b"# rows: 002  \r\n\r\n", FORM),
        (ROWS + b"T;2026-11-21 20:31;2;x\n", "T;*;{count};*"),
        (ROWS + b"(2) [rows].\n", "({count}) [rows]."),
    ],
)
def test_a_trailer_vouches_for_what_it_counts(catalog: Catalog, content: bytes, form: str) -> None:
    catalog.write(content)

    found = catalog.read(trailer=form)

    assert found.ids == ["A", "B"]
    assert found.certificate.complete
    assert found.certificate.records == 2
    assert SAYS_SO in found.certificate.evidence


@pytest.mark.parametrize(
    ("content", "doubt"),
    [
        (ROWS + b"# rows: 3\n", "the trailer of catalog.csv counts 3 records, but it has 2"),
        (ROWS, "catalog.csv does not end with its trailer, so it may be cut short"),
        (ROWS + b"# rows: 2\n# rows: 2\nC,P,DK\n", "does not end with its trailer"),
    ],
)
def test_another_number_or_no_trailer_is_a_doubt(
    catalog: Catalog, content: bytes, doubt: str
) -> None:
    catalog.write(content)

    certificate = catalog.read(trailer=FORM).certificate

    assert any(doubt in one for one in certificate.doubts)
    assert SAYS_SO not in certificate.evidence


def test_records_that_cannot_be_read_are_counted_as_well(catalog: Catalog) -> None:
    catalog.write(ROWS + b"C,P\n# rows: 3\n")

    found = catalog.read(trailer=FORM)

    assert found.certificate.complete
    assert found.rule("C") == "the row has 2 values, but the header has 3 columns"


def test_wherever_the_file_is_cut_the_read_is_not_complete(catalog: Catalog) -> None:
    whole = ROWS + b"# rows: 2\n"
    complete = []
    between_rows = range(len(HEADER), len(ROWS), len(b"A,P,DK\n"))
    for size in [*between_rows, *range(len(ROWS), len(whole) + 1)]:
        catalog.write(whole[:size])
        if catalog.read(trailer=FORM).certificate.complete:
            complete.append(size)

    assert complete == [len(whole) - 1, len(whole)]


def test_other_lines_and_compressed_ones_may_have_one_too(catalog: Catalog) -> None:
    lines = b'{"sku": "A", "mpn": "P", "origin": "DK"}\n{"rows": 1}\n'
    catalog.write(lines, "a.jsonl")
    catalog.write(gzipped(ROWS + b"# rows: 2\n"), "a.csv.gz")

    assert catalog.read("a.jsonl", trailer='{"rows": {count}}').certificate.complete
    assert catalog.read("a.csv.gz", trailer=FORM).certificate.complete


def test_each_of_several_files_has_its_own(catalog: Catalog) -> None:
    catalog.write(ROWS + b"# rows: 2\n", "1.csv")
    catalog.write(HEADER + b"C,P,DK\n# rows: 1\n", "2.csv")
    assert (
        f"{SAYS_SO} (each of 2 files)" in catalog.read("*.csv", trailer=FORM).certificate.evidence
    )
    catalog.write(HEADER + b"C,P,DK\n# rows: 2\n", "2.csv")

    doubts = catalog.read("*.csv", trailer=FORM).certificate.doubts

    assert doubts == ("the trailer of 2.csv counts 2 records, but it has 1",)


def test_a_file_that_has_no_lines_cannot_have_one(catalog: Catalog) -> None:
    catalog.write('[{"sku": "A"}]', "a.json")

    with pytest.raises(CatalogError, match=r"cannot have the trailer that catalog\.trailer"):
        catalog.read("a.json", trailer=FORM)


def test_a_trailer_alone_is_no_catalog(catalog: Catalog) -> None:
    catalog.write("# rows: 0\n")

    with pytest.raises(SuspectCatalogError):
        catalog.read(trailer=FORM)
