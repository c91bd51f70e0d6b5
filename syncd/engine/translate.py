"""From a catalog row to the attributes it wishes for, or to the reason why it is held."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, cast

from syncd.domain.attributes import (
    FROM_THE_GROUP,
    Attribute,
    Attributes,
    ItemId,
    Value,
    wants_sku,
)
from syncd.domain.canonical import Breach, are_ids, checked_id, reader
from syncd.domain.plain_text import shown
from syncd.domain.row_block import RowBlock
from syncd.domain.rules import RuleBook
from syncd.domain.snapshot import CatalogRow
from syncd.domain.tracking import Held
from syncd.engine.wishes import Wishes

_MOST_REMEMBERED: Final = 50_000
_LONGEST_REMEMBERED: Final = 64
_NEEDED: Final = {
    Attribute.PART_NUMBER: "every item needs a part number",
    Attribute.NAME: "every SKU needs a name",
}
"""What no row may be without, and the rule; hardly any of these values stands in two rows."""
_NEITHER: Final = (None, None)
"""No value of its own, and no group to have it of."""
_GROUP_RULE: Final = "every SKU needs it, unless its skuGroupId names a group that has it"


class Translator:
    """Translates rows under one rule book; remembers what it has read, so make one for each run."""

    def __init__(self, rules: RuleBook) -> None:
        self._readings = {attribute: _Readings(attribute, rules) for attribute in Attribute}

    def translate(self, row: CatalogRow) -> Attributes | Held:
        """Give the row's mapped attributes in canonical form, None for no value.

        A row that breaks rules is held by the first in the order of `Attribute`, the id before all.
        """
        if row.defect is not None:
            return _held(row, row.defect.attribute, row.defect.value, row.defect.rule)
        id = checked_id(row.id)
        if isinstance(id, Breach):
            return _held(row, "id", row.id, id.rule)
        readings = self._readings
        attributes: dict[Attribute, Value] = {}
        for attribute, text in row.values.items():
            value = readings[attribute][text]
            if isinstance(value, Breach):
                return self._first_breach(row)
            attributes[attribute] = value
        return _incomplete(row, attributes) or attributes

    def translate_block(self, block: RowBlock) -> tuple[Wishes, list[CatalogRow]]:
        """Give the wishes of the rows that nothing stands against, and the others as they are.

        Those are left for `translate` to judge, and some of them may turn out to be usable.
        """
        columns = {
            attribute: list(map(self._readings[attribute].__getitem__, texts))
            for attribute, texts in block.values.items()
        }
        doubtful = _doubtful(block.ids, columns)
        desired = cast("dict[Attribute, list[Value]]", columns)  # but for what is doubtful
        wishes = Wishes(block.ids, block.fingerprints, desired)
        if not doubtful:
            return wishes, []
        return wishes.without(doubtful), [block.row(place) for place in sorted(doubtful)]

    def _first_breach(self, row: CatalogRow) -> Held:
        return next(
            _held(row, attribute.value, row.values[attribute], value.rule)
            for attribute in Attribute
            if attribute in row.values
            and isinstance(value := self._readings[attribute][row.values[attribute]], Breach)
        )


def _doubtful(
    ids: Sequence[ItemId], columns: Mapping[Attribute, Sequence[Value | Breach]]
) -> set[int]:
    """Find the places of rows that break a rule, or that lack what no group gives them."""
    found: set[int] = set()
    if not are_ids(ids):
        found.update(place for place, id in enumerate(ids) if isinstance(checked_id(id), Breach))
    for column in columns.values():
        if Breach in set(map(type, column)):
            found.update(place for place, one in enumerate(column) if isinstance(one, Breach))
    if Attribute.NAME in columns:
        nothing = [None] * len(ids)
        groups = columns.get(Attribute.SKU_GROUP_ID, nothing)
        for attribute in FROM_THE_GROUP:
            either = zip(columns.get(attribute, nothing), groups, strict=True)
            found.update(place for place, both in enumerate(either) if both == _NEITHER)
    return found


def _incomplete(row: CatalogRow, attributes: Attributes) -> Held | None:
    """Hold a SKU that lacks what no group gives it."""
    if not wants_sku(attributes) or attributes.get(Attribute.SKU_GROUP_ID) is not None:
        return None
    lacking = (
        attribute
        for attribute in Attribute
        if attribute in FROM_THE_GROUP and attributes.get(attribute) is None
    )
    return next((_held(row, attribute.value, None, _GROUP_RULE) for attribute in lacking), None)


class _Readings(dict[str | None, Value | Breach]):
    """What texts of one attribute mean: few distinct ones stand in many rows."""

    def __init__(self, attribute: Attribute, rules: RuleBook) -> None:
        super().__init__()
        self._read = reader(attribute, rules)
        self._needed = _NEEDED.get(attribute)

    def __missing__(self, text: str | None) -> Value | Breach:
        value = self._read(text)
        if self._needed is not None:
            return Breach("", self._needed) if value is None else value
        if text is None or len(text) <= _LONGEST_REMEMBERED:
            self._remember(text, value)
        return value

    def _remember(self, text: str | None, value: Value | Breach) -> None:
        if len(self) >= _MOST_REMEMBERED:
            self.clear()
        self[text] = value


def _held(row: CatalogRow, attribute: str, value: str | None, rule: str) -> Held:
    return Held(attribute, shown(value or ""), rule, row.row, row.file)
