"""Mapping, defaults, translated values and the filter, as SQL carries them out."""

from __future__ import annotations

import pytest

from syncd.domain.attributes import Attribute
from syncd.errors import CatalogError, SuspectCatalogError
from tests.integration.catalog.conftest import HEADER, Catalog


def test_columns_may_stand_in_any_order_beside_others(catalog: Catalog) -> None:
    catalog.write("name,origin,sku,,mpn\nx,DK,A,,1\n")

    assert catalog.read().table() == {"A": ("1", "DK")}


def test_cells_are_trimmed_of_all_white_space_and_invisible_characters(catalog: Catalog) -> None:
    catalog.write("sku,mpn,origin\n\u00a0A\u200b ,\t1 2\u2003, \u3000\n")

    assert catalog.read().table() == {"A": ("1 2", None)}


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("P.R.C.", "CN"),
        (" P.R.C. ", "CN"),
        ("p.r.c.", "p.r.c."),
        ("DK", "DK"),
        ("", "US"),
        ("   ", "US"),
        ("none", "US"),
        ("it's", "quoted"),
    ],
)
def test_values_are_replaced_exactly_and_what_is_blank_then_gets_the_default(
    catalog: Catalog, cell: str, value: str
) -> None:
    catalog.write(f"sku,mpn,origin\nA,1,{cell}\n")
    values = {"P.R.C.": "CN", "none": "", "it's": "quoted"}
    origin = {"field": "origin", "values": values, "default": "US"}

    found = catalog.read(mapping={"country_of_origin": origin})

    assert found.table() == {"A": ("1", value)}


def test_a_default_alone_stands_in_every_row(catalog: Catalog) -> None:
    catalog.write(HEADER + b"A,1,DK\nB,2,DK\n")

    found = catalog.read(mapping={"eccn": {"default": "EAR99"}})

    assert [row.values[Attribute.ECCN] for row in found.rows] == ["EAR99", "EAR99"]


def test_an_id_is_translated_before_it_is_compared(catalog: Catalog) -> None:
    catalog.write(HEADER + b"old,1,DK\n")

    found = catalog.read(
        known=[("new", 1, False)], mapping={"id": {"field": "sku", "values": {"old": "new"}}}
    )

    assert (found.ids, found.missing) == (["new"], ())


def test_one_column_may_be_mapped_twice(catalog: Catalog) -> None:
    catalog.write("sku,origin\nA,DK\n")

    assert catalog.read(mapping={"part_number": "sku"}).table() == {"A": ("A", "DK")}


def test_attributes_that_are_not_mapped_have_no_value_at_all(catalog: Catalog) -> None:
    catalog.write(HEADER + b"A,1,DK\n")

    row = catalog.read().row("A")

    assert set(row.values) == {Attribute.PART_NUMBER, Attribute.COUNTRY_OF_ORIGIN}


@pytest.mark.parametrize(
    ("cell", "takes_part"),
    [("true", True), (" YES ", True), ("1", True), ("no", False), ("", False), ("1.0", False)],
)
def test_only_rows_that_match_the_filter_take_part(
    catalog: Catalog, cell: str, takes_part: bool
) -> None:
    catalog.write(f"sku,mpn,origin,physical\nA,1,DK,true\nB,2,US,{cell}\n")

    found = catalog.read(filter={"physical": ["true", "1", "Yes"]})

    assert found.ids == (["A", "B"] if takes_part else ["A"])
    assert found.certificate.records == 2
    assert found.certificate.rows == (2 if takes_part else 1)


def test_every_column_of_the_filter_must_match(catalog: Catalog) -> None:
    catalog.write("sku,mpn,origin,kind\nA,1,DK,x\nB,2,DK,y\nC,3,US,x\n")

    assert catalog.read(filter={"kind": ["x"], "origin": ["dk"]}).ids == ["A"]


def test_a_filter_that_no_row_matches_leaves_a_doubt(catalog: Catalog) -> None:
    catalog.write(HEADER + b"A,1,DK\n")

    found = catalog.read(filter={"origin": ["none"]})

    assert (found.rows, found.certificate.rows, found.certificate.records) == ((), 0, 1)
    assert not found.certificate.complete


def test_json_truth_values_can_be_filtered_by(catalog: Catalog) -> None:
    catalog.write(
        '{"sku": "A", "mpn": 1, "origin": "DK", "physical": true}\n'
        '{"sku": "B", "mpn": 2, "physical": false}\n{"sku": "C", "mpn": 3, "physical": null}\n',
        "catalog.jsonl",
    )

    assert catalog.read("catalog.jsonl", filter={"physical": ["true"]}).ids == ["A"]


LACKING = (
    '{"sku": "A", "mpn": 1, "origin": "DK", "physical": true}\n{"sku": "B", "mpn": 2, "old": 1}\n'
)


