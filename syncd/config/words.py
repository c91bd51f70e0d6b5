"""The lists of words that a mapping may go by: countries, and yes and no."""

from __future__ import annotations

from collections.abc import Mapping

from syncd.config.mapping import CatalogMapping
from syncd.data.country_names import alpha_3_codes, country_names
from syncd.data.truth_words import TRUTH_WORDS


def country_codes(kind: str) -> Mapping[str, str]:
    """Give what `countries` reads, folded, with the two-letter codes it stands for."""
    return country_names() if kind == "names" else alpha_3_codes()


def words_of(mapping: CatalogMapping) -> Mapping[str, Mapping[str, str]]:
    """Give the lists of words that the mapping goes by, for they are part of its meaning."""
    words: dict[str, Mapping[str, str]] = {}
    for column in mapping.by_attribute().values():
        if column.boolean:
            words["boolean"] = TRUTH_WORDS
        if column.countries is not None:
            words["countries"] = country_codes(column.countries)
    return words
