"""Damaged files: never is a part of one taken for the whole, and no damage becomes a value."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from syncd.catalog import passes, tables
from syncd.catalog.sql import Look
from syncd.errors import CatalogError, ExitCode, SuspectCatalogError
from syncd.ports import Advance
from tests.contract.catalog.reads import Known, Read, digest_of
from tests.integration.catalog.conftest import HEADER, Catalog, gzipped, zstded

KNOWN: list[Known] = [(item, 1, False) for item in ("A", "B", "C")]
_NO_ORIGIN: dict[str, object] = {"country_of_origin": None}


# ---------------------------------------------------------------------------- held rows


@pytest.mark.parametrize(
    ("record", "rule"),
    [
        (b"B,2", "the row has 2 values, but the header has 3 columns"),
        (b"B,2,US,x", "the row has 4 values, but the header has 3 columns"),
        (b"B,2,US,", "the row has 4 values, but the header has 3 columns"),
        (b'B,"2"x,US', "a quote stands where none may"),
        (b"B,\xff2,US", "not valid UTF-8"),
        (b"B,2\0,US", "NUL byte"),
    ],
)
def test_a_broken_record_is_held_under_its_id_and_the_others_go_on(
    catalog: Catalog, record: bytes, rule: str
) -> None:
    catalog.write(HEADER + b"A,1,DK\n" + record + b"\nC,3,DE\n")

    found = catalog.read(known=KNOWN)

    assert found.ids == ["A", "B", "C"]
    assert found.row("B").row == 3
    assert rule in found.rule("B")
    assert found.row("C").row == 4
    assert found.certificate.complete, found.certificate.doubts
    assert (found.missing, found.certificate.rows) == ((), 3)


def test_what_is_wrong_with_a_cell_is_said_of_its_attribute(catalog: Catalog) -> None:
    catalog.write(HEADER + b"A,1,D\xff\n")

    defect = catalog.read().row("A").defect

    assert defect is not None
    assert (defect.attribute, defect.value[:1]) == ("countryOfOrigin", "D")


def test_a_broken_record_is_told_at_every_read(catalog: Catalog) -> None:
    catalog.write(HEADER + b"A,1,DK\nB,2\n")
    known = catalog.read().known

    assert catalog.read(known=known).ids == ["B"]


def test_damage_in_columns_that_are_not_mapped_does_no_harm(catalog: Catalog) -> None:
    catalog.write(b"sku,mpn,origin,name\nA,1,DK,\xff\0\n")

    found = catalog.read()

    assert found.row("A").defect is None
    assert found.certificate.complete


@pytest.mark.parametrize("record", [b",2,US", b"\xff,2,US", b"  ,2,US", b'"B"x,2,US', b"B\0,2,US"])
def test_a_record_whose_id_cannot_be_known_may_be_anybodys(catalog: Catalog, record: bytes) -> None:
    catalog.write(HEADER + b"A,1,DK\n" + record + b"\nC,3,DE\n")

    found = catalog.read(known=KNOWN)

    assert found.row(None).row == 3
    assert found.certificate.doubts == (
        "row 3 of catalog.csv has no id that can be read, so it may be any product's",
    )


def test_an_id_in_a_later_column_of_a_broken_record_counts_where_it_is_known(
    catalog: Catalog,
) -> None:
    catalog.write("mpn,sku,origin\n1,A,DK\n2,B,US,x\n3,new,US,x\nC,3\n")

    found = catalog.read(known=KNOWN)

    assert found.row("B").row == 3
    assert [row.row for row in found.rows if row.id is None] == [4, 5]
    assert found.missing == ()  # C stands in row 5, though not where an id does
    assert not found.certificate.complete


def test_a_broken_record_with_a_whole_ones_id_repeats_it(catalog: Catalog) -> None:
    catalog.write(HEADER + b"A,1,DK\nB,2,US\n")
    known = catalog.read().known
    catalog.write(HEADER + b"A,1,DK\nB,2,US\nB,2\n")

    found = catalog.read(known=known)

    assert (found.ids, found.duplicates) == (["B"], 1)
    assert found.rule("B") == "the id stands in rows 3 and 4"


def test_repeated_ids_name_all_their_rows(catalog: Catalog) -> None:
    catalog.write(HEADER + b"A,1,DK\nB,2,US\n A,1,DK\nB,3\nA ,1,DK\nC,1,DK\n")

    found = catalog.read()

    assert found.rule("A") == "the id stands in rows 2, 4 and 6"
    assert found.rule("B") == "the id stands in rows 3 and 5"
    assert (found.duplicates, found.ids) == (2, ["A", "B", "C"])


def test_an_id_repeated_often_names_the_first_rows(catalog: Catalog) -> None:
    catalog.write(HEADER + b"A,1,DK\n" * 30)

    assert catalog.read().rule("A") == "the id stands in rows 2, 3, 4, 5, 6 and 25 more"


def test_a_field_of_ten_megabytes_holds_its_row_and_leaves_a_doubt(catalog: Catalog) -> None:
    catalog.write(HEADER + b"A,1,DK\nB," + b"x" * 10_000_000 + b",US\nC,3,DE\n")

    found = catalog.read(known=KNOWN)

    assert "no row is longer than 2,000,000 bytes" in found.rule("B")
    assert found.row("C").row == 4
    assert any("row 3" in doubt for doubt in found.certificate.doubts)


@pytest.mark.parametrize("closed", [b"", b'C,"3",DE\n'])
def test_a_quote_that_is_not_closed_where_it_should_leaves_a_doubt(
    catalog: Catalog, closed: bytes
) -> None:
    catalog.write(HEADER + b'A,1,DK\nB,"2,US\n' + closed)

    found = catalog.read(known=KNOWN)

    assert "A" in found.ids
    assert not found.certificate.complete


def test_a_quote_that_swallows_megabytes_leaves_a_doubt(catalog: Catalog) -> None:
    catalog.write(HEADER + b'A,1,DK\nB,"2,US\n' + b"X,1,DK\n" * 400_000)

    found = catalog.read(known=KNOWN)

    assert found.certificate.doubts == (
        "catalog.csv ends within quotes: one opened in row 3 or later is never closed",
    )


def test_the_blocks_of_zeros_that_a_crash_leaves_are_no_rows(catalog: Catalog) -> None:
    catalog.write(HEADER + b"A,1,DK\n" + b"\0" * 4096)

    found = catalog.read(known=KNOWN)

    assert found.ids == ["A", None]
    assert not found.certificate.complete


@pytest.mark.parametrize(
    ("line", "id", "complete"),
    [
        (b'{"sku": "B", "mpn": "2"', "B", True),
        (b'{"sku": "B", "mpn": tru}', "B", True),
        (b'{"mpn": {"sku": "X"}, "sku": "B", "origin": ]}', "B", True),
        (b'{"mpn": {"sku": "B"', None, False),
        (b'{"sku": "B', None, False),
        (b'{"sku": "B"', None, False),
        (b"[1, 2]", None, False),
        (b"null", None, False),
        (b'{"mpn": "2"}', None, False),
        (b'{"sku": "B", "mpn": "\xff"}', "B", True),
        (b'{"sku": "B", "mpn": "\\ud800"}', "B", True),
    ],
)
def test_a_line_that_is_no_object_is_held_under_the_id_that_stands_before_the_damage(
    catalog: Catalog, line: bytes, id: str | None, complete: bool
) -> None:
    sound = b'{"sku": "A", "mpn": "1", "origin": "DK"}\n'
    catalog.write(sound + line + b"\n" + sound.replace(b"A", b"C"), "catalog.jsonl")

    found = catalog.read("catalog.jsonl", KNOWN)

    assert found.row(id).row == 2
    assert found.row(id).defect is not None
    assert found.certificate.complete is complete
    assert found.missing == (() if b"B" in line else ("B",))


# ------------------------------------------------------------------- rows that were joined


@pytest.mark.parametrize(
    "joined",
    [
        b"A,1B,2",
        b"A,1\rB,2",
        b"A,1\vB,2",
        b"A,1\x1cB,2",
        "A,1\x85B,2".encode(),
        "A,1\u2028B,2".encode(),
        "A,P\u2028x,B,2".encode(),
        b"A,1,B,2",
        b'A,"1\nB,2"',
        b'A,"1\r\nB,2"',
        b'A,"1\rB,2"',
        b'A,"1\vB,2"',
        'A,"1\u2029B,2"'.encode(),
        b'A,"1\nB,"2',
        b'A,"1"B,2',
        b"AB",
        b'"A\nB",2',
    ],
)
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_a_row_that_is_joined_to_another_is_never_called_missing(
    catalog: Catalog, joined: bytes, line_end: bytes
) -> None:
    catalog.write(line_end.join([b"sku,mpn", b"A,1", b"B,2", b"C,3", b""]))
    known = catalog.read(known=(), mapping=_NO_ORIGIN).known
    catalog.write(line_end.join([b"sku,mpn", joined, b"C,3", b""]))

    found = catalog.read(known=known, mapping=_NO_ORIGIN)

    assert "B" not in missing_by(found)
    assert any(row.defect for row in found.rows)
    again = catalog.read(known=recorded(known, found), mapping=_NO_ORIGIN)
    assert "B" not in missing_by(again)


@pytest.mark.parametrize(
    "joined",
    [
        b'{"sku": "A", "mpn": "1"}{"sku": "B", "mpn": "2"}',
        b'{"sku": "A", "mpn": "1"},{"sku": "B", "mpn": "2"}',
        b'{"sku": "A", "mpn": "1"}\r{"sku": "B", "mpn": "2"}',
        '{"sku": "A", "mpn": "1"}\u2028{"sku": "B", "mpn": "2"}'.encode(),
        b'{"sku": "A", "mpn{"sku": "B", "mpn": "2"}',
        b'{"sku": "A", "mpn": "1"}{"sku": "\\u0042", "mpn": "2"}',
        b'{"sku": "A", "mpn": {"sku": "B", "mpn": "2"}}',
        b'{"sku": "A", "mpn": {"sku": "\\u0042", "mpn": "2"}}',
        b'[{"sku": "A", "mpn": "1"}, {"sku": "B", "mpn": "2"}]',
        b'{"sku": "A", "mpn": "1", "sku": "B", "mpn": "2"}',
        b'{"sku": "A", "mpn": "1", "sku": "\\u0042"}',
    ],
)
def test_an_object_that_is_joined_to_another_is_never_called_missing(
    catalog: Catalog, joined: bytes
) -> None:
    lines = [b'{"sku": "%s", "mpn": "1", "origin": "DK"}' % item for item in (b"A", b"B", b"C")]
    catalog.write(b"\n".join([*lines, b""]), "catalog.jsonl")
    known = catalog.read("catalog.jsonl").known
    catalog.write(b"\n".join([joined, lines[2], b""]), "catalog.jsonl")

    found = catalog.read("catalog.jsonl", known)

    assert "B" not in missing_by(found)
    assert any(row.defect for row in found.rows)
    assert "B" not in missing_by(catalog.read("catalog.jsonl", recorded(known, found)))


def test_an_id_that_the_mapping_translates_is_found_in_a_joined_row(catalog: Catalog) -> None:
    mapping = {**_NO_ORIGIN, "id": {"field": "sku", "values": {"old": "B"}}}
    known: list[Known] = [(item, 1, False) for item in ("A", "B", "C")]
    for joined in (b"A,1old,2", b'A,"1\nold,2"'):
        catalog.write(b"sku,mpn\n" + joined + b"\nC,3\n")

        assert "B" not in missing_by(catalog.read(known=known, mapping=mapping))


def test_a_broken_row_leaves_those_missing_of_which_it_holds_nothing(catalog: Catalog) -> None:
    catalog.write(HEADER + b"A,1,DK\nC,3,DE,x\n")

    found = catalog.read(known=KNOWN)

    assert missing_by(found) == {"B"}


def test_a_row_as_long_as_two_may_have_swallowed_an_id_that_is_damaged(catalog: Catalog) -> None:
    catalog.write(HEADER + b"A,1,DK\nC,3,D,2,US\n")

    assert catalog.read(known=KNOWN).certificate.doubts == (
        "row 3 of catalog.csv is broken and may have swallowed other rows",
    )


@pytest.mark.parametrize("broken", [b"C,3", b'C,"3\n4",US'])
def test_where_the_search_for_ids_would_take_too_long_the_read_is_in_doubt(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch, broken: bytes
) -> None:
    monkeypatch.setattr(tables, "_LOOKUPS", 1)
    catalog.write(HEADER + b"A,1,DK\n" + broken + b"\n")

    assert not catalog.read(known=KNOWN).certificate.complete
    assert catalog.read(known=[("A", 1, False), ("C", 1, False)]).certificate.complete


def test_line_breaks_in_columns_that_are_not_mapped_are_normal(catalog: Catalog) -> None:
    catalog.write(b'sku,mpn,origin,name\nA,"1 \n",DK,"x\ny\x0bz"\n')

    found = catalog.read(known=KNOWN)

    assert found.row("A").defect is None
    assert missing_by(found) == {"B", "C"}


def missing_by(found: Read) -> set[str]:
    """Give the ids that may be deleted after this read."""
    return set(found.missing) if found.certificate.complete else set()


def recorded(known: Iterable[Known], found: Read) -> list[Known]:
    """Give what a state knows after this read; rows that are told replace what was known."""
    later = {item: (item, fingerprint, missing) for item, fingerprint, missing in known}
    later |= {row.id: (row.id, row.fingerprint, False) for row in found.rows if row.id}
    return list(later.values())


# ------------------------------------------------------------------- the last record


def test_a_last_record_without_a_line_end_is_held_and_the_read_partial(catalog: Catalog) -> None:
    catalog.write(HEADER + b"A,1,DK\nB,2,US")

    found = catalog.read(known=KNOWN)

    assert "without a line end" in found.rule("B")
    assert found.row("A").defect is None
    assert found.certificate.doubts == (
        "catalog.csv does not end with a line end, so its last row may be cut off",
    )


def test_an_id_through_which_a_cut_may_go_is_not_taken_for_one(catalog: Catalog) -> None:
    catalog.write(b"mpn,origin,sku\n1,DK,A-1\n2,US,B-1")

    assert catalog.read().ids == ["A-1", None]


def test_a_short_last_record_without_a_line_end_gives_no_id_either(catalog: Catalog) -> None:
    catalog.write(HEADER + b"A,1,DK\nB")

    assert catalog.read(known=KNOWN).ids == ["A", None]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("catalog.csv", HEADER + b"A,1,DK\nB,2,US"),
        ("catalog.csv.gz", gzipped(HEADER + b"A,1,DK\nB,2,US")),
        ("catalog.csv.zst", zstded(HEADER + b"A,1,DK\nB,2,US")),
        ("catalog.jsonl", b'{"sku":"A","mpn":"1","origin":"DK"}\n{"sku":"B","mpn":"2"}'),
    ],
)
def test_the_last_line_end_may_be_optional(catalog: Catalog, name: str, content: bytes) -> None:
    catalog.write(content, name)

    assert not catalog.read(name).certificate.complete
    found = catalog.read(name, final_newline="optional")
    assert found.certificate.complete
    assert found.row("B").defect is None


# ------------------------------------------------------------------- checksums beside a file


def test_a_checksum_that_matches_vouches_for_the_last_record(catalog: Catalog) -> None:
    path = catalog.write(HEADER + b"A,1,DK\nB,2,US")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    catalog.write(f"{digest}  catalog.csv\n", "catalog.csv.sha256")

    found = catalog.read()

    assert found.row("B").defect is None
    assert found.certificate.complete
    assert "the SHA-256 beside it matches" in found.certificate.evidence


@pytest.mark.parametrize(
    ("sidecar", "doubt"),
    [
        (
            "0" * 64 + "  catalog.csv\n",
            "catalog.csv does not have the SHA-256 that catalog.csv.sha",
        ),
        ("nonsense\n", "catalog.csv.sha256 holds no SHA-256"),
        ("", "catalog.csv.sha256 holds no SHA-256"),
    ],
)
def test_a_checksum_that_does_not_match_leaves_a_doubt(
    catalog: Catalog, sidecar: str, doubt: str
) -> None:
    catalog.write(HEADER + b"A,1,DK\n")
    catalog.write(sidecar, "catalog.csv.sha256")

    (found,) = catalog.read().certificate.doubts

    assert found.startswith(doubt)


def test_a_checksum_that_comes_later_makes_the_source_another(catalog: Catalog) -> None:
    path = catalog.write(HEADER + b"A,1,DK\n")
    position, digest = catalog.source().position(), digest_of(catalog.source())
    catalog.write(hashlib.sha256(path.read_bytes()).hexdigest(), "catalog.csv.sha256")

    assert catalog.source().position().identity != position.identity
    assert digest_of(catalog.source()) != digest


# ------------------------------------------------------------------- no catalog at all


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("catalog.csv", b""),
        ("catalog.jsonl", b""),
        ("catalog.json", b""),
        ("catalog.csv.gz", gzipped(b"")),
        ("catalog.csv", b"<!DOCTYPE html>\n<html><body>503</body></html>\n"),
        ("catalog.csv", b"A,1,DK\nB,2,US\n"),
        ("catalog.csv", b"\nsku,mpn,origin\nA,1,DK\n"),
        ("catalog.csv", b"sku;mpn;origin\nA;1;DK\n"),
    ],
)
def test_an_empty_or_headless_file_is_suspect_and_stops_like_a_guard(
    catalog: Catalog, name: str, content: bytes
) -> None:
    catalog.write(content, name)

    with pytest.raises(SuspectCatalogError) as raised:
        catalog.read(name)

    assert raised.value.exit_code is ExitCode.GUARD_STOPPED


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("catalog.csv", HEADER),
        ("catalog.csv", HEADER + b"\n\n"),
        ("catalog.json", b"[]"),
        ("catalog.jsonl", b"\n"),
    ],
)
def test_a_catalog_without_rows_is_no_proof_that_every_product_is_gone(
    catalog: Catalog, name: str, content: bytes
) -> None:
    catalog.write(content, name)

    found = catalog.read(name, KNOWN)

    assert found.certificate.rows == 0
    assert "no proof that every product is gone" in found.certificate.doubts[0]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("catalog.csv", "sku,mpn,origin\nA,1,DK\n".encode("utf-16"), "not written in UTF-8"),
        ("catalog.csv", b"sku,mpn,origin,\xff\nA,1,DK,x\n", "not written in UTF-8"),
        ("catalog.csv", HEADER.replace(b"\n", b"\r") + b"A,1,DK\r", "carriage return"),
        ("catalog.csv", HEADER.replace(b"\n", b"\r") + b"A,1,DK\nB,2,US\n", "carriage return"),
        ("catalog.csv.gz", b"sku,mpn,origin\n", "no gzip file at all"),
        ("catalog.csv.zst", b"sku,mpn,origin\n", "no zstd file at all"),
        ("catalog.csv.zst", b"", "ended before the end-of-stream marker"),
        ("catalog.parquet", b"sku,mpn,origin\n", "cannot be read as what its ending says"),
        ("catalog.csv", b"sku," + b"x" * 200_000, "its header cannot be read"),
        ("catalog.csv", b'sku,"mpn"x,origin\nA,1,DK\n', "its header cannot be read"),
        ("catalog.json", b'{"sku": "A"}', "does not begin with \\["),
        ("catalog.json", b'[{"sku": "A", "mpn": tru}]', "cannot be read as what its ending says"),
    ],
)
def test_what_cannot_be_read_gives_one_clear_message(
    catalog: Catalog, name: str, content: bytes, said: str
) -> None:
    catalog.write(content, name)

    with pytest.raises(CatalogError, match=said) as raised:
        catalog.read(name)

    assert raised.value.next_step
    assert ".plain" not in str(raised.value)  # no name that only we know


def test_a_header_that_has_swallowed_the_first_row_leaves_a_doubt(catalog: Catalog) -> None:
    catalog.write(b"sku,mpn,origin,A,1,DK\nB,2,US\nC,3,CA\n")

    found = catalog.read(known=KNOWN)

    assert "none of the rows of catalog.csv can be read" in found.certificate.doubts[0]


# ------------------------------------------------------------------- while it is read


@pytest.mark.parametrize("name", ["catalog.csv", "catalog.jsonl"])
def test_a_reader_that_loses_records_is_found_out(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    line = b'{"sku": "A", "mpn": "1", "origin": "DK"}\n'
    catalog.write(HEADER + b"A,1,DK\n" * 3 if name == "catalog.csv" else line * 3, name)
    count_by = passes.Passes.count_by

    def lose_one(self: passes.Passes, look: Look) -> passes.Counts:
        counts = count_by(self, look)
        return replace(counts, accepted=(counts.accepted[0] - 1,))

    monkeypatch.setattr(passes.Passes, "count_by", lose_one)

    assert catalog.read(name).certificate.doubts == (
        f"{name} has another number of records than the 2 that came out of reading it",
    )


def test_a_file_that_grows_while_it_is_read_leaves_a_doubt(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = catalog.write(HEADER + b"A,1,DK\n")
    during(monkeypatch, lambda: path.write_bytes(path.read_bytes() + b"B,2,US\n"))

    doubts = catalog.read().certificate.doubts

    assert "catalog.csv was changed while it was read" in doubts


def test_a_file_that_is_replaced_while_it_is_read_leaves_a_doubt(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = catalog.write(HEADER + b"A,1,DK\n")
    other = catalog.write(path.read_bytes(), "other.csv")
    status = path.stat()
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
    during(monkeypatch, lambda: other.replace(path))

    assert catalog.read().certificate.doubts == ("catalog.csv was changed while it was read",)


def test_a_file_that_goes_while_it_is_read_leaves_a_doubt(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = catalog.write(gzipped(HEADER + b"A,1,DK\n"), "catalog.csv.gz")
    during(monkeypatch, path.unlink)

    (doubt,) = catalog.read("catalog.csv.gz").certificate.doubts

    assert "there is no such file" in doubt


def test_a_file_that_joins_a_glob_while_it_is_read_leaves_a_doubt(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog.write(HEADER + b"A,1,DK\n", "a.csv")
    during(monkeypatch, lambda: catalog.write(HEADER + b"B,1,DK\n", "b.csv"))

    doubts = catalog.read("*.csv").certificate.doubts

    assert doubts == ("while they were read, files came or went",)


def during(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Let something happen once all records have been read."""
    run = passes.Passes.run

    def run_and_act(self: passes.Passes, advance: Advance) -> passes.Counts:
        counts = run(self, advance)
        act()
        return counts

    monkeypatch.setattr(passes.Passes, "run", run_and_act)


def test_nothing_is_left_behind(
    catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rooms = tmp_path / "rooms"
    rooms.mkdir()
    monkeypatch.setenv("TMPDIR", str(rooms))
    monkeypatch.setattr("tempfile.tempdir", None)
    catalog.write(gzipped(HEADER + b"A,1,DK\n"), "catalog.csv.gz")

    assert catalog.read("catalog.csv.gz").ids == ["A"]
    catalog.write(gzipped(HEADER + b"A,1,DK\n")[:-9], "catalog.csv.gz")
    with pytest.raises(CatalogError):
        catalog.read("catalog.csv.gz")

    assert list(rooms.iterdir()) == []
