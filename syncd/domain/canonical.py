"""Canonical forms: one way to write each value, so that values which mean the same are equal."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Final, TypeAlias

from syncd.domain.attributes import ITEM_ATTRIBUTES, Attribute, Attributes, ItemId, Value
from syncd.domain.country import canonical_country, wanted_country
from syncd.domain.eccn import canonical_eccn, eccn_warning, wanted_eccn
from syncd.domain.hs_code import canonical_hs_code, hs_code_warning, wanted_hs_code
from syncd.domain.plain_text import Breach, single_line, trimmed
from syncd.domain.rules import RuleBook
from syncd.domain.sku_values import (
    WEIGHT_UNITS,
    canonical_metadata,
    canonical_weight,
    wanted_address,
    wanted_lines,
    wanted_metadata,
    wanted_weight,
    wanted_weight_unit,
)

__all__ = [
    "CANONICAL_FORM_VERSION",
    "WARNED",
    "Breach",
    "Reader",
    "Warner",
    "are_ids",
    "checked_id",
    "observed",
    "observed_item",
    "reader",
    "wanted",
    "warner",
    "warnings",
]

CANONICAL_FORM_VERSION: Final[int] = 2
"""Grows whenever a canonical form or a rule here changes, so that every row is looked at again."""

WARNED: Final = (Attribute.ECCN, Attribute.HS_CODE)
"""The attributes whose values may pass the rules and deserve a look all the same."""

Reader: TypeAlias = Callable[[str | None], Value | Breach]
"""From a catalog's text for one attribute to its value; nothing but white space is no value."""
Warner: TypeAlias = Callable[[str], str | None]
"""From a canonical value to a sentence about it, or None."""
_PlainReader: TypeAlias = Callable[[str], Value | Breach]
"""The same from a trimmed text that is not empty."""

_ID: Final = re.compile(r"[0-9A-Za-z._-]+")
_LONGEST_ID: Final = 255
_VALUES_AT_HAND: Final = 8_192
_HARDLY_TWO_ALIKE: Final = frozenset(
    {
        Attribute.PART_NUMBER,
        Attribute.NAME,
        Attribute.DESCRIPTION,
        Attribute.IMAGE,
        Attribute.URL,
        Attribute.METADATA,
    }
)
_TEXTS: Final = {
    Attribute.PART_NUMBER: "a part number",
    Attribute.MANUFACTURER_ID: "a manufacturer id",
    Attribute.NAME: "a name",
    Attribute.TAX_CODE: "a tax code",
    Attribute.SKU_GROUP_ID: "the id of a SKU group",
    Attribute.ITEM_BREADCRUMB: "an item breadcrumb",
}
"""Attributes that are any text of one line, and what rules call them."""
_PART_NUMBER: Final = ITEM_ATTRIBUTES.index(Attribute.PART_NUMBER)
_PATH_STEPS: Final = frozenset({".", ".."})
_TRUTH: Final = dict.fromkeys(("true", "1", "yes", "y", "t", "on"), True) | dict.fromkeys(
    ("false", "0", "no", "n", "f", "off"), False
)


def wanted(attribute: Attribute, text: str | None, rules: RuleBook) -> Value | Breach:
    """Read a catalog's text for one attribute; nothing but white space is no value.

    Passing twice changes nothing: the canonical form of a canonical form is itself.
    """
    return reader(attribute, rules)(text)


def reader(attribute: Attribute, rules: RuleBook) -> Reader:
    """Make what reads texts of one attribute as `wanted` does, for many of them."""
    read_plain = _reader(attribute, rules)

    def read(text: str | None) -> Value | Breach:
        plain = trimmed(text) if text else ""
        return read_plain(plain) if plain else None

    return read


def observed(attribute: Attribute, raw: object) -> Value:
    """Read what the remote holds for one attribute, by the form alone and whatever its type.

    What has no canonical form stays as trimmed text: it then differs from every wish and is mended.
    """
    if raw is None:
        return None
    if attribute is Attribute.METADATA and isinstance(raw, dict):
        return canonical_metadata(raw)
    if attribute in _HARDLY_TWO_ALIKE:
        return _observed(attribute, str(raw))
    return _observed_before(attribute, str(raw))


def observed_item(raw: Sequence[object]) -> dict[Attribute, Value]:
    """Read all of an item's attributes as `observed` does, given in the order of ITEM_ATTRIBUTES.

    Items of one maker are alike but for their part numbers, so the rest is read once for all.
    """
    texts = [None if value is None else str(value) for value in raw]
    part_number, texts[_PART_NUMBER] = texts[_PART_NUMBER], None
    values = dict(_observed_beside_part_number(tuple(texts)))
    values[Attribute.PART_NUMBER] = trimmed(part_number) or None if part_number else None
    return values


