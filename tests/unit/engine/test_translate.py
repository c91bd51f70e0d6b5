"""A row becomes a wish, or is held with attribute, value, rule and place."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from syncd.domain.attributes import ITEM_ATTRIBUTES, Attribute, Attributes, ItemId
from syncd.domain.row_block import RowBlock
from syncd.domain.rules import RuleBook
from syncd.domain.snapshot import CatalogRow, Defect
from syncd.domain.tracking import Held
from syncd.engine.translate import Translator
from syncd.engine.wishes import Wishes

RULES = RuleBook(
    countries=frozenset({"DK", "CA"}),
    approved_eccns=frozenset({"EAR99", "5A992"}),
    barred_eccns=frozenset(),
    licence_eccns=frozenset(),
)


def row(
    values: Mapping[Attribute, str | None],
    id: str | None = "shoe-1",
    defect: Defect | None = None,
) -> CatalogRow:
    return CatalogRow(
        ItemId(id) if id is not None else None, 1, values, row=7, file="shoes.csv", defect=defect
    )


def held(found: Attributes | Held) -> Held:
    assert isinstance(found, Held)
    return found


def test_every_mapped_attribute_becomes_canonical_and_no_other_is_wished_for() -> None:
    found = Translator(RULES).translate(
        row(
            {
                Attribute.PART_NUMBER: " SWG1224 ",
                Attribute.COUNTRY_OF_ORIGIN: "dk",
                Attribute.ECCN: "ear99",
                Attribute.HS_CODE: "640420",
                Attribute.ALLOW_OVERSELL: "no",
            }
        )
    )

    assert found == {
        Attribute.PART_NUMBER: "SWG1224",
        Attribute.COUNTRY_OF_ORIGIN: "DK",
        Attribute.ECCN: "EAR99",
        Attribute.HS_CODE: "6404.20",
        Attribute.ALLOW_OVERSELL: False,
    }


@pytest.mark.parametrize("blank", [None, "", " \xa0"])
def test_an_empty_cell_is_a_wish_for_no_value(blank: str | None) -> None:
    others = [each for each in ITEM_ATTRIBUTES if each is not Attribute.PART_NUMBER]
    values: dict[Attribute, str | None] = dict.fromkeys(others, blank)

    values[Attribute.PART_NUMBER] = "A"

    found = Translator(RULES).translate(row(values))

    assert found == {
        each: "A" if each is Attribute.PART_NUMBER else None for each in ITEM_ATTRIBUTES
    }


@pytest.mark.parametrize(
    ("attribute", "text", "rule"),
    [
        (Attribute.COUNTRY_OF_ORIGIN, "UK", "GB"),
        (Attribute.ECCN, "9A999", "approved"),
        (Attribute.HS_CODE, " 1234.56.YW ", "six to ten digits"),
        (Attribute.ALLOW_OVERSELL, "perhaps", "true or false"),
    ],
)
def test_a_broken_rule_holds_the_row_with_the_raw_value_and_its_place(
    attribute: Attribute, text: str, rule: str
) -> None:
    found = held(Translator(RULES).translate(row({Attribute.PART_NUMBER: "A", attribute: text})))

    assert (found.attribute, found.value, found.row, found.file) == (
        attribute.value,
        text,
        7,
        "shoes.csv",
    )
    assert rule in found.rule


@pytest.mark.parametrize("text", [None, "", "\t\ufeff"])
def test_a_row_without_a_part_number_is_held(text: str | None) -> None:
    found = held(Translator(RULES).translate(row({Attribute.PART_NUMBER: text})))

    assert found.attribute == "partNumber"
    assert "needs a part number" in found.rule


@pytest.mark.parametrize(
    ("id", "value", "rule"),
    [(None, "", "needs an id"), ("a/b", "a/b", "only letters"), ("..", "..", "steps in a path")],
)
def test_a_row_without_a_usable_id_is_held(id: str | None, value: str, rule: str) -> None:
    found = held(Translator(RULES).translate(row({Attribute.PART_NUMBER: None}, id=id)))

    assert (found.attribute, found.value) == ("id", value)
    assert rule in found.rule


def test_a_defect_of_the_record_goes_before_its_values() -> None:
    defect = Defect("id", "shoe-1", "an id stands in one row only; this one also in row 9")

    found = held(Translator(RULES).translate(row({Attribute.PART_NUMBER: None}, defect=defect)))

    assert found == Held("id", "shoe-1", defect.rule, 7, "shoes.csv")


def test_of_several_breaches_the_first_in_the_order_of_attributes_is_named() -> None:
    values = {
        Attribute.HS_CODE: "x",
        Attribute.COUNTRY_OF_ORIGIN: "x",
        Attribute.PART_NUMBER: "A",
    }

    found = held(Translator(RULES).translate(row(values)))

    assert found.attribute == "countryOfOrigin"


@pytest.mark.parametrize("attribute", Attribute)
def test_a_huge_and_unprintable_cell_is_shown_short_and_escaped(attribute: Attribute) -> None:
    huge = "\x1b" + "x" * 10_000_000

    found = held(Translator(RULES).translate(row({attribute: huge})))

    assert found.value.startswith("\\x1bxxx")
    assert len(found.value) < 220


def test_what_was_read_once_is_read_alike_again() -> None:
    translator = Translator(RULES)
    good = row({Attribute.PART_NUMBER: "A", Attribute.COUNTRY_OF_ORIGIN: "dk"})
    bad = row({Attribute.PART_NUMBER: "A", Attribute.COUNTRY_OF_ORIGIN: "zz"})

    first = [translator.translate(each) for each in (good, bad)]
    second = [translator.translate(each) for each in (good, bad)]

    assert first == second
    assert isinstance(held(first[1]), Held)


def test_more_different_values_than_are_remembered_are_still_read_right() -> None:
    translator = Translator(RULES)
    codes = range(100_000, 160_000)

    found = [
        translator.translate(row({Attribute.PART_NUMBER: "A", Attribute.HS_CODE: str(code)}))
        for code in codes
    ]

    assert [each[Attribute.HS_CODE] for each in found if not isinstance(each, Held)] == [
        f"{code // 100}.{code % 100:02}" for code in codes
    ]


def test_a_block_gives_its_wishes_and_leaves_out_the_rows_that_must_be_judged_one_by_one() -> None:
    block = RowBlock(
        ids=list(map(ItemId, ["a", "b", "c d", "e"])),
        fingerprints=[1, 2, 3, 4],
        values={
            Attribute.PART_NUMBER: ["P-1", "P-2", "P-3", " "],
            Attribute.COUNTRY_OF_ORIGIN: [" dk", "UK", "CA", "CA"],
        },
        rows=[2, 3, 4, 5],
        files=[None, "b.csv", None, None],
    )

    wishes, others = Translator(RULES).translate_block(block)

    assert wishes == Wishes(
        [ItemId("a")], [1], {Attribute.PART_NUMBER: ["P-1"], Attribute.COUNTRY_OF_ORIGIN: ["DK"]}
    )
    assert [(row.id, row.row, row.file) for row in others] == [
        ("b", 3, "b.csv"),
        ("c d", 4, None),
        ("e", 5, None),
    ]
    assert all(isinstance(Translator(RULES).translate(row), Held) for row in others)


def test_of_skus_in_a_block_those_that_lack_nothing_or_have_a_group_are_taken_as_they_are() -> None:
    whole: dict[Attribute, list[str | None]] = {
        Attribute.PART_NUMBER: ["P", "P"],
        Attribute.NAME: ["Shoe", "Boot"],
        Attribute.COUNTRY_OF_ORIGIN: ["DK", "DK"],
        Attribute.ECCN: ["EAR99", None],
    }
    ids, numbers = [ItemId("a"), ItemId("b")], [1, 2]
    tax_codes: list[str | None] = ["5510", "5510"]
    taxed = {**whole, Attribute.TAX_CODE: tax_codes}
    first: list[str | None] = ["g", None]
    second: list[str | None] = [" ", "g"]
    taken_of: list[tuple[dict[Attribute, list[str | None]], list[str]]]
    taken_of = [(whole, []), (taxed, ["a"]), ({**whole, Attribute.SKU_GROUP_ID: first}, ["a"])]
    taken_of += [({**whole, Attribute.SKU_GROUP_ID: second}, ["b"])]
    taken_of += [({**taxed, Attribute.SKU_GROUP_ID: second}, ["a", "b"])]

    for values, taken in taken_of:
        block = RowBlock(ids, numbers, values, numbers, [None, None])
        wishes, others = Translator(RULES).translate_block(block)
        assert list(wishes.ids) == taken
        assert [
            {name: column[place] for name, column in wishes.desired.items()}
            for place in range(len(taken))
        ] == [Translator(RULES).translate(block.row(ids.index(ItemId(id)))) for id in taken]
        assert all(isinstance(Translator(RULES).translate(row), Held) for row in others)
        assert [row.id for row in others] == [id for id in ids if id not in taken]
