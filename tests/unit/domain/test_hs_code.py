"""HS codes: their form, and the damage that is told apart."""

from __future__ import annotations

import pytest

from syncd.domain.attributes import Attribute
from syncd.domain.canonical import Breach, wanted, warnings
from syncd.domain.rules import RuleBook


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("640420", "6404.20"),
        ("6404.20", "6404.20"),
        ("6404 20", "6404.20"),
        ("64.04.20", "6404.20"),
        ("6404 . 20", "6404.20"),
        (" 6404.20\xa0", "6404.20"),
        ("6404204", "6404.20.4"),
        ("64042040", "6404.20.40"),
        ("6404.20.402", "6404.20.402"),
        ("6404204025", "6404.20.4025"),
        ("6404.20.40.25", "6404.20.4025"),
        ("6404.20.4025", "6404.20.4025"),
        ("640420.4025", "6404.20.4025"),
        ("0101.21", "0101.21"),
        ("2203.00", "2203.00"),
        ("6404.20.0", "6404.20.0"),
    ],
)
def test_an_hs_code_takes_the_form_that_is_sent(text: str, code: str, rules: RuleBook) -> None:
    assert wanted(Attribute.HS_CODE, text, rules) == code


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("1234.56.YW", "six to ten digits"),
        ("64042040255", "six to ten digits"),
        ("6404..20", "six to ten digits"),
        (".640420", "six to ten digits"),
        ("640420.", "six to ten digits"),
        (".", "six to ten digits"),
        ("6404-20", "six to ten digits"),
        ("640,420", "six to ten digits"),
        ("-640420", "six to ten digits"),
        ("6404\x0020", "six to ten digits"),
        ("６４０４２０", "six to ten digits"),  # noqa: RUF001 - full-width digits are the case
        ("٦٤٠٤٢٠", "six to ten digits"),
        ("6404²0", "six to ten digits"),
        ("640420" + " " * 100 + "40", "six to ten digits"),
        ("10121", "a zero at its start or end may have been lost"),
        ("6404.2", "a zero at its start or end may have been lost"),
        ("101.21.00", "between pairs of digits only"),
        ("640420402.5", "between pairs of digits only"),
        ("6.40420E+05", "a spreadsheet has made a number"),
        ("6,4042e5", "a spreadsheet has made a number"),
        ("640420.0", "a spreadsheet has made a number"),
        ("64042040.00", "a spreadsheet has made a number"),
        ("10121.0", "a spreadsheet has made a number"),
    ],
)
def test_what_is_no_hs_code_is_refused_with_a_hint(text: str, hint: str, rules: RuleBook) -> None:
    found = wanted(Attribute.HS_CODE, text, rules)

    assert isinstance(found, Breach)
    assert found.value == text
    assert hint in found.rule


@pytest.mark.parametrize(
    ("code", "warned"),
    [
        ("6404.20", False),
        ("6404.20.4", True),
        ("6404.20.40", False),
        ("6404.20.402", True),
        (None, False),
    ],
)
def test_an_odd_number_of_digits_is_warned_of(
    code: str | None, warned: bool, rules: RuleBook
) -> None:
    found = warnings({Attribute.HS_CODE: code}, rules)

    assert bool(found) is warned
    assert all(f"{code} " in warning and "zero" in warning for warning in found)
