"""The lists of words that a mapping goes by are a part of what it means."""

from __future__ import annotations

from syncd.config import CatalogMapping
from syncd.config.words import words_of
from syncd.data.country_names import alpha_3_codes, country_names
from syncd.data.truth_words import TRUTH_WORDS


def mapping(**columns: object) -> CatalogMapping:
    return CatalogMapping.model_validate({"id": "sku", "part_number": "mpn", **columns})


def test_only_lists_that_are_gone_by_count() -> None:
    assert words_of(mapping(country_of_origin="land", allow_oversell="more")) == {}


def test_each_step_goes_by_its_own_list() -> None:
    names = {"field": "land", "countries": "names"}
    codes = {"field": "land", "countries": "alpha-3"}
    truth = {"field": "more", "boolean": True}

    assert words_of(mapping(country_of_origin=names)) == {"countries": country_names()}
    assert words_of(mapping(country_of_origin=codes, allow_oversell=truth)) == {
        "countries": alpha_3_codes(),
        "boolean": TRUTH_WORDS,
    }
