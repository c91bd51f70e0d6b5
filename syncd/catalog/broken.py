"""Records that are no rows: what is wrong with them, and whose they are, as far as can be told."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from syncd.catalog.columns import Columns
from syncd.catalog.header import csv_reader
from syncd.catalog.ready import ReadyFile
from syncd.catalog.table_sql import LONGEST_RECORD
from syncd.domain.plain_text import trimmed

_LONGEST_SHOWN: Final = 400
_ENCODING: Final = "INVALID ENCODING"
_QUOTES: Final = "UNQUOTED VALUE"
_REPLACED: Final = "?"
"""Stands in a reject's text for each byte that is no UTF-8."""
_LENGTH: Final = "LINE SIZE OVER MAXIMUM"
_WIDTH: Final = frozenset({"MISSING COLUMNS", "TOO MANY COLUMNS"})
_JSON_WHITE: Final = " \t\r\n"
_JSON_ESCAPES: Final = re.compile(r"(?:\\u[0-9a-fA-F]{4})+|\\[^u]")
_HALF_PAIR: Final = re.compile("[\ud800-\udfff]")
_BETWEEN: Final = "\x1f"


@dataclass(frozen=True, slots=True)
class Reject:
    """A record that the reader refused.

    `row` counts records from 1, the header included; `errors` are DuckDB's names, and `places` the
    columns they concern, from 1. `cut` says that the file ends here without a line end.
    """

    row: int
    text: str
    errors: frozenset[str]
    places: tuple[int, ...] = ()
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Broken:
    """A record that cannot be used; `attribute` is "row" where the record itself is at fault.

    An id that is not `certain` counts only where it is known already. `trace` is the whole text,
    as it stands and decoded: an id that occurs anywhere in it may not be called missing. A record
    that `hides` may have swallowed others of which its text gives no clear account.
    """

    file: int
    row: int
    id: str | None
    certain: bool
    attribute: str
    value: str
    rule: str
    hides: bool
    trace: str = ""


def broken_cells(reject: Reject, ready: ReadyFile, columns: Columns) -> Broken:
    """Judge a line of a table by its text, as far as it can be split into cells."""
    text = reject.text.strip("\r\n")
    cells = _cells(text, ready)
    id, certain = _id_among(cells, reject, ready)
    attribute, value, rule = _fault(reject, cells, ready, columns)
    return Broken(
        file=ready.file.index,
        row=reject.row,
        id=translated_id(id, columns),
        certain=certain,
        attribute=attribute,
        value=(text if value is None else value)[:_LONGEST_SHOWN],
        rule=rule,
        hides=_LENGTH in reject.errors or "\n" in text or "\r" in text or _is_two(cells, ready),
        trace=_trace((text, _without_doubled_quotes(text, ready)), columns),
    )


def _is_two(cells: Sequence[str], ready: ReadyFile) -> bool:
    """Tell whether a line is as long as two whose line end was lost, perhaps with a part of an id.

    The last cell of the one and the first of the other are then a single cell.
    """
    return len(cells) > ready.width and len(cells) >= 2 * ready.width - 1


def _without_doubled_quotes(text: str, ready: ReadyFile) -> str:
    quote = ready.dialect.quote
    return text.replace(quote * 2, quote) if quote else text


def _trace(texts: Sequence[str], columns: Columns) -> str:
    """Join a record's text in all its forms, and the ids that the mapping may make of it."""
    forms = dict.fromkeys(texts)
    made = (new for old, new in columns.id.values.items() if any(old in text for text in forms))
    return _BETWEEN.join((*forms, *made))


def _cells(text: str, ready: ReadyFile) -> list[str]:
    try:
        lines = io.StringIO(text, newline="")
        return next(csv_reader(lines, ready.dialect, strict=False), [])
    except csv.Error:
        return []


