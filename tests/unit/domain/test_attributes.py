"""When a wanted value differs from a known one."""

from __future__ import annotations

import pytest

from syncd.domain.attributes import Attribute, AttributeChange, Value, differences

PART = Attribute.PART_NUMBER
MAKER = Attribute.MANUFACTURER_ID
OVERSELL = Attribute.ALLOW_OVERSELL


@pytest.mark.parametrize(
    ("attribute", "desired", "known", "sent", "differs"),
    [
        (PART, "A", "A", False, False),
        (PART, "A", "B", False, True),
        (PART, "A", None, False, True),
        (PART, None, "A", False, True),  # an emptied value is cleared
        (PART, None, None, False, False),
        (MAKER, "M", "N", False, True),
        (MAKER, None, "N", False, False),  # the server filled it in
        (MAKER, None, "N", True, True),  # syncd sent it, so syncd clears it
        (MAKER, None, None, True, False),  # and once only
        (OVERSELL, None, True, False, False),
        (OVERSELL, None, False, True, True),
        (OVERSELL, False, None, False, True),
        (OVERSELL, False, True, False, True),
        (OVERSELL, True, True, False, False),
    ],
)
def test_a_wish_is_compared_with_what_is_known(
    attribute: Attribute, desired: Value, known: Value, sent: bool, differs: bool
) -> None:
    found = differences(
        {attribute: desired}, {attribute: known}, frozenset({attribute} if sent else ())
    )

    assert found == ({attribute: AttributeChange(known, desired)} if differs else {})


def test_an_attribute_that_is_not_wished_for_is_not_compared() -> None:
    assert differences({PART: "A"}, {PART: "A", MAKER: "M"}, frozenset({MAKER})) == {}


def test_an_attribute_that_is_not_known_has_no_value_yet() -> None:
    assert differences({PART: "A"}, {}, frozenset()) == {PART: AttributeChange(None, "A")}


def test_keys_are_the_names_of_the_configuration() -> None:
    assert [each.key for each in Attribute] == [
        "manufacturer_id",
        "part_number",
        "country_of_origin",
        "eccn",
        "hs_code",
        "allow_oversell",
        "name",
        "tax_code",
        "description",
        "image",
        "url",
        "weight",
        "weight_unit",
        "sku_group_id",
        "item_breadcrumb",
        "metadata",
    ]
