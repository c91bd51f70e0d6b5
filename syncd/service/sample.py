"""How each attribute comes out of some rows: what is read, and what would be held."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from syncd.domain.attributes import Attribute, Value
from syncd.domain.canonical import Breach, checked_id, wanted
from syncd.domain.nearest import nearest_names
from syncd.domain.plain_text import shown, trimmed
from syncd.domain.rules import RuleBook
from syncd.domain.sample import Sample

EXAMPLES: Final = 3
_ID: Final = "id"
_NO_PART_NUMBER: Final = "every item needs a part number"
_BETWEEN: Final = " + "


@dataclass(frozen=True, slots=True)
class Example:
    """What stands in the catalog, and what would be sent for it."""

    raw: str
    value: Value


@dataclass(frozen=True, slots=True)
class BadExample:
    """What stands in a row that would be held, what the mapping makes of it, and the rule."""

    row: int
    raw: str
    value: str
    rule: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one attribute, by the API's own name, or of the id.

    `columns` is empty where a default stands in every row. `absent` are those of them that the
    source does not have, each with the column that was most likely meant, or empty. `filled` counts
    the rows that have a value after the mapping, `usable` those that would not be held for it.
    """

    name: str
    columns: tuple[str, ...]
    absent: Mapping[str, str]
    rows: int
    filled: int
    usable: int
    examples: tuple[Example, ...]
    bad: tuple[BadExample, ...]


def outcomes(
    sample: Sample, mapped: Mapping[str, Sequence[str]], rules: RuleBook
) -> tuple[Outcome, ...]:
    """Judge each mapped attribute by the rows that take part.

    `mapped` names the columns of each, the id among them, by the API's own names.
    """
    return tuple(
        _outcome(name, tuple(columns), sample.columns, list(_judged(name, columns, sample, rules)))
        for name, columns in mapped.items()
    )


@dataclass(frozen=True, slots=True)
class _Judged:
    """One row's value for one attribute."""

    row: int
    raw: str
    text: str
    value: Value | Breach


def _judged(
    name: str, columns: Sequence[str], sample: Sample, rules: RuleBook
) -> Iterator[_Judged]:
    places = [sample.columns.index(one) for one in columns if one in sample.columns]
    seen: dict[str, int] = {}
    for row in (row for row in sample.rows if row.takes_part):
        raw = _BETWEEN.join(row.cells[place] or "" for place in places)
        text = row.id if name == _ID else row.values[Attribute(name)]
        value = _read(name, text, rules)
        if name == _ID and isinstance(value, str):
            first = seen.setdefault(value, row.row)
            value = value if first == row.row else Breach(value, f"row {first} has this id as well")
        yield _Judged(row.row, raw, text or "", value)


def _read(name: str, text: str | None, rules: RuleBook) -> Value | Breach:
    if name == _ID:
        return checked_id(text)
    value = wanted(Attribute(name), text, rules)
    if value is None and name == Attribute.PART_NUMBER:
        return Breach("", _NO_PART_NUMBER)
    return value


def _outcome(
    name: str, columns: tuple[str, ...], known: Sequence[str], judged: Sequence[_Judged]
) -> Outcome:
    bad = [_bad(one, one.value) for one in judged if isinstance(one.value, Breach)]
    return Outcome(
        name=name,
        columns=columns,
        absent={one: _nearest(one, known) for one in columns if one not in known},
        rows=len(judged),
        filled=sum(1 for one in judged if trimmed(one.text)),
        usable=len(judged) - len(bad),
        examples=tuple(_telling(judged)),
        bad=tuple(bad[:EXAMPLES]),
    )


def _nearest(name: str, known: Sequence[str]) -> str:
    return next(iter(nearest_names(name, known)), "")


def _telling(judged: Sequence[_Judged]) -> list[Example]:
    """Choose values that are read as something else than stands there; if none is, any one."""
    changed: dict[Value, Example] = {}
    alike: list[Example] = []
    for one in judged:
        if one.value is None or isinstance(one.value, Breach):
            continue
        example = Example(shown(one.raw), one.value)
        if one.raw == _written(one.value):
            alike.append(example)
        else:
            changed.setdefault(one.value, example)
    return list(changed.values())[:EXAMPLES] or alike[:1]


def _written(value: Value) -> str:
    """Write a value as a catalog would."""
    return str(value).lower() if isinstance(value, bool) else value or ""


def _bad(one: _Judged, breach: Breach) -> BadExample:
    return BadExample(one.row, shown(one.raw), shown(one.text), breach.rule)
