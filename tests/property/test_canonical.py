"""Canonical forms hold for any text: they are stable, tolerant and what the vendor takes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from syncd.data import load_rule_book
from syncd.domain.attributes import FROM_THE_GROUP, Attribute, ItemId, Value
from syncd.domain.canonical import Breach, are_ids, checked_id, observed, wanted, warnings
from syncd.domain.plain_text import INVISIBLE, WHITE_SPACE
from syncd.domain.snapshot import CatalogRow
from syncd.domain.tracking import Held
from syncd.engine.translate import Translator

RULES = load_rule_book()

any_text = st.text(st.characters(exclude_categories=[]), max_size=40)
padding = st.text(WHITE_SPACE + INVISIBLE, max_size=4)
attributes = st.sampled_from(Attribute)
countries = st.sampled_from(sorted(RULES.countries))
eccns = st.builds(
    lambda code, below: f"{code}{below}" if code != "EAR99" else code,
    st.sampled_from(sorted(RULES.approved_eccns - RULES.barred_eccns)),
    st.from_regex(r"(\.[a-z]\.[1-9][0-9]?){0,2}(\.[a-z])?", fullmatch=True),
)
digits = st.text("0123456789", min_size=6, max_size=10)
near_misses = st.one_of(
    countries,
    eccns,
    digits,
    st.sampled_from(["true", "Off", "Y", "0"]),
    st.from_regex(r"[0-9A-Fa-f.eE+ ]{1,14}", fullmatch=True),
)
texts = st.builds(
    lambda before, text, after: before + text + after, padding, near_misses | any_text, padding
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64) | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=4,
)


def fits_the_vendor(attribute: Attribute, value: Value) -> bool:  # noqa: PLR0911 - a table of rules
    match attribute:
        case Attribute.ALLOW_OVERSELL:
            return isinstance(value, bool)
        case Attribute.COUNTRY_OF_ORIGIN:
            return isinstance(value, str) and re.fullmatch("[A-Z]{2}", value) is not None
        case Attribute.ECCN:
            form = r"EAR99|[0-9][A-E][0-9]{3}(\.[a-z]\.[1-9][0-9]*)*(\.[a-z])?"
            return isinstance(value, str) and re.fullmatch(form, value) is not None
        case Attribute.HS_CODE:
            form = r"[0-9]{4}\.[0-9]{2}(\.[0-9]{1,4})?"
            return isinstance(value, str) and re.fullmatch(form, value) is not None
        case Attribute.WEIGHT:
            return isinstance(value, str) and re.fullmatch(r"[0-9]+(\.[0-9]+)?", value) is not None
        case Attribute.WEIGHT_UNIT:
            return value in {"oz", "lb", "g", "kg"}
        case Attribute.METADATA:
            return isinstance(value, str) and isinstance(json.loads(value), dict)
        case _:
            return isinstance(value, str) and bool(value.encode("utf-8").strip())


@given(attributes, texts)
def test_any_text_is_a_value_that_fits_no_value_or_a_breach_that_says_why(
    attribute: Attribute, text: str
) -> None:
    value = wanted(attribute, text, RULES)

    if isinstance(value, Breach):
        assert value.rule
        assert not value.rule.endswith(".")
        assert value.value in text
    elif value is None:
        assert not text.strip(WHITE_SPACE + INVISIBLE)
    else:
        assert fits_the_vendor(attribute, value)
        warnings({attribute: value}, RULES)


@given(attributes, texts)
def test_the_canonical_form_of_a_canonical_form_is_itself(attribute: Attribute, text: str) -> None:
    value = wanted(attribute, text, RULES)

    if not isinstance(value, Breach):
        again = wanted(attribute, None if value is None else str(value), RULES)
        assert again == value
        assert type(again) is type(value)


@given(attributes, texts)
def test_what_was_sent_is_equal_when_the_remote_shows_it(attribute: Attribute, text: str) -> None:
    value = wanted(attribute, text, RULES)

    if not isinstance(value, Breach):
        assert observed(attribute, value) == value


@given(attributes, texts)
def test_the_remote_may_show_a_value_as_the_catalog_writes_it(
    attribute: Attribute, text: str
) -> None:
    value = wanted(attribute, text, RULES)

    if not isinstance(value, Breach):
        assert observed(attribute, text) == value


@given(attributes, json_values)
def test_whatever_the_remote_holds_is_read(attribute: Attribute, raw: object) -> None:
    value = observed(attribute, raw)

    assert value is None or isinstance(value, (str, bool))
    assert value != ""
    assert observed(attribute, value) == value


@given(countries, padding, padding, st.booleans())
def test_countries_that_differ_in_form_are_equal(
    code: str, before: str, after: str, small: bool
) -> None:
    text = before + (code.lower() if small else code) + after

    assert wanted(Attribute.COUNTRY_OF_ORIGIN, text, RULES) == code


@given(eccns, padding, padding, st.sampled_from([str, str.lower, str.upper, str.swapcase]))
def test_eccns_that_differ_in_form_are_equal(
    code: str, before: str, after: str, case: Callable[[str], str]
) -> None:
    written = wanted(Attribute.ECCN, code, RULES)
    text = before + case(code) + after

    found = wanted(Attribute.ECCN, text, RULES)

    assert type(found) is type(written)
    if not isinstance(found, Breach):
        assert found == written == code


@given(digits, st.data())
def test_hs_codes_that_differ_in_dots_and_spaces_are_equal(code: str, data: st.DataObject) -> None:
    separators = st.sampled_from(["", ".", " ", " . ", "\xa0"])
    pairs = [code[0:2], code[2:4], code[4:6]]
    written = pairs[0] + data.draw(separators) + pairs[1] + "." + pairs[2]
    written += data.draw(separators) + code[6:] if code[6:] else ""

    assert wanted(Attribute.HS_CODE, written, RULES) == wanted(Attribute.HS_CODE, code, RULES)


@given(any_text)
def test_an_id_that_passes_can_stand_in_a_path(text: str) -> None:
    id = checked_id(text)

    if not isinstance(id, Breach):
        assert re.fullmatch("[0-9A-Za-z._-]+", id)
        assert id not in {".", ".."}
        assert checked_id(id) == id


@given(
    st.dictionaries(attributes, st.none() | texts),
    st.none() | any_text | st.just("shoe-1"),
)
def test_any_row_is_a_wish_for_its_mapped_attributes_or_held(
    values: dict[Attribute, str | None], id: str | None
) -> None:
    found = Translator(RULES).translate(CatalogRow(ItemId(id) if id else None, 1, values, row=3))

    if isinstance(found, Held):
        assert found.rule
        assert found.row == 3
        assert found.value.isprintable()
        of_a_sku = FROM_THE_GROUP if Attribute.NAME in values else frozenset()
        assert found.attribute in {"id", *values, *of_a_sku}
    else:
        assert found.keys() == values.keys()


@given(
    st.lists(
        st.text("aB0._- \n\u00e9", max_size=3) | st.sampled_from(["x" * 255, "x" * 256]), min_size=1
    )
)
def test_ids_are_taken_together_where_each_is_taken_as_it_stands(ids: list[str]) -> None:
    assert are_ids(ids) is all(checked_id(id) == id for id in ids)
