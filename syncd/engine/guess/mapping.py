"""Which column is which attribute, as far as names and values tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from syncd.engine.guess.names import (
    AMONG_NOISE,
    UNLIKE,
    Likeness,
    is_elsewhere,
    likeness,
    tells_physical,
    tells_update,
)
from syncd.engine.guess.target import Target
from syncd.engine.guess.values import Fit, Table, Treatment, Words, fit, looks_like

_MOST: Final = 0.95
_HALF: Final = 0.5
_SHAPE: Final = 0.6
"""What values that speak for themselves are worth beside a name."""
_UNNAMED_ID: Final = 0.2
_NAMED: Final = frozenset({Target.ID, Target.COUNTRY_OF_ORIGIN})
"""What values may look like by chance: ids, and countries of another kind."""
_YES: Final = ("true", "1", "yes")


class Confidence(StrEnum):
    """How far a guess may be relied on."""

    SURE = "sure"
    LIKELY = "likely"
    UNSURE = "unsure"
    """A person should say; nobody else takes it."""


@dataclass(frozen=True, slots=True)
class Guess:
    """A column for a target, how to read it, and the reason in words without a full stop."""

    column: str
    confidence: Confidence
    reason: str
    treatment: Treatment


def guess_mapping(table: Table, words: Words) -> Mapping[Target, Guess]:
    """Give each target the column that it suits best, and each column to one target at most."""
    candidates = sorted(_candidates(table, words), key=lambda one: one.score, reverse=True)
    found: dict[Target, Guess] = {}
    taken: set[str] = set()
    for one in candidates:
        if one.target not in found and one.guess.column not in taken:
            found[one.target] = one.guess
            taken.add(one.guess.column)
    return {target: found[target] for target in Target if target in found}


def look_at(table: Table, column: str, target: Target, words: Words) -> Guess:
    """Read a column that somebody has chosen, whatever it is called."""
    return _guess(
        column, target, likeness(column, target), fit(table.values(column), target, words)
    )


def guess_physical(table: Table) -> tuple[str, tuple[str, ...]] | None:
    """Find the column that tells goods from downloads, and the words that it has for goods."""
    for column in filter(tells_physical, table.columns):
        told = {value.lower() for value in table.values(column)}
        if told.intersection(_YES):
            return column, _YES
    return None


def guess_updated(columns: Iterable[str]) -> str | None:
    """Find the column that tells when a row was last changed."""
    return next(filter(tells_update, columns), None)


@dataclass(frozen=True, slots=True)
class _Candidate:
    target: Target
    guess: Guess
    score: float


def _candidates(table: Table, words: Words) -> Iterator[_Candidate]:
    for target in Target:
        for column in table.columns:
            name, values = likeness(column, target), table.values(column)
            found = fit(values, target, words)
            if name is not UNLIKE:
                score = name.score + (found.share - 1) * (1 if target is Target.ID else _HALF)
            elif looks_like(values, target, found) and not is_elsewhere(column):
                score = _SHAPE
            elif target is Target.ID and values and found.share == 1:
                score = _UNNAMED_ID
            else:
                continue
            yield _Candidate(target, _guess(column, target, name, found), score)


def _guess(column: str, target: Target, name: Likeness, found: Fit) -> Guess:
    return Guess(
        column=column,
        confidence=_confidence(target, name, found),
        reason=", ".join(filter(None, (_of_name(name), _of_values(target, found)))),
        treatment=found.treatment,
    )


def _confidence(target: Target, name: Likeness, found: Fit) -> Confidence:
    is_exact = name.score > AMONG_NOISE
    if not found.filled:
        return Confidence.LIKELY if is_exact else Confidence.UNSURE
    if is_exact and found.share >= _MOST:
        return Confidence.SURE
    if name is UNLIKE and target in _NAMED:
        return Confidence.UNSURE
    if found.share >= (_HALF if is_exact else _MOST):
        return Confidence.LIKELY
    return Confidence.UNSURE


def _of_name(name: Likeness) -> str:
    if name is UNLIKE:
        return ""
    if name.score > AMONG_NOISE:
        return "by its name"
    return f"its name is like “{name.name}”"


def _of_values(target: Target, found: Fit) -> str:
    if not found.filled:
        return "it is empty in the sample"
    if target is Target.ID:
        return f"{_counted(found.fitting, 'different id')} in {_counted(found.rows, 'row')}"
    if target in {Target.PART_NUMBER, Target.MANUFACTURER_ID}:
        return f"there in {found.filled:,} of {_counted(found.rows, 'row')}"
    return f"{found.fitting:,} of {_counted(found.filled, 'value')} read as {_PLURALS[target]}"


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'s' * (count != 1)}"


_PLURALS: Final = {
    Target.COUNTRY_OF_ORIGIN: "countries",
    Target.ECCN: "ECCNs",
    Target.HS_CODE: "HS codes",
    Target.ALLOW_OVERSELL: "true or false",
}
