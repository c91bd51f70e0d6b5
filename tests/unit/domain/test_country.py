"""Countries of origin."""

from __future__ import annotations

import pytest

from syncd.domain.attributes import Attribute
from syncd.domain.canonical import Breach, wanted
from syncd.domain.rules import RuleBook


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("DK", "DK"),
        ("dk", "DK"),
        ("Dk", "DK"),
        (" us\t", "US"),
        ("\ufeffCN\xa0", "CN"),
        ("NA", "NA"),
    ],
)
def test_a_country_is_written_in_capitals(text: str, code: str, rules: RuleBook) -> None:
    assert wanted(Attribute.COUNTRY_OF_ORIGIN, text, rules) == code


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("KP", "refused although"),
        ("xk", "not assigned"),
        ("UK", "GB"),
        ("el", "GR"),
        ("EU", "one country"),
        ("ZZ", "as in DK"),
        ("USA", "as in DK"),
        ("208", "as in DK"),
        ("D K", "as in DK"),
        ("D", "as in DK"),
        ("D\0", "as in DK"),
        ("Denmark", "as in DK"),
        ("N/A", "as in DK"),
        ("ß", "as in DK"),  # its capitals are SS
        ("\u0131t", "as in DK"),  # a dotless i has the capital of IT
        ("ＤＫ", "as in DK"),  # noqa: RUF001 - full-width letters are the case
    ],
)
def test_what_is_no_country_is_refused_with_a_hint(text: str, hint: str, rules: RuleBook) -> None:
    found = wanted(Attribute.COUNTRY_OF_ORIGIN, text, rules)

    assert isinstance(found, Breach)
    assert found.value == text
    assert "two-letter ISO 3166-1 code" in found.rule
    assert hint in found.rule
