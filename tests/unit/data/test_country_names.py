"""Names lead to one country each, and to one that exists."""

from __future__ import annotations

import csv
from importlib.resources import files

import iso3166
import pytest

from syncd.data.country_names import alpha_3_codes, country_names
from syncd.data.truth_words import TRUTH_WORDS
from syncd.domain.country_name import folded_name


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("Denmark", "DK"),
        ("CÔTE D’IVOIRE", "CI"),
        ("cote d'ivoire", "CI"),
        ("P.R.C.", "CN"),
        ("China, P.R.", "CN"),
        ("Korea, Republic of", "KR"),
        ("South Korea", "KR"),
        ("Democratic People's Republic of Korea", "KP"),
        ("U.S.A.", "US"),
        ("United Kingdom", "GB"),
        ("Viet Nam", "VN"),
        ("Deutschland", "DE"),
        ("Türkiye", "TR"),
        ("VNM", "VN"),
    ],
)
def test_a_country_is_found_by_its_names(written: str, code: str) -> None:
    assert country_names()[folded_name(written)] == code


@pytest.mark.parametrize("written", ["Korea", "Virgin Islands", "", "中国", "nowhere"])
def test_what_names_no_single_country_is_not_listed(written: str) -> None:
    assert folded_name(written) not in country_names()


def test_no_name_in_the_list_contradicts_another_and_none_is_there_for_nothing() -> None:
    text = files("syncd.data").joinpath("country_names.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    own = {folded_name(one.name): one.alpha2 for one in iso3166.countries}
    own.update(alpha_3_codes())
    known = country_names()

    assert [row for row in rows if known[folded_name(row["name"])] != row["code"]] == []
    assert [
        row for row in rows if own.get(folded_name(row["name"]), row["code"]) != row["code"]
    ] == []
    assert {row["code"] for row in rows} <= set(iso3166.countries_by_alpha2)
    assert "" not in country_names()


def test_no_word_means_both_yes_and_no() -> None:
    assert TRUTH_WORDS["ja"] == TRUTH_WORDS["oui"] == TRUTH_WORDS["x"] == "true"
    assert TRUTH_WORDS["nein"] == TRUTH_WORDS["non"] == TRUTH_WORDS["0"] == "false"
    assert all(word == word.lower() for word in TRUTH_WORDS)
