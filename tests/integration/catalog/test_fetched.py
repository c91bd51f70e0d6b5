"""Spools that a fetcher wrote are read like files, and say whose they are."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pytest

from syncd.catalog import FetchedSource
from syncd.domain.attributes import ItemId
from syncd.domain.snapshot import CatalogRow, Certificate, Scope
from syncd.errors import CatalogError, SuspectCatalogError, VanishedColumnError
from syncd.ports import every_row
from tests.contract.catalog.reads import Read, digest_of, file_catalog, origin_of, read
from tests.fakes.fetcher import FakeFetcher, Record

NAME = "shop at db.example"


@dataclass
class Fetching:
    """A fetcher, and what comes of reading what it writes."""

    folder: Path
    fetcher: FakeFetcher = field(default_factory=FakeFetcher)
    keys: dict[str, Any] = field(default_factory=dict)

    @property
    def source(self) -> FetchedSource:
        return FetchedSource(self.fetcher, file_catalog("nowhere", **self.keys), "meaning-1")

    def read(self) -> Read:
        return read(self.source, self.folder)

    def changes(self, since: str = "0") -> Changes:
        with self.source.read(since) as snapshot, snapshot.compare(None) as found:
            assert snapshot.scope is Scope.CHANGES
            rows = tuple(row for batch in every_row(found) for row in batch)
            gone = tuple(item for batch in found.missing() for item in batch)
            assert found.missing_count() == len(gone)
            return Changes(found.certificate, rows, gone, snapshot.watermark)


@dataclass(frozen=True)
class Changes:
    certificate: Certificate
    rows: Sequence[CatalogRow]
    gone: Sequence[ItemId]
    watermark: str | None


@pytest.fixture
def fetching(tmp_path: Path) -> Fetching:
    return Fetching(tmp_path)


def record(item: object, origin: object = "DK", mpn: str = "P") -> Record:
    return {"sku": item, "mpn": mpn, "origin": origin}


def lines(*records: Record) -> bytes:
    return "".join(f"{json.dumps(one)}\n" for one in records).encode()


class TestTheCertificate:
    def test_has_the_fetchers_evidence_and_the_count_made_here(self, fetching: Fetching) -> None:
        fetching.fetcher.records = [record("A"), record("B")]

        certificate = fetching.read().certificate

        assert certificate.complete
        assert certificate.source == NAME
        assert certificate.evidence == (
            "the test says so",
            "its records, counted apart from reading them, are 2, as many as were read",
        )

    def test_has_the_fetchers_doubts_and_is_then_not_complete(self, fetching: Fetching) -> None:
        fetching.fetcher.records = [record("A")]
        fetching.fetcher.doubts = ("page 3 came twice",)

        certificate = fetching.read().certificate

        assert not certificate.complete
        assert certificate.doubts == ("page 3 came twice",)

    def test_doubts_a_spool_that_was_cut(self, fetching: Fetching) -> None:
        fetching.fetcher.spools = {"body.csv": b"sku,mpn,origin\nA,P,DK\nB,P,D"}

        found = fetching.read()

        assert found.certificate.doubts == (
            f"{NAME} does not end with a line end, so its last row may be cut off",
        )
        assert found.row("B").defect is not None

    def test_doubts_an_id_that_stands_on_two_pages(self, fetching: Fetching) -> None:
        """Its row may have moved to the later one, and have pushed another out of both."""
        fetching.fetcher.records = [{"sku": item, "mpn": "1", "origin": "DK"} for item in "ABAB"]
        in_one_piece = fetching.read().certificate
        fetching.fetcher.in_pages = True
        in_pages = fetching.read().certificate

        assert in_one_piece.complete
        (doubt,) = in_pages.doubts
        assert doubt.startswith('"A" came more than once (and 1 more like it): rows may have moved')

    @pytest.mark.parametrize("kinds", ["no no", "no yes", "yes no"])
    def test_doubts_an_id_on_two_pages_though_the_filter_leaves_it_out(
        self, fetching: Fetching, kinds: str
    ) -> None:
        fetching.fetcher.records = [
            {"sku": item, "mpn": "1", "origin": "DK", "sold": sold}
            for item, sold in zip(
                "ABA", [*kinds.split()[:1], "yes", *kinds.split()[1:]], strict=True
            )
        ]
        fetching.fetcher.in_pages = True
        fetching.keys = {"filter": {"sold": ["yes"]}}

        (doubt,) = fetching.read().certificate.doubts

        assert doubt.startswith('"A" came more than once: rows may have moved')

    def test_of_changes_does_not_mind_that(self, fetching: Fetching) -> None:
        fetching.fetcher.in_pages = True
        fetching.fetcher.log = [{"sku": "A", "mpn": part, "origin": "DK"} for part in "12"]

        assert fetching.changes().certificate.doubts == ()


class TestFormats:
    def test_csv_json_lines_and_parquet_come_out_alike(self, fetching: Fetching) -> None:
        rows = [record("A", None, 'x "y", z\nw'), record("B", "US")]
        spool = fetching.folder / "made.jsonl"
        spool.write_bytes(lines(*rows))
        made = fetching.folder / "made.parquet"
        with duckdb.connect() as engine:
            engine.read_json(str(spool)).write_parquet(str(made))
        csv = b'sku,mpn,origin\r\nA,"x ""y"", z\nw",\r\nB,P,US\r\n'
        found = []
        for name, content in {
            "a.jsonl": lines(*rows),
            "a.csv": csv,
            "a.parquet": made.read_bytes(),
            "a.jsonl.gz": gzip.compress(lines(*rows)),
        }.items():
            fetching.fetcher.spools = {name: content}
            found.append((name, fetching.read()))
        tables = {
            name: [origin_of(row) for row in sorted(one.rows, key=str)] for name, one in found
        }
        assert set(map(tuple, tables.values())) == {(None, "US")}

    def test_rows_are_numbered_from_the_first_record_on(self, fetching: Fetching) -> None:
        fetching.fetcher.spools = {"a.csv": b"sku,mpn,origin\nA,P,DK\nB,P\n,P,DK\nC,P,DK\n"}
        of_table = fetching.read()
        fetching.fetcher.spools = {"a.jsonl": lines(record("A"), record(None), record("C"))}
        of_lines = fetching.read()

        assert (of_table.row("A").row, of_table.row("C").row) == (1, 4)
        assert (of_table.row("B").row, of_table.row(None).row) == (2, 3)
        assert f"row 3 of {NAME} has no id" in of_table.certificate.doubts[0]
        assert [of_lines.row(item).row for item in ("A", None, "C")] == [1, 2, 3]

    def test_several_spools_are_one_catalog(self, fetching: Fetching) -> None:
        fetching.fetcher.spools = {
            "page-1.jsonl": lines(record("A"), record("B")),
            "page-2.jsonl": b"",
            "page-3.jsonl": lines(record("C"), record("A")),
        }

        found = fetching.read()

        assert found.ids == ["A", "B", "C"]
        assert (found.row("C").file, found.row("C").row) == ("page-3.jsonl", 1)
        assert found.rule("A") == (
            "the id stands in row 1 of page-1.jsonl and row 2 of page-3.jsonl"
        )


class TestBadSpools:
    @pytest.mark.parametrize("scope", ["whole", "changes"])
    def test_an_enormous_a_nul_and_a_broken_field_are_held_rows(
        self, fetching: Fetching, scope: str
    ) -> None:
        fetching.fetcher.log = []
        fetching.fetcher.spools = {
            "a.jsonl": lines(record("A"), record("huge", "x" * 10_000_000), record("nul", "D\0K"))
            + b'{"sku": "bad", "mpn": "\xff\xfe", "origin": "DK"}\n'
            + lines(record("B"))
        }
        found = fetching.read() if scope == "whole" else fetching.changes()

        held = {row.id: row.defect.rule for row in found.rows if row.defect is not None}
        assert held == {
            "huge": "no record is longer than 2,000,000 bytes",
            "nul": "the text has a NUL character",
            "bad": "the text is not valid UTF-8",
        }
        assert {row.id for row in found.rows} - held.keys() == {"A", "B"}

    def test_a_spool_that_is_no_json_at_all_gives_no_usable_row(self, fetching: Fetching) -> None:
        fetching.fetcher.spools = {"a.jsonl": b"<html>\n<p>Please log in</p>\n</html>\n"}

        with pytest.raises(CatalogError) as caught:
            fetching.read()
        assert str(fetching.folder) not in str(caught.value)

    def test_nothing_at_all_is_suspect(self, fetching: Fetching) -> None:
        with pytest.raises(SuspectCatalogError, match=f"{NAME}: it gave no rows at all"):
            fetching.read()

    @pytest.mark.parametrize(
        ("name", "content", "said"),
        [
            ("a.csv", b"sku,mpn,orgin\nA,P,DK\n", 'no column "origin".*nearest is "orgin"'),
            ("a.jsonl", lines({"sku": "A", "mpn": "P", "orgin": "DK"}), 'no column "origin"'),
            ("a.csv", b"a,b\n1,2\n", "lost its header"),
            ("a.csv", "sku,mpn,größe\n".encode("utf-16"), "not written in UTF-8"),
            ("a.csv", b"sku,mpn,origin,sku\nA,P,DK,B\n", 'two of its columns are called "sku"'),
            ("a.jsonl.gz", gzip.compress(lines(record("A")), mtime=0)[:-9], "cut short or damaged"),
        ],
    )
    def test_what_cannot_be_read_names_the_source_and_no_temporary_file(
        self, fetching: Fetching, name: str, content: bytes, said: str
    ) -> None:
        fetching.fetcher.spools = {name: content}

        with pytest.raises(CatalogError, match=said) as caught:
            fetching.read()
        assert caught.value.thing == NAME
        assert "/tmp" not in str(caught.value)  # noqa: S108 - it is what must not be there


class TestThePosition:
    def test_is_empty_where_the_source_shows_nothing(self, fetching: Fetching) -> None:
        position = fetching.source.position()

        assert not position.is_as(position)
        assert position.is_rewrite_of(position)

    def test_has_another_meaning_under_other_settings_of_the_fetcher(
        self, fetching: Fetching
    ) -> None:
        before = fetching.source.position().meaning
        fetching.fetcher.settings = "settings-2"

        assert fetching.source.position().meaning != before

    def test_other_settings_of_the_fetcher_leave_the_fingerprints(self, fetching: Fetching) -> None:
        fetching.fetcher.records = [record("A")]
        known = fetching.read().known
        fetching.fetcher.settings = "settings-2"

        assert read(fetching.source, fetching.folder, known).rows == ()


class TestChanges:
    def test_bring_rows_and_what_was_deleted_and_prove_nothing(self, fetching: Fetching) -> None:
        fetching.fetcher.log = [record("A"), record("B"), record("B", "US")]
        fetching.fetcher.deleted = ["C"]

        found = fetching.changes("2")

        assert [(row.id, origin_of(row)) for row in found.rows] == [("B", "US")]
        assert found.gone == ("C",)
        assert found.watermark == "3"
        assert (found.certificate.scope, found.certificate.since) == (Scope.CHANGES, "2")
        assert not found.certificate.complete
        assert found.certificate.doubts == ()

    def test_may_be_none(self, fetching: Fetching) -> None:
        fetching.fetcher.log = [record("A")]

        found = fetching.changes("1")

        assert (found.rows, found.gone) == ((), ())
        assert (found.certificate.records, found.certificate.doubts) == (0, ())

    def test_that_come_twice_alike_are_one_row(self, fetching: Fetching) -> None:
        fetching.fetcher.log = [record("A"), record("B"), record("A")]

        found = fetching.changes()

        assert sorted((str(row.id), row.defect) for row in found.rows) == [("A", None), ("B", None)]

    def test_that_contradict_each_other_are_held(self, fetching: Fetching) -> None:
        fetching.fetcher.log = [record("A"), record("A", "US"), record("A")]

        (row,) = fetching.changes().rows

        assert row.defect is not None
        assert row.defect.rule == "the id stands in rows 1 and 2"

    def test_deleted_ids_go_through_the_mapping_like_others(self, fetching: Fetching) -> None:
        fetching.keys["mapping"] = {"id": {"field": "sku", "values": {"C": "see"}}}
        fetching.fetcher.log = []
        fetching.fetcher.deleted = [" C ", "D", "D", "", 'quo"te\n']

        assert sorted(fetching.changes().gone) == ["D", 'quo"te', "see"]

    def test_an_id_that_is_deleted_and_there_is_there(self, fetching: Fetching) -> None:
        fetching.fetcher.log = [record("A")]
        fetching.fetcher.deleted = ["A"]

        found = fetching.changes()

        assert [row.id for row in found.rows] == ["A"]
        assert found.gone == ()

    def test_give_no_watermark_where_they_are_in_doubt(self, fetching: Fetching) -> None:
        fetching.fetcher.log = [record("A")]
        fetching.fetcher.doubts = ("page 3 came twice",)

        assert fetching.changes().watermark is None

    def test_that_all_lack_a_column_are_told_apart(self, fetching: Fetching) -> None:
        fetching.fetcher.log = [{"sku": "A", "mpn": "P"}]

        with pytest.raises(VanishedColumnError):
            fetching.changes()


def test_the_digest_is_of_rows_and_doubts(fetching: Fetching) -> None:
    fetching.fetcher.records = [record("A")]
    digest = digest_of(fetching.source)
    assert digest_of(fetching.source) == digest

    fetching.fetcher.doubts = ("page 3 came twice",)

    assert digest_of(fetching.source) != digest
