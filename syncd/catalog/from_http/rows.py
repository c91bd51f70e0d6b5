"""How records become rows: flattened as the configuration says, one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias

import orjson

from syncd.catalog.from_http.documents import compiled, first_step, holds, needed_by, search
from syncd.catalog.from_http.request import JsonValue
from syncd.catalog.from_http.signs import says_more
from syncd.config import HttpKeys

Columns: TypeAlias = "dict[str, JsonValue]"

_LONGEST_TEXT: Final = 100_000
"""In characters; longer ones are descriptions and pictures, which no attribute is made of."""
_TOO_LONG: Final[dict[str, JsonValue]] = {}


class Rows:
    """Makes lines of records, and counts what it leaves out."""

    def __init__(self, settings: HttpKeys) -> None:
        self._nested = compiled(settings.nested) if settings.nested else None
        self._table = first_step(self._nested) if self._nested else None
        self._only = compiled(settings.only) if settings.only else None
        self._unseen = set(needed_by(self._only)) if self._only else set[str]()
        self._carry = {name: compiled(text) for name, text in settings.carry.items()}
        self._fields = {name: compiled(text) for name, text in settings.fields.items()}
        self._id = settings.id_columns
        self.left_out = 0
        self.left_out_spoilt = 0
        self.without_list = 0
        self.cut_lists = 0

    @property
    def changes_nothing(self) -> bool:
        """Whether records are the rows as they stand."""
        return not (self._nested or self._only or self._carry or self._fields)

    @property
    def vanished(self) -> str | None:
        """A field for lack of which `only` held for not one of the rows; None where there is none.

        It may have been renamed. What `carry` and `fields` find is there, be it empty.
        """
        return min(self._unseen, default=None) if self.left_out else None

    def of(self, record: JsonValue) -> Iterator[bytes]:
        """Give the lines of one record; what is no object goes on as it is, to be held."""
        if self._nested is None:
            yield from self._line(record, self.carried(record))
            return
        inner = search(self._nested, record)
        if not isinstance(inner, list):
            self.without_list += 1
            return
        self.cut_lists += says_more(self._around(record))
        carried = self.carried(record)
        for row in inner:
            yield from self._line(row, carried)

    def mark_of(self, line: bytes) -> bytes:
        """Give what tells the row on a line from others: its id, or all of it where it has none."""
        try:
            row = orjson.loads(line) if self._id else None
        except orjson.JSONDecodeError:
            return line
        found: list[JsonValue] = [None]
        if isinstance(row, dict):
            found = [row.get(name) for name in self._id]
        return line if None in found else dumped(found)

    def _around(self, record: JsonValue) -> JsonValue:
        """Give what stands around the list within a record: the record's own fields, and its table.

        Other lists within the record may be cut short without loss, as those of pictures.
        """
        if not isinstance(record, dict) or self._table is None:
            return record
        plain = {name: inner for name, inner in record.items() if not isinstance(inner, dict)}
        return plain | {"list": record.get(self._table)}

    def of_child(self, record: JsonValue, carried: Mapping[str, JsonValue]) -> Iterator[bytes]:
        """Give the line of a record whose parent stood in another line."""
        yield from self._line(record, carried)

    def carried(self, record: JsonValue) -> Columns:
        """Give the columns that the rows within a record get from it."""
        return {name: _cell(search(finder, record)) for name, finder in self._carry.items()}

    def _line(self, row: JsonValue, carried: Mapping[str, JsonValue]) -> Iterator[bytes]:
        if isinstance(row, dict):
            row = row | dict(carried)
            found = {name: _cell(search(finder, row)) for name, finder in self._fields.items()}
            row = {name: _cell(value) for name, value in row.items()} | found
            if self._unseen:
                self._unseen.difference_update(row)
            if self._only is not None and not holds(search(self._only, row)):
                self.left_out += 1
                self.left_out_spoilt += not _is_text(row)
                return
        yield dumped(row) + b"\n"


def _cell(value: JsonValue) -> JsonValue:
    """Keep what can be a cell; of lists and objects nothing but their kind, which is refused."""
    match value:
        case dict():
            return {}
        case list():
            return []
        case str() if len(value) > _LONGEST_TEXT:
            return _TOO_LONG
        case _:
            return value


def dumped(value: JsonValue) -> bytes:
    """Write one JSON text on one line."""
    try:
        return orjson.dumps(value)
    except (orjson.JSONEncodeError, RecursionError):
        return _dumped_slowly(value)


def _is_text(value: JsonValue) -> bool:
    """Whether all of it is UTF-8: what is not may have been anything."""
    try:
        orjson.dumps(value)
    except (orjson.JSONEncodeError, RecursionError):
        return False
    return True


def _dumped_slowly(value: JsonValue) -> bytes:
    """Write what orjson refuses; what is no UTF-8 stays none, so that its row is held."""
    try:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    except RecursionError:
        return b"[]"
    return text.encode("utf-8", "surrogatepass")
