"""The lists that the attribute rules need, as they ship: ECCNs of our own file, ISO's countries."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from enum import StrEnum
from importlib.resources import files
from typing import Final

from syncd.domain.eccn import canonical_eccn
from syncd.domain.plain_text import trimmed
from syncd.domain.rules import RuleBook
from syncd.errors import ConfigurationError

_NOT_ASSIGNED: Final = frozenset({"XK"})
_REFUSED: Final = frozenset({"KP"})


class Treatment(StrEnum):
    """What `eccn.csv` says of an ECCN and all its sub-paragraphs."""

    APPROVED = "approved"
    LICENCE = "licence"
    """May be resold where licence exception ENC applies."""
    BARRED = "barred"


def load_rule_book(
    extra_approved: Iterable[str] = (), extra_barred: Iterable[str] = ()
) -> RuleBook:
    """Read the lists; the configuration's additions win over them, and its bars over all.

    An addition in any written form is taken; raises `ConfigurationError` where one is no ECCN.
    """
    listed = _eccns()
    approving = _canonical(extra_approved)
    barring = _canonical(extra_barred)
    return RuleBook(
        countries=_countries(),
        approved_eccns=listed[Treatment.APPROVED] | listed[Treatment.LICENCE] | approving,
        barred_eccns=(listed[Treatment.BARRED] - approving) | barring,
        licence_eccns=listed[Treatment.LICENCE],
    )


def _eccns() -> dict[Treatment, frozenset[str]]:
    text = files(__package__).joinpath("eccn.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    return {
        treatment: frozenset(row["eccn"] for row in rows if row["treatment"] == treatment)
        for treatment in Treatment
    }


def _countries() -> frozenset[str]:
    import iso3166

    return frozenset(iso3166.countries_by_alpha2) - _NOT_ASSIGNED - _REFUSED


def _canonical(codes: Iterable[str]) -> frozenset[str]:
    return frozenset(map(_checked, codes))


def _checked(code: str) -> str:
    canonical = canonical_eccn(trimmed(code))
    if canonical is None:
        raise ConfigurationError(
            f"ECCN {code!r}", "it is not written as an ECCN", "Write it as in 5A992 or 5A992.c"
        )
    return canonical
