"""The changes as the HTML report shows them: rows for the page, and the same for its script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import orjson
from markupsafe import Markup

from syncd.domain.attributes import Attribute, AttributeChange, Value
from syncd.domain.change import Action, Resource
from syncd.domain.cycle import ChangeResult
from syncd.report.csv import FORMULA_STARTS, HEADER
from syncd.report.difference import Difference, difference
from syncd.report.parts import part_of_change
from syncd.report.report import Report
from syncd.report.tokens import LOOKS, Role, role_of_change
from syncd.report.wording import failure_words, said_of, value_words, visible

IslandAttribute: TypeAlias = tuple[str, str | None, str | None, int, int]
"""Name, from, to, and how many letters of both are the same at the head and at the tail."""
IslandRow: TypeAlias = tuple[
    str, str, str, str, str, str, list[IslandAttribute], tuple[str, ...] | None
]
"""Id, action, outcome, both in words, part, role, attributes, and the failure.

The failure is its words, code, message and request id.
"""

_ESCAPES: Final = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "'": "\\u0027"}


@dataclass(frozen=True, slots=True)
class Line:
    """One attribute of an update; a side that has no value is None."""

    attribute: str
    old: str | None
    new: str | None
    parts: Difference


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One change of the page: lines for an update, pairs of attribute and value for the others."""

    id: str
    said: str
    role: Role
    mark: str
    lines: tuple[Line, ...]
    pairs: tuple[tuple[str, str], ...]
    failure: str | None

    @property
    def height(self) -> int:
        """How many table rows it takes."""
        return max(1, len(self.lines)) + (self.failure is not None)


def change_row(result: ChangeResult) -> ChangeRow:
    """Lay one change out."""
    change, outcome = result.change, result.outcome
    role = role_of_change(change.action, outcome)
    is_update = change.action is Action.UPDATE
    return ChangeRow(
        id=visible(change.id),
        said=said_of(change, outcome),
        role=role,
        mark=LOOKS[role].mark,
        lines=tuple(_line(*pair) for pair in change.attributes.items()) if is_update else (),
        pairs=() if is_update else _pairs(result),
        failure=None if result.failure is None else failure_words(result.failure),
    )


def _line(attribute: Attribute, one: AttributeChange) -> Line:
    old, new = _shown(one.known), _shown(one.desired)
    return Line(attribute, old, new, difference(old or "", new or ""))


def _pairs(result: ChangeResult) -> tuple[tuple[str, str], ...]:
    is_delete = result.change.action is Action.DELETE
    sides = (
        (attribute, one.known if is_delete else one.desired)
        for attribute, one in result.change.attributes.items()
    )
    return tuple((name, value_words(value)) for name, value in sides if value is not None)


def _shown(value: Value) -> str | None:
    return None if value is None else value_words(value)


def island(report: Report, changes: Sequence[ChangeResult]) -> Markup:
    """Write what the page's script works on: JSON that cannot end the script element around it."""
    written = orjson.dumps(
        {
            "cycle": visible(report.cycle),
            "resource": Resource.INVENTORY_ITEM,
            "otherResource": Resource.SKU,
            "others": [
                place
                for place, result in enumerate(changes)
                if result.change.resource is Resource.SKU
            ],
            "header": HEADER,
            "formulaStarts": list(FORMULA_STARTS),
            "marks": {str(role): look.mark for role, look in LOOKS.items()},
            "rows": [_island_row(result) for result in changes],
        }
    ).decode()
    for char, escape in _ESCAPES.items():
        written = written.replace(char, escape)
    return Markup(written)  # noqa: S704 - every character that HTML knows is escaped above


def _island_row(result: ChangeResult) -> IslandRow:
    change, outcome = result.change, result.outcome
    return (
        visible(change.id),
        change.action,
        outcome,
        said_of(change, outcome),
        part_of_change(result),
        role_of_change(change.action, outcome),
        [_island_attribute(*pair) for pair in change.attributes.items()],
        _island_failure(result),
    )


def _island_attribute(attribute: Attribute, one: AttributeChange) -> IslandAttribute:
    old, new = _shown(one.known), _shown(one.desired)
    parts = difference(old or "", new or "")
    return attribute, old, new, len(parts.head), len(parts.tail)


def _island_failure(result: ChangeResult) -> tuple[str, ...] | None:
    failure = result.failure
    if failure is None:
        return None
    exact = (failure.code, failure.message, failure.request_id or "")
    return (failure_words(failure), *map(visible, exact))
