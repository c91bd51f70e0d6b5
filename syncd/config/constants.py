"""The texts that a mapping puts in itself: each must be one that Digital River takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from syncd.config.mapping import ColumnMapping
from syncd.config.settings import Settings
from syncd.config.shape import KeyPath
from syncd.config.words import country_codes
from syncd.data.truth_words import TRUTH_WORDS
from syncd.domain.canonical import Breach, checked_id, wanted
from syncd.domain.country_name import folded_name

_MAPPING: Final[KeyPath] = ("catalog", "mapping")


def unfit_constants(settings: Settings) -> Iterator[tuple[KeyPath, str]]:
    """Give each default, or value to take instead, that breaks its attribute's rule, and the rule.

    Every row that it stands in would be held.
    """
    rules = settings.rules.to_rule_book()
    mapping = settings.catalog.mapping
    for old, new in mapping.id.values.items():
        id = checked_id(new)
        if isinstance(id, Breach):
            yield (*_MAPPING, "id", "values", old), id.rule
    for attribute, column in mapping.by_attribute().items():
        for path, text in _constants(column):
            value = wanted(attribute, text, rules)
            if isinstance(value, Breach):
                yield (*_MAPPING, attribute.key, *path), value.rule


def _constants(column: ColumnMapping) -> Iterator[tuple[KeyPath, str]]:
    if column.default is not None:
        yield ("default",), column.default
    for old, new in column.values.items():
        yield ("values", old), _read_on(column, new)


def _read_on(column: ColumnMapping, text: str) -> str:
    """Take the steps that come after `values`."""
    if column.boolean:
        return TRUTH_WORDS.get(text.lower(), text)
    if column.countries is not None:
        return country_codes(column.countries).get(folded_name(text), text)
    return text
