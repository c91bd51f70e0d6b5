"""Free text, truth values, ids, emptiness and what the remote answers."""

from __future__ import annotations

import pytest

from syncd.domain.attributes import ITEM_ATTRIBUTES, Attribute, Value
from syncd.domain.canonical import Breach, checked_id, observed, observed_item, wanted
from syncd.domain.rules import RuleBook

FREE_TEXT = [Attribute.MANUFACTURER_ID, Attribute.PART_NUMBER]


@pytest.mark.parametrize("attribute", Attribute)
@pytest.mark.parametrize("text", [None, "", " ", "\t\r\n", "\xa0", "\u200b\ufeff ", "\u3000"])
def test_blank_text_is_no_value(attribute: Attribute, text: str | None, rules: RuleBook) -> None:
    assert wanted(attribute, text, rules) is None
    assert observed(attribute, text) is None


@pytest.mark.parametrize("attribute", FREE_TEXT)
@pytest.mark.parametrize(
    ("text", "value"),
    [
        (" SWG 1224  J10L\t", "SWG 1224  J10L"),
        ("0012", "0012"),
        ("swg-A/1#", "swg-A/1#"),
        ("Ø12 — ✓", "Ø12 — ✓"),
        ("e\u0301", "e\u0301"),
        ("\xe9", "\xe9"),
        ("a\xa0b", "a\xa0b"),
        ("NULL", "NULL"),
        ("x" * 100_000, "x" * 100_000),
    ],
)
def test_free_text_is_kept_point_for_point(
    attribute: Attribute, text: str, value: str, rules: RuleBook
) -> None:
    assert wanted(attribute, text, rules) == value
    assert observed(attribute, text) == value


@pytest.mark.parametrize(
    ("attribute", "name"),
    [(Attribute.MANUFACTURER_ID, "a manufacturer id"), (Attribute.PART_NUMBER, "a part number")],
)
@pytest.mark.parametrize("unfit", ["\0", "\x07", "\n", "\t", "\x7f", "\u200b", "\u2028", "\ud800"])
def test_free_text_with_unseen_characters_is_refused(
    attribute: Attribute, name: str, unfit: str, rules: RuleBook
) -> None:
    found = wanted(attribute, f"AB{unfit}C", rules)

    assert isinstance(found, Breach)
    assert found.rule.startswith(name)
    assert f"U+{ord(unfit):04X} is its character 3" in found.rule


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *((text, True) for text in ("true", "True", "TRUE", "1", "yes", "Y", "t", " on ")),
        *((text, False) for text in ("false", "False", "FALSE", "0", "no", "N", "f", "off\n")),
    ],
)
def test_truth_has_many_names(text: str, value: bool, rules: RuleBook) -> None:
    assert wanted(Attribute.ALLOW_OVERSELL, text, rules) is value
    assert observed(Attribute.ALLOW_OVERSELL, text) is value


@pytest.mark.parametrize("text", ["maybe", "2", "1.0", "ja", "continue", "tru e", "-"])
def test_what_is_neither_true_nor_false_is_refused(text: str, rules: RuleBook) -> None:
    found = wanted(Attribute.ALLOW_OVERSELL, text, rules)

    assert isinstance(found, Breach)
    assert found.value == text
    assert "true or false" in found.rule


@pytest.mark.parametrize(
    ("text", "id"),
    [
        ("8d7b212f-2a19-4c3b", "8d7b212f-2a19-4c3b"),
        (" sku_1.A \ufeff", "sku_1.A"),
        ("...", "..."),
        ("0", "0"),
        ("x" * 255 + " ", "x" * 255),
    ],
)
def test_an_id_is_trimmed_and_nothing_else(text: str, id: str) -> None:
    assert checked_id(text) == id


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        (None, "needs an id"),
        ("", "needs an id"),
        ("\xa0\t", "needs an id"),
        (".", "steps in a path"),
        ("..", "steps in a path"),
        ("a b", "only letters and digits"),
        ("a/b", "only letters and digits"),
        ("a%2Fb", "only letters and digits"),
        ("a\nb", "only letters and digits"),
        ("a\0", "only letters and digits"),
        ("Ærø", "only letters and digits"),
        ("\u0661", "only letters and digits"),
        ("x" * 256, "at most 255 characters"),
    ],
)
def test_what_cannot_be_an_id_is_refused(text: str | None, hint: str) -> None:
    found = checked_id(text)

    assert isinstance(found, Breach)
    assert hint in found.rule


@pytest.mark.parametrize(
    ("attribute", "raw", "value"),
    [
        (Attribute.COUNTRY_OF_ORIGIN, " dk", "DK"),
        (Attribute.COUNTRY_OF_ORIGIN, "KP", "KP"),
        (Attribute.COUNTRY_OF_ORIGIN, "Denmark", "Denmark"),
        (Attribute.ECCN, "5a992.C", "5A992.c"),
        (Attribute.ECCN, "9e999", "9E999"),
        (Attribute.ECCN, "unknown", "unknown"),
        (Attribute.HS_CODE, "1006.20.40.25", "1006.20.4025"),
        (Attribute.HS_CODE, "100620", "1006.20"),
        (Attribute.HS_CODE, 100620, "1006.20"),
        (Attribute.HS_CODE, "1006.2", "1006.2"),
        (Attribute.PART_NUMBER, 12, "12"),
        (Attribute.PART_NUMBER, "a\0b", "a\0b"),
        (Attribute.PART_NUMBER, True, "True"),
        (Attribute.PART_NUMBER, ["a"], "['a']"),
        (Attribute.ALLOW_OVERSELL, True, True),
        (Attribute.ALLOW_OVERSELL, False, False),
        (Attribute.ALLOW_OVERSELL, 1, True),
        (Attribute.ALLOW_OVERSELL, "perhaps", "perhaps"),
    ],
)
def test_what_the_remote_holds_is_read_tolerantly(
    attribute: Attribute, raw: object, value: Value
) -> None:
    found = observed(attribute, raw)

    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("raw", [None, "", " a ", True, 1, 1.0, "1", ["a"], {"a": 1}, "6404201000"])
def test_an_item_is_read_as_its_attributes_are_one_by_one(raw: object) -> None:
    for _ in range(2):
        found = observed_item([raw] * len(ITEM_ATTRIBUTES))

        assert found == {name: observed(name, raw) for name in ITEM_ATTRIBUTES}
        assert list(found) == list(ITEM_ATTRIBUTES)
        found[Attribute.ECCN] = "whoever has it may change it"
