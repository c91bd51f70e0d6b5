"""What a column's mapping may say, and which of it must not stand together."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from syncd.config import CatalogMapping, ColumnMapping


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        ({}, "must name a field, or a default for all rows"),
        ({"field": "a", "fields": ["b", "c"]}, "either field or fields, not both"),
        ({"fields": ["a"]}, "two fields or more"),
        ({"field": "a", "separator": "-"}, "several fields where it has a separator"),
        ({"default": "x", "upper": True}, "a default is taken as it stands"),
        ({"default": "x", "values": {"a": "b"}}, "a default is taken as it stands"),
        ({"field": "a", "upper": True, "lower": True}, "not ask for both upper and lower"),
        ({"field": "a", "upper": True, "values": {"Dk": "DK"}}, 'must have "DK" in values: upper'),
        ({"field": "a", "lower": True, "values": {"Dk": "DK"}}, 'must have "dk" in values: lower'),
        ({"field": "a", "extract": ""}, "1 to 500 characters"),
        ({"field": "a", "extract": "(?=a)"}, "must be made of plain characters"),
        ({"field": "a", "strip_affixes": [""]}, "at least 1 character"),
        ({"field": "a", "countries": "alpha-2"}, "'alpha-3' or 'names'"),
    ],
)
def test_what_cannot_be_meant_is_refused(table: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        ColumnMapping.model_validate(table)


@pytest.mark.parametrize(
    ("key", "table", "complaint"),
    [
        ("id", {"field": "a", "default": "x"}, "every row has its own id"),
        ("eccn", {"field": "a", "boolean": True}, "eccn must not have boolean"),
        ("hs_code", {"field": "a", "countries": "names"}, "hs_code must not have countries"),
        ("id", {"field": "a", "countries": "names"}, "id must not have countries"),
    ],
)
def test_each_attribute_takes_only_the_steps_that_it_has_a_use_for(
    key: str, table: dict[str, object], complaint: str
) -> None:
    with pytest.raises(ValidationError, match=complaint):
        CatalogMapping.model_validate({"id": "sku", "part_number": "mpn", key: table})


@pytest.mark.parametrize(
    ("table", "changes"),
    [
        ({"field": "a"}, False),
        ({"field": "a", "values": {"x": "y"}, "default": "z"}, False),
        ({"field": "a", "strip": "'"}, True),
        ({"field": "a", "strip_affixes": ["x"]}, True),
        ({"field": "a", "extract": "x"}, True),
        ({"field": "a", "upper": True}, True),
        ({"field": "a", "lower": True}, True),
        ({"fields": ["a", "b"]}, True),
    ],
)
def test_a_mapping_tells_whether_its_value_stands_in_the_record(
    table: dict[str, object], changes: bool
) -> None:
    assert ColumnMapping.model_validate(table).changes_text is changes
