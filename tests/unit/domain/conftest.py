"""A small rule book whose every entry some case needs."""

from __future__ import annotations

import pytest

from syncd.domain.rules import RuleBook


@pytest.fixture(scope="package")
def rules() -> RuleBook:
    return RuleBook(
        countries=frozenset({"CN", "DK", "IT", "NA", "SS", "US"}),
        approved_eccns=frozenset({"EAR99", "3A991", "5A002", "5A992", "5D992.b"}),
        barred_eccns=frozenset({"3A991.a.1"}),
        licence_eccns=frozenset({"5A002"}),
    )
