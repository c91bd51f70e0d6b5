"""Sources that are joined by id: what they add to a row, and what they put into doubt."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.catalog import Copies, Files, Origin, Source, needed_of
from syncd.config import FileKeys, Join
from syncd.domain.attributes import Attribute
from syncd.domain.snapshot import Scope
from syncd.errors import CatalogError, SuspectCatalogError
from tests.contract.catalog.reads import Known, Read, digest_of, file_catalog, read
from tests.fakes.fetcher import FakeFetcher, Record

MAPPING: Mapping[str, Any] = {
    "id": "sku",
    "part_number": "mpn",
    "country_of_origin": "erp.origin",
    "hs_code": "erp.hs_code",
}
SHOP = "sku,mpn\nA,P-A\nB,P-B\nC,P-C\n"
ERP = "item_no,hs_code,origin\nA,6404.20,DK\nB,6404.21,US\nC,6404.22,DE\n"


@dataclass
class Shelf:
    """A shop's export, and the ERP's that is joined to it."""

    folder: Path
    keys: dict[str, Any] = field(default_factory=dict)
    fetcher: FakeFetcher | None = None

    def write(self, shop: str = SHOP, erp: str | None = ERP, name: str = "erp.csv") -> None:
        (self.folder / "shop.csv").write_text(shop, encoding="utf-8")
        self.keys["path"] = str(self.folder / name)
        if erp is not None:
            (self.folder / name).write_text(erp, encoding="utf-8")

    @property
    def source(self) -> Source:
        join = {"name": "erp", "key": "item_no", "type": "file", **self.keys}
        catalog = file_catalog(self.folder / "shop.csv", mapping=MAPPING, join=[join])
        return Source(catalog, "meaning-1", Files(catalog), [self._origin(catalog.join[0])])

    def _origin(self, join: Join) -> Origin:
        if self.fetcher is not None:
            return Copies(self.fetcher)
        assert isinstance(join, FileKeys)
        return Files(join)

    def read(self, known: Iterable[Known] = ()) -> Read:
        return read(self.source, self.folder, known)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    shelf = Shelf(tmp_path)
    shelf.write()
    return shelf


class TestARow:
    def test_has_the_values_of_both_by_its_id(self, shelf: Shelf) -> None:
        found = shelf.read()

        assert found.table() == {
            "A": ("P-A", "DK", "6404.20"),
            "B": ("P-B", "US", "6404.21"),
            "C": ("P-C", "DE", "6404.22"),
        }
        assert [found.row(item).row for item in "ABC"] == [2, 3, 4]
        assert found.certificate.complete

    def test_goes_by_the_id_whatever_white_space_is_around_it(self, shelf: Shelf) -> None:
        shelf.write("sku,mpn\n A ,P-A\nB\t,P-B\n", "item_no,hs_code,origin\nA  ,1,DK\n B,2,US\n")

        assert shelf.read().table() == {"A": ("P-A", "DK", "1"), "B": ("P-B", "US", "2")}

    def test_without_another_half_has_no_values_from_there(self, shelf: Shelf) -> None:
        shelf.write(SHOP, "item_no,hs_code,origin\nA,1,DK\nZ,2,US\n")

        found = shelf.read()

        assert found.table()["B"] == ("P-B", None, None)
        assert found.row("B").defect is None
        assert found.ids == ["A", "B", "C"]

    def test_that_differs_in_the_other_half_alone_has_changed(self, shelf: Shelf) -> None:
        known = shelf.read().known
        assert shelf.read(known).rows == ()
        shelf.write(erp=ERP.replace("6404.21", "6404.99"))

        assert shelf.read(known).ids == ["B"]

    def test_whose_id_the_other_has_twice_is_held(self, shelf: Shelf) -> None:
        shelf.write(erp=ERP + "B,9,FR\n B ,9,FR\n")

        found = shelf.read()

        assert found.rule("B") == '"erp" has 3 rows with this id in its column "item_no"'
        assert found.row("B").values[Attribute.HS_CODE] is None
        assert [row.id for row in found.rows if row.defect is None] == ["A", "C"]
        assert found.certificate.complete

    def test_whose_other_half_is_broken_is_held(self, shelf: Shelf) -> None:
        shelf.write(erp="item_no,hs_code,origin\nA,1,DK\nB,2\nC,6\0,DE\n")

        found = shelf.read()

        assert found.rule("B") == 'in "erp": the row has 2 values, but the header has 3 columns'
        assert found.rule("C") == 'in "erp": the text has a NUL byte'
        assert found.row("A").defect is None

    def test_keeps_its_own_flaw_and_number(self, shelf: Shelf) -> None:
        shelf.write("mpn,sku\nP-A,A\nP-\0B,B\nP-C\nP-C,C\n,\n")

        found = shelf.read()

        assert found.rule("B") == "the text has a NUL byte"
        defect = found.row("B").defect
        assert defect is not None
        assert (defect.attribute, defect.value) == ("partNumber", "P-\0B")
        assert (found.row("B").row, found.row("C").row) == (3, 5)
        assert sorted(row.row or 0 for row in found.rows if row.id is None) == [4, 6]


class TestWhatTheOtherSourcePutsIntoDoubt:
    def test_the_whole_snapshot_in_its_own_name(self, shelf: Shelf) -> None:
        shelf.write(erp=ERP.rstrip())

        certificate = shelf.read().certificate

        assert not certificate.complete
        assert certificate.doubts == (
            "erp: erp.csv does not end with a line end, so its last row may be cut off",
        )

    def test_rows_whose_other_half_may_only_seem_to_be_missing(self, shelf: Shelf) -> None:
        shelf.write(erp="item_no,hs_code,origin\nA,6404.20,DK\nB,64")

        found = shelf.read()

        assert found.row("A").defect is None
        assert found.rule("C") == '"erp" has no row with this id, but is not proven complete'
        assert found.rule("B").startswith('in "erp": the row has 2 values')

    def test_an_empty_one(self, shelf: Shelf) -> None:
        shelf.write(erp="item_no,hs_code,origin\n")

        found = shelf.read()

        assert not found.certificate.complete
        assert all(row.defect is not None for row in found.rows)

    def test_a_key_that_cannot_be_read(self, shelf: Shelf) -> None:
        shelf.write(erp=ERP + ",1,DK\n")

        assert "erp: row 5 of erp.csv has no id" in shelf.read().certificate.doubts[0]

    def test_evidence_and_records_of_both_are_told(self, shelf: Shelf) -> None:
        certificate = shelf.read().certificate

        assert certificate.joined == {"erp": 3}
        assert (certificate.rows, certificate.records) == (3, 3)
        alike = "its records, counted apart from reading them, are 3, as many as were read"
        assert {alike, f"erp: {alike}"} <= set(certificate.evidence)


class TestWhatCannotBeRead:
    @pytest.mark.parametrize(
        ("erp", "name", "said"),
        [
            ("item_no,hscode,origin\nA,1,DK\n", "erp.csv", r'no column "hs_code" \(mapped to hsC'),
            ("no,hs_code,origin\nA,1,DK\n", "erp.csv", r'no column "item_no" \(mapped to id\)'),
            ('{"item_no": "A", "hs_code": 1}\n', "erp.jsonl", r'no column "origin" \(mapped to c'),
            (None, "away.csv", "there is no such file"),
        ],
    )
    def test_names_the_joined_source(
        self, shelf: Shelf, erp: str | None, name: str, said: str
    ) -> None:
        shelf.write(erp=erp, name=name)

        with pytest.raises(CatalogError, match=said) as caught:
            shelf.read()
        assert caught.value.thing.endswith(name)

    def test_names_the_nearest_column(self, shelf: Shelf) -> None:
        shelf.write(erp="item_no,hs_codes,origin\nA,1,DK\n")

        with pytest.raises(CatalogError, match='the nearest is "hs_codes"'):
            shelf.read()

    @pytest.mark.parametrize("erp", ["", "a,b\n1,2\n"])
    def test_an_emptied_one_stops_like_an_emptied_catalog(self, shelf: Shelf, erp: str) -> None:
        shelf.write(erp=erp)

        with pytest.raises(SuspectCatalogError):
            shelf.read()


class TestTheSnapshot:
    def test_is_another_when_either_source_is(self, shelf: Shelf) -> None:
        position, digest = shelf.source.position(), digest_of(shelf.source)
        assert shelf.source.position().is_as(position)
        shelf.write(erp=ERP + "D,1,DK\n")

        assert shelf.source.position().is_rewrite_of(position)
        assert digest_of(shelf.source) != digest

    def test_counts_as_another_complete_read_only_where_the_ids_own_source_was_written(
        self, shelf: Shelf
    ) -> None:
        position = shelf.source.position()
        (shelf.folder / "erp.csv").write_text(ERP + "D,1,DK\n", encoding="utf-8")
        by_the_other = shelf.source.position()
        shelf.write()

        assert not by_the_other.is_as(position)
        assert not by_the_other.is_rewrite_of(position)
        assert shelf.source.position().is_rewrite_of(position)

    def test_has_another_meaning_by_another_key(self, shelf: Shelf) -> None:
        meaning = shelf.source.position().meaning
        shelf.keys["key"] = "hs_code"

        assert shelf.source.position().meaning != meaning

    def test_is_of_files_and_of_copies_alike(self, shelf: Shelf) -> None:
        records: list[Record] = [{"item_no": "A", "hs_code": "1", "origin": None}, {"item_no": "B"}]
        shelf.fetcher = FakeFetcher(records, log=[], doubts=("page 2 is not there",))
        with shelf.source.read("0") as snapshot:
            assert snapshot.scope is Scope.WHOLE
            assert snapshot.position.identity == ""
        shelf.fetcher.records = [{"item_no": "A", "hs_code": "1", "origin": "DK"}]
        found = shelf.read()

        assert shelf.fetcher.asked == [None, None]
        assert found.table()["A"] == ("P-A", "DK", "1")
        assert found.certificate.doubts == ("erp: page 2 is not there",)

    def test_needs_of_a_joined_source_its_key_and_what_is_mapped(self, shelf: Shelf) -> None:
        join = {"name": "erp", "key": "item_no", "path": "erp.csv"}
        catalog = file_catalog("shop.csv", mapping=MAPPING, join=[join])

        assert list(needed_of(catalog.join[0], catalog)) == ["item_no", "origin", "hs_code"]


def test_several_sources_may_be_joined(tmp_path: Path) -> None:
    (tmp_path / "shop.jsonl").write_text('{"sku": "A", "mpn": "P"}\n{"sku": "B", "mpn": "Q"}\n')
    (tmp_path / "erp.csv").write_text("no,hs\nA,1\nB,2\n")
    (tmp_path / "pim.csv").write_text("code;o\nB;DK\nB;DK\n")
    catalog = file_catalog(
        tmp_path / "shop.jsonl",
        mapping={"country_of_origin": "pim.o", "hs_code": "erp.hs"},
        join=[
            {"name": "erp", "key": "no", "path": str(tmp_path / "erp.csv")},
            {"name": "pim", "key": "code", "path": str(tmp_path / "pim.csv"), "delimiter": ";"},
        ],
    )
    origins = [Files(join) for join in catalog.join if isinstance(join, FileKeys)]
    found = read(Source(catalog, "meaning", Files(catalog), origins), tmp_path)

    assert found.table()["A"] == ("P", None, "1")
    assert found.rule("B") == '"pim" has 2 rows with this id in its column "code"'
    assert found.certificate.joined == {"erp": 2, "pim": 2}


def test_a_catalog_of_several_files_may_be_joined_to_another_of_several(tmp_path: Path) -> None:
    for number, item in enumerate("AB"):
        (tmp_path / f"shop-{number}.csv").write_text(f"sku,mpn\n{item},P\nx{number},Q\n")
        (tmp_path / f"erp-{number}.csv").write_text(f"no,hs\n{item},{number}\nx0,9\n")
    join = {"name": "erp", "key": "no", "path": str(tmp_path / "erp-*.csv")}
    mapping = {"country_of_origin": None, "hs_code": "erp.hs"}
    catalog = file_catalog(tmp_path / "shop-*.csv", mapping=mapping, join=[join])
    origins = [Files(one) for one in catalog.join if isinstance(one, FileKeys)]
    found = read(Source(catalog, "meaning", Files(catalog), origins), tmp_path)

    assert found.table()["B"] == ("P", "1")
    assert (found.row("B").file, found.row("B").row) == ("shop-1.csv", 2)
    assert found.rule("x0") == '"erp" has 2 rows with this id in its column "no"'
    assert found.table()["x1"] == ("Q", None)


IDS = st.lists(st.sampled_from("ABCDEF"), max_size=6)


@given(shop=IDS, erp=IDS)
@settings(max_examples=6)
def test_a_join_neither_loses_nor_adds_nor_mixes_up_rows(
    tmp_path_factory: pytest.TempPathFactory, shop: list[str], erp: list[str]
) -> None:
    shelf = Shelf(tmp_path_factory.mktemp("join"))
    other = [{"item_no": item, "hs_code": f"H-{item}", "origin": "DK"} for item in erp]
    shelf.write(
        "sku,mpn\n" + "".join(f"{item},P-{item}\n" for item in [*shop, "always"]),
        "".join(json.dumps(one) + "\n" for one in [*other, {**_ALWAYS}]),
        "erp.jsonl",
    )

    found = shelf.read()

    assert found.ids == sorted({*shop, "always"})
    for row in found.rows:
        item = str(row.id)
        is_held = shop.count(item) > 1 or erp.count(item) > 1
        assert (row.defect is not None) is is_held
        expected = f"H-{item}" if item in {*erp, "always"} else None
        if not is_held:
            assert row.values[Attribute.HS_CODE] == expected


_ALWAYS: Mapping[str, str] = {"item_no": "always", "hs_code": "H-always", "origin": "DK"}
