"""Whether the values of a column are such as are looked for, and what it takes to read them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, assert_never

from syncd.domain.attributes import Attribute
from syncd.domain.canonical import Breach, checked_id, wanted
from syncd.domain.country_name import folded_name
from syncd.domain.eccn import canonical_eccn
from syncd.domain.plain_text import trimmed
from syncd.domain.rules import RuleBook
from syncd.engine.guess.target import Target

_TEXT_MARK: Final = "'"
"""What spreadsheets put before a number that is to stay text."""

_SHOP_WORDS: Final[Sequence[Mapping[str, str]]] = (
    {"continue": "true", "deny": "false"},  # Shopify
    {"notify": "true"},  # WooCommerce, beside 1 and 0 or yes and no
    {"2": "true"},  # Adobe Commerce: sell below zero, and tell the customer
)
_CHAPTER: Final = re.compile(r"(0[1-9]|[1-8][0-9]|9[0-7])")
_FEW: Final = 3
_REPEATED: Final = 0.8


@dataclass(frozen=True, slots=True)
class Table:
    """Some rows of a catalog: each has as many cells as there are columns, None for no text."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...]

    def values(self, column: str) -> list[str]:
        """Give the column's texts, trimmed; empty for nothing."""
        place = self.columns.index(column)
        return [trimmed(row[place] or "") for row in self.rows]


@dataclass(frozen=True, slots=True)
class Words:
    """The lists that values are held against; countries by folded name, truths in small letters."""

    rules: RuleBook
    countries: Mapping[str, str]
    alpha_3: Mapping[str, str]
    truths: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Treatment:
    """The keys that a column's mapping needs beside its name."""

    values: Mapping[str, str] = field(default_factory=dict)
    strip: str = ""
    boolean: bool = False
    countries: str | None = None


PLAIN: Final = Treatment()


@dataclass(frozen=True, slots=True)
class Fit:
    """How many rows there are, have a value, and have one that fits once it is treated."""

    rows: int
    filled: int
    fitting: int
    treatment: Treatment = PLAIN

    @property
    def share(self) -> float:
        """How much of what is there fits, from 0 to 1; 0 where nothing is there."""
        return self.fitting / self.filled if self.filled else 0.0


def fit(values: Sequence[str], target: Target, words: Words) -> Fit:
    """Read the values in every way that there is for the target, and take the best."""
    match target:
        case Target.ID:
            return _fit_ids(values)
        case Target.PART_NUMBER | Target.MANUFACTURER_ID:
            return _counted(values, _reads_as(target, words))
        case Target.COUNTRY_OF_ORIGIN:
            return _fit_countries(values, words)
        case Target.ECCN:
            return _unmarked(values, lambda text: canonical_eccn(text) is not None)
        case Target.HS_CODE:
            return _unmarked(values, _reads_as(target, words))
        case Target.ALLOW_OVERSELL:
            return _fit_truths(values, words)
    assert_never(target)


def looks_like(values: Sequence[str], target: Target, found: Fit) -> bool:
    """Whether the values alone tell what the column is, whatever it is called."""
    filled = [value.lstrip(_TEXT_MARK) for value in values if value]
    if found.filled < _FEW or found.fitting < found.filled:
        return False
    if target is Target.HS_CODE:
        repeat = len(set(filled)) <= _REPEATED * len(filled)
        return all(map(_CHAPTER.match, filled)) and (repeat or all("." in one for one in filled))
    return target in {Target.ECCN, Target.COUNTRY_OF_ORIGIN}


def _reads_as(target: Target, words: Words) -> Callable[[str], bool]:
    attribute = target.attribute or Attribute.PART_NUMBER
    return lambda text: not isinstance(wanted(attribute, text, words.rules), Breach)


def _counted(values: Sequence[str], fits: Callable[[str], bool]) -> Fit:
    filled = [value for value in values if value]
    return Fit(len(values), len(filled), sum(map(fits, filled)))


def _fit_ids(values: Sequence[str]) -> Fit:
    """Count each id once: one that stands in two rows holds both."""
    usable = {value for value in values if not isinstance(checked_id(value), Breach)}
    return Fit(len(values), len(values), len(usable))


def _unmarked(values: Sequence[str], fits: Callable[[str], bool]) -> Fit:
    plain = _counted(values, fits)
    bare = _counted([value.strip(_TEXT_MARK) for value in values], fits)
    if bare.fitting > plain.fitting:
        return replace(bare, treatment=Treatment(strip=_TEXT_MARK))
    return plain


def _fit_countries(values: Sequence[str], words: Words) -> Fit:
    is_code = _reads_as(Target.COUNTRY_OF_ORIGIN, words)
    ways = [
        _counted(values, is_code),
        *(
            replace(_counted(values, _in_list(codes, is_code)), treatment=Treatment(countries=kind))
            for kind, codes in (("alpha-3", words.alpha_3), ("names", words.countries))
        ),
    ]
    return max(ways, key=lambda way: way.fitting)


def _in_list(codes: Mapping[str, str], is_code: Callable[[str], bool]) -> Callable[[str], bool]:
    return lambda text: is_code(codes.get(folded_name(text), text))


def _fit_truths(values: Sequence[str], words: Words) -> Fit:
    is_truth = _reads_as(Target.ALLOW_OVERSELL, words)
    ways = [_counted(values, is_truth), *(_by_shop(values, is_truth, each) for each in _SHOP_WORDS)]
    told = _counted(values, lambda text: text.lower() in words.truths)
    return max(
        [*ways, replace(told, treatment=Treatment(boolean=True))], key=lambda way: way.fitting
    )


def _by_shop(
    values: Sequence[str], is_truth: Callable[[str], bool], known: Mapping[str, str]
) -> Fit:
    """Translate a shop's own words, in the case in which they stand there."""
    written = {value: known[value.lower()] for value in values if value.lower() in known}
    found = _counted(values, lambda text: text in written or is_truth(text))
    return replace(found, treatment=Treatment(values={**known, **written})) if written else found
