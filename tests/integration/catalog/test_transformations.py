"""What the mapping makes of cells, and what that means for records that are damaged."""

from __future__ import annotations

from typing import Any

import pytest

from syncd.domain.attributes import Attribute
from tests.integration.catalog.conftest import HEADER, Catalog

KNOWN = [("A", None, False), ("B", None, False)]


@pytest.mark.parametrize(
    ("cell", "steps", "value"),
    [
        ("'6404.20'", {"strip": "'"}, "6404.20"),
        ("HS 6404.20 (est.)", {"strip_affixes": ["HS", "(est.)"]}, "6404.20"),
        ("tariff 6404.20.10/EU", {"extract": r"(\d{4}\.\d{2})"}, "6404.20"),
        ("none yet", {"extract": r"\d+", "default": "6404.20"}, "6404.20"),
        ("none yet", {"extract": r"\d+"}, None),
        ("dk", {"upper": True, "values": {"DK": "6404.20"}}, "6404.20"),
        ("VNM", {"countries": "alpha-3"}, "VN"),
        ("Vietnam", {"countries": "alpha-3"}, "Vietnam"),
        ("VIETNAM", {"countries": "names"}, "VN"),
        ("P.R.C.", {"values": {"P.R.C.": "China"}, "countries": "names"}, "CN"),
        ("Atlantis", {"countries": "names"}, "Atlantis"),
    ],
)
def test_steps_are_taken_one_after_the_other(
    catalog: Catalog, cell: str, steps: dict[str, Any], value: str | None
) -> None:
    catalog.write(f"sku,mpn,origin\nA,1,{cell}\n")

    found = catalog.read(mapping={"country_of_origin": {"field": "origin", **steps}})

    assert found.table() == {"A": ("1", value)}


def test_truth_is_read_in_many_languages_where_that_is_asked_for(catalog: Catalog) -> None:
    catalog.write("sku,mpn,more\nA,1,Ja\nB,1,NON\nC,1,later\nD,1,\n")
    column = {"field": "more", "boolean": True, "default": "false"}
    mapping = {"id": "sku", "part_number": "mpn", "allow_oversell": column}

    found = catalog.read(mapping={**mapping, "country_of_origin": {"default": "DK"}})

    told = {row.id: row.values[Attribute.ALLOW_OVERSELL] for row in found.rows}
    assert told == {"A": "true", "B": "false", "C": "later", "D": "false"}


def test_columns_are_put_together_without_those_that_are_empty(catalog: Catalog) -> None:
    catalog.write("sku,mpn,origin\nA,1,DK\nB,, DK \nC,,\n")
    column = {"fields": ["mpn", "origin"], "separator": "/"}

    found = catalog.read(mapping={"part_number": column})

    assert [row.values[Attribute.PART_NUMBER] for row in found.rows] == ["1/DK", "DK", None]


@pytest.mark.parametrize(
    "record", ['{"sku": "A", "mpn": "1", "origin": null}', '{"sku": "A", "mpn": "1"}']
)
def test_what_is_absent_is_as_empty_as_what_is_blank(catalog: Catalog, record: str) -> None:
    catalog.write(f'{record}\n{{"sku": "B", "mpn": "1", "origin": " "}}\n', "catalog.jsonl")
    origin = {"field": "origin", "values": {"": "US"}}

    found = catalog.read("catalog.jsonl", mapping={"country_of_origin": origin})

    assert found.table() == {"A": ("1", "US"), "B": ("1", "US")}


@pytest.mark.parametrize(
    ("steps", "complete"),
    [({}, True), ({"values": {"x": "y"}}, True), ({"upper": True}, False)],
)
def test_a_damaged_record_makes_nothing_missing_where_its_id_cannot_be_told(
    catalog: Catalog, steps: dict[str, Any], complete: bool
) -> None:
    catalog.write(HEADER + b"A,1,DK\nC,2\n")

    found = catalog.read(known=KNOWN, mapping={"id": {"field": "sku", **steps}})

    assert found.certificate.complete is complete
    assert [row.id for row in found.rows if row.defect] == ["C" if complete else None]
    assert found.missing == ("B",)


@pytest.mark.parametrize(("steps", "complete"), [({}, True), ({"lower": True}, False)])
def test_a_flawed_record_may_hide_any_id_where_ids_are_changed(
    catalog: Catalog, steps: dict[str, Any], complete: bool
) -> None:
    catalog.write(b"sku,mpn,origin\nA,1,DK\nc,1\0 B-1,DK\n")

    found = catalog.read(mapping={"id": {"field": "sku", **steps}})

    assert found.certificate.complete is complete


def test_an_id_of_several_columns_needs_all_of_them(catalog: Catalog) -> None:
    catalog.write(HEADER + b"A,1,DK\nA,,DK\nB,2,DK\n")
    id = {"fields": ["sku", "mpn"], "separator": "-"}

    found = catalog.read(mapping={"id": id})

    assert found.ids == ["A-1", "B-2", None]
    assert found.rule(None) == "every row needs an id"
    assert not found.certificate.complete


def test_what_the_pattern_of_the_id_does_not_match_has_no_id(catalog: Catalog) -> None:
    catalog.write(HEADER + b"SKU-7,1,DK\nnote,2,DK\n")

    found = catalog.read(mapping={"id": {"field": "sku", "extract": r"^SKU-(\d+)$"}})

    assert found.ids == ["7", None]
    assert not found.certificate.complete


@pytest.mark.parametrize("second", [b"\0 1", b'"1\n2"'])
def test_a_flaw_in_any_column_of_the_id_is_one_of_the_id(catalog: Catalog, second: bytes) -> None:
    catalog.write(HEADER + b"A," + second + b",DK\n")

    found = catalog.read(mapping={"id": {"fields": ["sku", "mpn"]}})

    assert found.ids == [None]


def test_a_cut_in_the_last_column_of_the_id_is_one_of_the_id(catalog: Catalog) -> None:
    catalog.write(b"origin,sku,mpn\nDK,A,1\nDK,B,2")

    found = catalog.read(mapping={"id": {"fields": ["sku", "mpn"]}})

    assert found.ids == ["A1", None]


def test_a_part_of_the_id_must_not_stand_in_an_object_twice(catalog: Catalog) -> None:
    catalog.write('{"sku": "A", "mpn": "1", "origin": "DK", "mpn": "2"}\n', "catalog.jsonl")

    found = catalog.read("catalog.jsonl", mapping={"id": {"fields": ["sku", "mpn"]}})

    assert found.ids == [None]
    assert "twice" in found.rule(None)