def checked_id(text: str | None) -> ItemId | Breach:
    """Read an id, trimmed; upper and lower case are different ids.

    `.` and `..` are refused although their characters are allowed: every HTTP client takes them for
    steps in a path, so a request about such an item would be about its neighbours.
    """
    plain = trimmed(text) if text else ""
    if not plain:
        return Breach(plain, "every row needs an id")
    if not _ID.fullmatch(plain):
        return Breach(
            plain, "an id has only letters and digits (ASCII), dots, underscores and hyphens"
        )
    if len(plain) > _LONGEST_ID:
        return Breach(plain, f"an id has at most {_LONGEST_ID} characters")
    if plain in _PATH_STEPS:
        return Breach(plain, "an id is not . or .., which are steps in a path")
    return ItemId(plain)


def are_ids(texts: Sequence[str]) -> bool:
    """Whether `checked_id` takes each of these as it stands; all at once, which is quicker."""
    return (
        all(texts)
        and _ID.fullmatch("".join(texts)) is not None
        and max(map(len, texts)) <= _LONGEST_ID
        and _PATH_STEPS.isdisjoint(texts)
    )


def warnings(attributes: Attributes, rules: RuleBook) -> tuple[str, ...]:
    """Tell in sentences what passes the rules and deserves a look all the same."""
    found = (
        warner(attribute, rules)(value)
        for attribute in WARNED
        if isinstance(value := attributes.get(attribute), str)
    )
    return tuple(warning for warning in found if warning is not None)


def warner(attribute: Attribute, rules: RuleBook) -> Warner:
    """Make what tells of one value of an attribute of `WARNED` as `warnings` does, for many."""
    return partial(eccn_warning, rules=rules) if attribute is Attribute.ECCN else hs_code_warning


def _observed(attribute: Attribute, text: str) -> Value:
    plain = trimmed(text)
    if not plain:
        return None
    canonical = _canonical(attribute, plain)
    return plain if canonical is None else canonical


_observed_before: Final = lru_cache(_VALUES_AT_HAND)(_observed)
"""A list shows the same few values over and over."""


@lru_cache(_VALUES_AT_HAND)
def _observed_beside_part_number(texts: tuple[str | None, ...]) -> dict[Attribute, Value]:
    """The values by their attributes, in that order; whoever gets them copies them."""
    named = zip(ITEM_ATTRIBUTES, texts, strict=True)
    return {attribute: observed(attribute, text) for attribute, text in named}


def _reader(attribute: Attribute, rules: RuleBook) -> _PlainReader:
    if attribute in _TEXTS:
        return partial(single_line, name=_TEXTS[attribute])
    match attribute:
        case Attribute.COUNTRY_OF_ORIGIN:
            return partial(wanted_country, countries=rules.countries)
        case Attribute.ECCN:
            return partial(wanted_eccn, rules=rules)
        case Attribute.HS_CODE:
            return wanted_hs_code
        case Attribute.ALLOW_OVERSELL:
            return _wanted_truth
        case _:
            return _reader_of_sku(attribute)


def _reader_of_sku(attribute: Attribute) -> _PlainReader:
    match attribute:
        case Attribute.DESCRIPTION:
            return wanted_lines
        case Attribute.IMAGE:
            return partial(wanted_address, name="an image")
        case Attribute.URL:
            return partial(wanted_address, name="a url")
        case Attribute.WEIGHT:
            return wanted_weight
        case Attribute.WEIGHT_UNIT:
            return wanted_weight_unit
        case Attribute.METADATA:
            return wanted_metadata
        case _:
            raise ValueError(attribute)


def _canonical(attribute: Attribute, plain: str) -> Value:
    match attribute:
        case Attribute.COUNTRY_OF_ORIGIN:
            return canonical_country(plain)
        case Attribute.ECCN:
            return canonical_eccn(plain)
        case Attribute.HS_CODE:
            return canonical_hs_code(plain)
        case Attribute.ALLOW_OVERSELL:
            return _TRUTH.get(plain.lower())
        case Attribute.WEIGHT:
            return canonical_weight(plain)
        case _:
            is_unit = attribute is Attribute.WEIGHT_UNIT and plain.lower() in WEIGHT_UNITS
            return plain.lower() if is_unit else plain


def _wanted_truth(text: str) -> bool | Breach:
    truth = _TRUTH.get(text.lower())
    if truth is None:
        return Breach(text, "allowOversell is true or false, yes or no, on or off, 1 or 0")
    return truth