def _id_among(cells: Sequence[str], reject: Reject, ready: ReadyFile) -> tuple[str | None, bool]:
    """Find the id, and whether it is certain.

    In the first column it is, where another cell follows: nothing before it can have moved it, and
    nothing has cut it short. In another column a lost or added separator may have moved it.
    """
    place = ready.places[0]
    if place >= len(cells) or (reject.cut and place == len(cells) - 1):
        return None, False
    if _ENCODING in reject.errors and place + 1 in reject.places:
        return None, False
    if _QUOTES in reject.errors and place + 1 >= min(reject.places):
        return None, False
    is_whole = reject.errors == {_ENCODING} and len(cells) == ready.width
    return cells[place], is_whole or (place == 0 and len(cells) > 1)


def _fault(
    reject: Reject, cells: Sequence[str], ready: ReadyFile, columns: Columns
) -> tuple[str, str | None, str]:
    """Name attribute, value and rule; a value of None is the whole text."""
    if _LENGTH in reject.errors:
        return "row", None, f"no row is longer than {LONGEST_RECORD:,} bytes"
    if _QUOTES in reject.errors:
        return "row", None, "a quote stands where none may, or the value it opens is never closed"
    if reject.errors & _WIDTH:
        rule = f"the row has {len(cells)} values, but the header has {ready.width} columns"
        return "row", None, rule
    if _ENCODING in reject.errors:
        place = min(reject.places) - 1
        value = cells[place] if place < len(cells) else None
        return _attribute_at(place, ready, columns), value, "the text is not valid UTF-8"
    return "row", None, "the row cannot be read"


def _attribute_at(place: int, ready: ReadyFile, columns: Columns) -> str:
    if place not in ready.places:
        return "row"
    return columns.what_for(columns.names[ready.places.index(place)])


def broken_json(reject: Reject, ready: ReadyFile, columns: Columns) -> Broken:
    """Judge a JSON record that is no object, or a line that the reader refused."""
    id = _id_in(reject.text, columns.names[0])
    if _ENCODING in reject.errors and _REPLACED in (id or ""):
        id = None
    decoded = _decoded(reject.text)
    return Broken(
        file=ready.file.index,
        row=reject.row,
        id=translated_id(id, columns),
        certain=True,
        attribute="row",
        value=reject.text[:_LONGEST_SHOWN],
        rule=_json_rule(reject, decoded),
        hides=_LENGTH in reject.errors,
        trace=_trace((reject.text, decoded), columns),
    )


def _decoded(text: str) -> str:
    """Undo the escapes of JSON wherever they stand, for broken text has no strings to parse."""
    return _JSON_ESCAPES.sub(_character, text)


def _character(escape: re.Match[str]) -> str:
    try:
        return str(json.loads(f'"{escape[0]}"'))
    except ValueError:
        return escape[0]


def _json_rule(reject: Reject, decoded: str) -> str:
    if _LENGTH in reject.errors:
        return f"no record is longer than {LONGEST_RECORD:,} bytes"
    if _ENCODING in reject.errors:
        return "the text is not valid UTF-8"
    if _HALF_PAIR.search(decoded) and _is_object(reject.text):
        return "a text has half of a surrogate pair (\\ud800 to \\udfff), which is no character"
    return "the record is not a JSON object"


def _is_object(text: str) -> bool:
    """Whether it is one for a parser that lets half of a surrogate pair be."""
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def _id_in(text: str, field: str) -> str | None:
    """Read a broken object from its start; give the id if it stands whole before the damage."""
    decoder = json.JSONDecoder()
    try:
        place = _after(text, 0, "{")
        while True:
            name, place = decoder.raw_decode(text, _after_white(text, place))
            value, place = decoder.raw_decode(text, _after_white(text, _after(text, place, ":")))
            place = _after(text, place, ",}")
            if name == field:
                return value if isinstance(value, str) else json.dumps(value)
    except (ValueError, IndexError, RecursionError):
        return None


def _after(text: str, place: int, expected: str) -> int:
    place = _after_white(text, place)
    if text[place] not in expected:
        raise ValueError
    return place + 1


def _after_white(text: str, place: int) -> int:
    while text[place] in _JSON_WHITE:
        place += 1
    return place


def translated_id(id: str | None, columns: Columns) -> str | None:
    """Do to an id what the mapping does to those of whole records.

    Where that is more than a look at `values`, nobody knows whose a broken record is.
    """
    if id is None or columns.id.changes_text:
        return None
    text = trimmed(id)
    return columns.id.values.get(text, text) or None
