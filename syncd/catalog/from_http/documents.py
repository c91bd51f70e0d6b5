"""JSON as APIs send it: read exactly, refused where it is cut, and searched by expressions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final, NoReturn

import orjson

from syncd.catalog.from_http.answer import Answer
from syncd.catalog.from_http.request import JsonValue, shown
from syncd.catalog.from_http.setback import Setback
from syncd.config.expressions import HEADER
from syncd.errors import CatalogError

if TYPE_CHECKING:
    from jmespath.parser import ParsedResult
    from jmespath.visitor import _TreeNode

LARGEST: Final = 64 * 1024 * 1024
"""In bytes: what is parsed at once must fit into memory several times over."""

_STEPS: Final = frozenset(
    {
        "subexpression",
        "index_expression",
        "pipe",
        "projection",
        "filter_projection",
        "flatten",
        "or_expression",
    }
)
_EMPTY: Final[tuple[JsonValue, ...]] = ("", [], {})


def read_document(answer: Answer) -> JsonValue:
    """Parse a body; raises `Setback` for what is no whole JSON, `CatalogError` for too much."""
    if answer.is_web_page:
        raise Setback("it answers with a web page, as for logging in or for an error")
    size = answer.body.stat().st_size
    if size > LARGEST:
        raise CatalogError(
            shown(answer.url),
            f"one answer has {size // 1_000_000} MB of JSON, which is too much to read at once",
            "Ask for smaller pages (catalog.paging.size), or for JSON lines or CSV",
        )
    return parse(answer.body.read_bytes())


def parse(text: bytes) -> JsonValue:
    """Parse one JSON text; bytes that are no UTF-8 come as lone surrogates, as files have them."""
    try:
        value: JsonValue = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        return _parse_slowly(text, error)
    return value


def _parse_slowly(text: bytes, error: orjson.JSONDecodeError) -> JsonValue:
    """Parse what orjson refuses: invalid UTF-8 and lone surrogates spoil a value, not the page."""
    try:
        value: JsonValue = json.loads(
            text.decode("utf-8", "surrogateescape"), parse_constant=refuse_constant
        )
    except (ValueError, RecursionError):
        raise Setback(f"its body is no whole JSON ({error.msg})") from error
    return value


def refuse_constant(name: str) -> NoReturn:
    """Refuse NaN and the infinities, which `json` would take and JSON does not have."""
    raise ValueError(name)


class Finder:
    """Finds one value in an answer: by a JMESPath expression, or in a header."""

    def __init__(self, text: str) -> None:
        self._header = text.removeprefix(HEADER).lower() if text.startswith(HEADER) else None
        self._expression = None if self._header else compiled(text)

    def within(self, answer: Answer, document: JsonValue) -> JsonValue:
        """Give what it finds; None for nothing."""
        if self._expression is None:
            return answer.headers.get(self._header or "")
        return search(self._expression, document)

    def is_there(self, answer: Answer, document: JsonValue) -> bool:
        """Whether the place that it names is there at all, be it empty or null."""
        if self._expression is None:
            return self._header in answer.headers
        return search(self._expression, document) is not None or _has_place(
            self._expression.parsed, document
        )


def compiled(text: str) -> ParsedResult:
    """Compile an expression that the configuration has checked."""
    import jmespath

    return jmespath.compile(text)


def first_step(expression: ParsedResult) -> str | None:
    """Name the field that a path begins with; None for what is no path."""
    node = expression.parsed
    while node["type"] != "field":
        if node["type"] not in _STEPS:
            return None
        node = node["children"][0]
    return str(node["value"])


def needed_by(expression: ParsedResult) -> frozenset[str]:
    """Name the fields without which an expression cannot hold: all that is certain, and no more."""
    return _needed_by(expression.parsed)


def _needed_by(node: _TreeNode) -> frozenset[str]:
    match node["type"]:
        case "field":
            return frozenset({node["value"]})
        case "and_expression":
            return frozenset().union(*map(_needed_by, node["children"]))
        case "or_expression":
            return frozenset.intersection(*map(_needed_by, node["children"]))
        case "comparator" if node["value"] == "eq":
            return _needed_to_equal(*node["children"])
        case _:
            return frozenset()


def _needed_to_equal(*sides: _TreeNode) -> frozenset[str]:
    """Only a field beside a value that is not null has to be there for the two to be the same."""
    fields = frozenset(side["value"] for side in sides if side["type"] == "field")
    values = [side["value"] for side in sides if side["type"] == "literal"]
    return fields if values and None not in values else frozenset()


def search(expression: ParsedResult, value: JsonValue) -> JsonValue:
    """Search a value; raises `Setback` where it has a form that the expression cannot stand."""
    from jmespath.exceptions import JMESPathError

    try:
        found: JsonValue = expression.search(value)
    except (JMESPathError, TypeError, RecursionError) as error:
        said = " ".join(str(error).split())[:200]
        raise Setback(f"its body has another form than the configuration says ({said})") from error
    return found


def _has_place(node: _TreeNode, value: JsonValue) -> bool:
    """Whether a value has the last step of a path; of what is no path, nobody knows."""
    match node["type"]:
        case "field":
            return isinstance(value, dict) and node["value"] in value
        case "index":
            return isinstance(value, list)
        case "subexpression" | "index_expression" | "pipe":
            *before, last = node["children"]
            for step in before:
                value = search(_expression(step), value)
            return _has_place(last, value)
        case _:
            return False


def _expression(node: _TreeNode) -> ParsedResult:
    from jmespath.parser import ParsedResult

    return ParsedResult("", node)


def holds(value: JsonValue) -> bool:
    """Whether a value is true as JMESPath sees it: nothing, false and what is empty are not."""
    if isinstance(value, bool):
        return value
    return value is not None and value not in _EMPTY


def whole_number(value: JsonValue) -> int | None:
    """Read a count, which some APIs write as text; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        return int(value) if value.isascii() and value.isdigit() else None
    return value if isinstance(value, int) and value >= 0 else None
