"""The shipped lists, their extension, and their agreement with the vendor's list."""

from __future__ import annotations

import csv
from importlib.resources import files
from pathlib import Path

import pytest

from syncd.data import Treatment, load_rule_book
from syncd.domain.attributes import Attribute
from syncd.domain.canonical import Breach, wanted
from syncd.domain.eccn import canonical_eccn
from syncd.errors import ConfigurationError


def _own_rows() -> list[dict[str, str]]:
    text = files("syncd.data").joinpath("eccn.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


@pytest.fixture(scope="module")
def vendor_rows(project_root: Path) -> list[list[str]]:
    path = project_root.parent / "shared" / "api" / "approved-eccn.csv"
    if not path.exists():
        pytest.skip("the vendor's list is not here")
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.reader(lines))[1:]


def test_countries_are_those_that_are_assigned_and_taken() -> None:
    countries = load_rule_book().countries

    assert len(countries) == 248
    assert {"DK", "GB", "TW", "NA", "SS"} <= countries
    assert not {"KP", "XK", "UK", "EU", "ZZ", "AN"} & countries


def test_every_line_of_our_list_is_canonical_unique_and_treated() -> None:
    rows = _own_rows()
    codes = [row["eccn"] for row in rows]

    assert [canonical_eccn(code) for code in codes] == codes
    assert len(set(codes)) == len(codes)
    assert {row["treatment"] for row in rows} == set(Treatment)
    assert all(row["about"] for row in rows)


def test_our_list_approves_what_the_vendor_approves(vendor_rows: list[list[str]]) -> None:
    rules = load_rule_book()

    assert rules.approved_eccns == {code for code, *_ in vendor_rows}
    assert rules.licence_eccns == {code for code, _, note in vendor_rows if "ENC" in note}
    barred = " ".join(note for _, _, note in vendor_rows if "ENC" not in note)
    assert {code for code in barred.split() if canonical_eccn(code) == code} == rules.barred_eccns


def test_our_list_has_words_of_its_own(vendor_rows: list[list[str]]) -> None:
    theirs = {description.strip(" .").lower() for _, description, _ in vendor_rows}

    assert not theirs & {row["about"].lower() for row in _own_rows()}


def test_a_configuration_adds_approved_and_barred_eccns() -> None:
    rules = load_rule_book(extra_approved=[" 9a991.B "], extra_barred=["5a992C"])

    assert wanted(Attribute.ECCN, "9A991.b.1", rules) == "9A991.b.1"
    assert isinstance(wanted(Attribute.ECCN, "9A991", rules), Breach)
    assert isinstance(wanted(Attribute.ECCN, "5A992.c", rules), Breach)
    assert wanted(Attribute.ECCN, "5A992.a", rules) == "5A992.a"


def test_a_shipped_bar_is_lifted_by_naming_it_and_not_by_what_stands_above() -> None:
    named = load_rule_book(extra_approved=["3A991.a.1"])
    above = load_rule_book(extra_approved=["3A991.a"])
    both = load_rule_book(extra_approved=["3A991.a.1"], extra_barred=["3A991.a.1"])

    assert wanted(Attribute.ECCN, "3A991.a.1", named) == "3A991.a.1"
    assert isinstance(wanted(Attribute.ECCN, "3A991.a.1", above), Breach)
    assert isinstance(wanted(Attribute.ECCN, "3A991.a.1", both), Breach)


@pytest.mark.parametrize("code", ["", "5A99", "everything"])
def test_an_addition_that_is_no_eccn_is_a_configuration_error(code: str) -> None:
    with pytest.raises(ConfigurationError, match="not written as an ECCN"):
        load_rule_book(extra_barred=[code])
