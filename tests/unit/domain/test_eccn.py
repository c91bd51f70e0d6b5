"""ECCNs: form, list, bars and the licence exception."""

from __future__ import annotations

import pytest

from syncd.domain.attributes import Attribute
from syncd.domain.canonical import Breach, wanted, warnings
from syncd.domain.rules import RuleBook


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("EAR99", "EAR99"),
        ("ear99", "EAR99"),
        ("EAR 99", "EAR99"),
        ("5A992", "5A992"),
        ("5a992.C", "5A992.c"),
        ("5A992 .c", "5A992.c"),
        ("5A992c", "5A992.c"),
        ("5A992.c.10.B.2", "5A992.c.10.b.2"),
        ("3A991", "3A991"),
        ("3A991.a", "3A991.a"),
        ("3A991.a.2", "3A991.a.2"),
        ("3A991.a.11", "3A991.a.11"),
        ("3A991.b.1", "3A991.b.1"),
        ("5D992.b", "5D992.b"),
        ("5D992.B.1", "5D992.b.1"),
        ("5A002.a", "5A002.a"),
    ],
)
def test_a_listed_eccn_and_what_stands_below_it_passes(
    text: str, code: str, rules: RuleBook
) -> None:
    assert wanted(Attribute.ECCN, text, rules) == code


@pytest.mark.parametrize(
    "text", ["3A991.a.1", "3a991.A.1", "3A991a1", "3A 991.a.1", "3A991.a.1.b", "3A991.A1B2"]
)
def test_a_barred_eccn_is_refused_however_it_is_written(text: str, rules: RuleBook) -> None:
    found = wanted(Attribute.ECCN, text, rules)

    assert isinstance(found, Breach)
    assert "3A991.a.1" in found.rule


@pytest.mark.parametrize("text", ["5A001", "9E999", "5D992", "5D992.a", "5A003.c"])
def test_an_eccn_that_nobody_listed_is_refused(text: str, rules: RuleBook) -> None:
    found = wanted(Attribute.ECCN, text, rules)

    assert isinstance(found, Breach)
    assert "approved" in found.rule


@pytest.mark.parametrize(
    "text",
    [
        "EAR",
        "EAR-99",
        "EAR99.a",
        "5A99",
        "5A9921",
        "5F992",
        "5A992.",
        "5A992..c",
        "5A992.1",
        "5A992.cc",
        "3A991.a.01",
        "5A992.c.",
        "5A992/c",
        "none",
        "5\u0410992",  # a Cyrillic A
        "5A992.\u212a",  # the Kelvin sign, whose small letter is k
        "5A99\u0662",  # an Arabic digit
        "5A992" + ".c.1" * 100,
    ],
)
def test_what_is_not_written_as_an_eccn_is_refused(text: str, rules: RuleBook) -> None:
    found = wanted(Attribute.ECCN, text, rules)

    assert isinstance(found, Breach)
    assert "written as in 5A992" in found.rule


@pytest.mark.parametrize(
    ("eccn", "warned"),
    [("5A002", True), ("5A002.a.1", True), ("5A992.c", False), ("EAR99", False), (None, False)],
)
def test_a_licence_exception_is_warned_of(eccn: str | None, warned: bool, rules: RuleBook) -> None:
    found = warnings({Attribute.ECCN: eccn}, rules)

    assert bool(found) is warned
    assert all(f"{eccn} " in warning and "ENC" in warning for warning in found)


def test_an_eccn_that_is_not_mapped_is_not_warned_of(rules: RuleBook) -> None:
    assert warnings({}, rules) == ()