def test_a_record_that_lacks_the_field_of_the_filter_is_held_and_not_missing(
    catalog: Catalog,
) -> None:
    catalog.write(LACKING.replace('"old": 1', '"physical": true'), "catalog.jsonl")
    physical = {"physical": ["true"]}
    known = catalog.read("catalog.jsonl", filter=physical).known
    catalog.write(LACKING, "catalog.jsonl")

    found = catalog.read("catalog.jsonl", known=known, filter=physical)

    defect = found.row("B").defect
    assert defect is not None
    assert "does not have this field" in defect.rule
    assert (found.missing, found.certificate.doubts) == ((), ())


def test_a_filter_that_accepts_nothing_takes_a_record_without_its_field(catalog: Catalog) -> None:
    catalog.write(LACKING, "catalog.jsonl")

    found = catalog.read("catalog.jsonl", filter={"physical": ["true", ""]})

    assert (found.ids, found.row("B").defect) == (["A", "B"], None)


def test_a_row_that_the_filter_drops_is_missing(catalog: Catalog) -> None:
    catalog.write("sku,mpn,origin,physical\nA,1,DK,yes\nB,2,US,yes\n")
    known = catalog.read(filter={"physical": ["yes"]}).known
    catalog.write("sku,mpn,origin,physical\nA,1,DK,yes\nB,2,US,no\n")

    assert catalog.read(known=known, filter={"physical": ["yes"]}).missing == ("B",)


def test_a_change_in_a_column_that_is_not_mapped_changes_nothing(catalog: Catalog) -> None:
    catalog.write("sku,mpn,origin,stock\nA,1,DK,5\n")
    known = catalog.read().known
    catalog.write("stock,sku,mpn,origin\n6,A,1,DK\n")

    assert catalog.read(known=known).rows == ()


# ------------------------------------------------------------------- columns that are not there


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("sku,mpm,origin", r'no column "mpn" \(mapped to partNumber\); the nearest is "mpm"'),
        ("sku,MPN,origin", r'no column "mpn".*the nearest is "MPN"'),
        ("item,mpn,origin", r'no column "sku" \(mapped to id\); its columns are "item", "mpn", "o'),
        ("sku,mpn,mpn,origin", r'two of its columns are called "mpn".*partNumber'),
    ],
)
def test_a_vanished_column_is_named_with_the_nearest_one(
    catalog: Catalog, header: str, said: str
) -> None:
    catalog.write(f"{header}\nA,1,DK\n")

    with pytest.raises(CatalogError, match=said) as raised:
        catalog.read()

    assert not isinstance(raised.value, SuspectCatalogError)
    assert raised.value.thing.endswith("catalog.csv")


def test_a_column_that_stands_twice_and_is_not_mapped_does_no_harm(catalog: Catalog) -> None:
    catalog.write("sku,mpn,origin,x,x\nA,1,DK,2,3\n")

    assert catalog.read().ids == ["A"]


def test_a_filter_without_its_column_is_an_error(catalog: Catalog) -> None:
    catalog.write(HEADER + b"A,1,DK\n")

    with pytest.raises(CatalogError, match=r'no column "physical" \(which catalog\.filter'):
        catalog.read(filter={"physical": ["yes"]})


@pytest.mark.parametrize("column", ["origin", "countryOfOrigin"])
def test_a_vanished_column_is_named_with_its_attribute_though_it_is_called_alike(
    catalog: Catalog, column: str
) -> None:
    catalog.write(b"sku,mpn\nA,1\n")

    with pytest.raises(CatalogError, match=rf'"{column}" \(mapped to countryOfOrigin\)'):
        catalog.read(mapping={"id": "sku", "part_number": "mpn", "country_of_origin": column})


@pytest.mark.parametrize("ending", ["jsonl", "json"])
def test_a_json_field_may_be_absent_in_some_records_and_not_in_all(
    catalog: Catalog, ending: str
) -> None:
    def content(*records: str) -> str:
        return "[" + ",".join(records) + "]" if ending == "json" else "\n".join(records) + "\n"

    name = f"catalog.{ending}"
    catalog.write(content('{"sku": "A", "mpn": "1"}', '{"sku": "B", "origin": null}'), name)
    assert catalog.read(name).table() == {"A": ("1", None), "B": (None, None)}

    catalog.write(content('{"sku": "A", "orgin": "DK"}', '{"sku": "B", "mpn": "2"}'), name)
    with pytest.raises(CatalogError, match=r'no column "origin".*nearest is "orgin"'):
        catalog.read(name)


def test_names_need_no_care(catalog: Catalog) -> None:
    name = 'it\'s a "name" $.x'
    catalog.write(f'{{"sku": "A", "mpn": "1", {_json(name)}: "DK"}}\n', "catalog.jsonl")

    found = catalog.read("catalog.jsonl", mapping={"country_of_origin": name})

    assert found.table() == {"A": ("1", "DK")}


def _json(text: str) -> str:
    return '"' + text.replace('"', '\\"') + '"'
