"""What countries are called: ISO's own names and three-letter codes, and our list of others."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from importlib.resources import files

from syncd.domain.country_name import folded_name


def alpha_3_codes() -> Mapping[str, str]:
    """Give the two-letter code for each three-letter one, folded: `dnk` → `DK`."""
    import iso3166

    return {folded_name(one.alpha3): one.alpha2 for one in iso3166.countries}


def country_names() -> Mapping[str, str]:
    """Give the two-letter code for each folded name, three-letter codes among them.

    What may mean two countries, such as `Korea`, is not there. What Digital River refuses is: the
    rule of the attribute says so with the reason.
    """
    return {**alpha_3_codes(), **dict(_named())}


def _named() -> Iterator[tuple[str, str]]:
    import iso3166

    for one in iso3166.countries:
        yield folded_name(one.name), one.alpha2
        yield folded_name(one.apolitical_name), one.alpha2
    text = files(__package__).joinpath("country_names.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        yield folded_name(row["name"]), row["code"]
