"""What a SKU alone has: which texts are taken, in which form, and which are refused."""

from __future__ import annotations

import pytest

from syncd.domain.attributes import Attribute, Value, item_half, sku_differences, sku_half
from syncd.domain.canonical import Breach, observed, wanted
from syncd.domain.rules import RuleBook

WISH: dict[Attribute, Value] = {
    Attribute.PART_NUMBER: "A",
    Attribute.ECCN: "EAR99",
    Attribute.ALLOW_OVERSELL: True,
    Attribute.NAME: "Shoe",
}
METADATA = '{"a":"x","b":1,"c":true}'


@pytest.mark.parametrize(
    ("attribute", "text", "value"),
    [
        (Attribute.NAME, " Shoe  9 ", "Shoe  9"),
        (Attribute.TAX_CODE, "4323.310_A", "4323.310_A"),
        (Attribute.DESCRIPTION, "one\r\ntwo\tthree", "one\r\ntwo\tthree"),
        (Attribute.URL, "HTTPS://example.com/a?b=1#c", "HTTPS://example.com/a?b=1#c"),
        (Attribute.IMAGE, "http://example.com/ä.png", "http://example.com/ä.png"),
        (Attribute.WEIGHT, "1.50", "1.5"),
        (Attribute.WEIGHT, "0020", "20"),
        (Attribute.WEIGHT, "100", "100"),
        (Attribute.WEIGHT, "2e2", "200"),
        (Attribute.WEIGHT, "-0.0", "0"),
        (Attribute.WEIGHT, ".5", "0.5"),
        (Attribute.WEIGHT_UNIT, "KG", "kg"),
        (Attribute.SKU_GROUP_ID, "group-1", "group-1"),
        (Attribute.ITEM_BREADCRUMB, "Shoes > Boots", "Shoes > Boots"),
        (Attribute.METADATA, '{ "c": true, "a": "x", "b": 1 }', METADATA),
        (Attribute.METADATA, "{}", None),
    ],
)
def test_a_text_comes_into_its_canonical_form(
    attribute: Attribute, text: str, value: Value, rules: RuleBook
) -> None:
    assert wanted(attribute, text, rules) == value
    if isinstance(value, str):
        assert wanted(attribute, value, rules) == value
        assert observed(attribute, value) == value


@pytest.mark.parametrize(
    ("attribute", "text", "rule"),
    [
        (Attribute.NAME, "a\nb", "a name has no control"),
        (Attribute.DESCRIPTION, "a\0b", "a description has no control characters, but U+0000"),
        (Attribute.URL, "example.com", "a url is a web address"),
        (Attribute.URL, "https://", "a url is a web address"),
        (Attribute.IMAGE, "https://example.com/a b", "an image is a web address"),
        (Attribute.WEIGHT, "1,5", "a weight is a number"),
        (Attribute.WEIGHT, "-1", "a weight is a number"),
        (Attribute.WEIGHT, "NaN", "a weight is a number"),
        (Attribute.WEIGHT, "1e999", "a weight is a number"),
        (Attribute.WEIGHT, "1_0", "a weight is a number"),
        (Attribute.WEIGHT, "1.2345678901234567", "a weight has at most 15 digits"),
        (Attribute.WEIGHT_UNIT, "stone", "a weight unit is oz, lb, g or kg"),
        (Attribute.METADATA, "[1]", "metadata is a JSON object"),
        (Attribute.METADATA, '{"a": 1.5}', "metadata is a JSON object"),
        (Attribute.METADATA, '{"a": null}', "metadata is a JSON object"),
        (Attribute.METADATA, '{"a": "\\ud800"}', "metadata is a JSON object"),
        (Attribute.METADATA, "{", "metadata is a JSON object"),
    ],
)
def test_what_breaks_a_rule_is_refused_with_it(
    attribute: Attribute, text: str, rule: str, rules: RuleBook
) -> None:
    found = wanted(attribute, text, rules)

    assert isinstance(found, Breach)
    assert found.rule.startswith(rule)


@pytest.mark.parametrize(
    ("attribute", "raw", "value"),
    [
        (Attribute.WEIGHT, 20.5, "20.5"),
        (Attribute.WEIGHT, 20, "20"),
        (Attribute.WEIGHT, 1e16, "10000000000000000"),
        (Attribute.METADATA, {"c": True, "b": 1, "a": "x"}, METADATA),
        (Attribute.METADATA, {}, None),
        (Attribute.WEIGHT_UNIT, "stone", "stone"),
    ],
)
def test_what_the_remote_shows_comes_into_the_same_form(
    attribute: Attribute, raw: object, value: Value
) -> None:
    assert observed(attribute, raw) == value


def test_each_half_has_its_own_of_a_wish() -> None:
    assert Attribute.NAME not in item_half(WISH)
    assert item_half(WISH)[Attribute.ALLOW_OVERSELL] is True
    assert Attribute.ALLOW_OVERSELL not in sku_half(WISH)
    assert sku_half(WISH)[Attribute.NAME] == "Shoe"


@pytest.mark.parametrize(
    ("known", "differ"),
    [
        ({Attribute.NAME: "Shoe", Attribute.PART_NUMBER: "A", Attribute.ECCN: "EAR99"}, set()),
        ({Attribute.NAME: "Shoe", Attribute.PART_NUMBER: "A"}, {Attribute.ECCN}),
        ({Attribute.NAME: "Shoe", Attribute.PART_NUMBER: "A", Attribute.SKU_GROUP_ID: "g"}, set()),
        (
            {Attribute.NAME: "Boot", Attribute.SKU_GROUP_ID: "g", Attribute.ECCN: "5A991"},
            {Attribute.NAME, Attribute.PART_NUMBER, Attribute.ECCN},
        ),
    ],
    ids=["alike", "lacking", "from its group", "otherwise in a group"],
)
def test_what_a_sku_in_a_group_lacks_is_not_compared(
    known: dict[Attribute, Value], differ: set[Attribute]
) -> None:
    assert set(sku_differences(WISH, known, frozenset())) == differ
