"""Which properties a request may carry, and of which type."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, cast

import orjson

from syncd.sandbox.answers import Problem, RefusedError, refuse_if
from syncd.sandbox.calls import Call
from syncd.sandbox.tables import Attributes

if TYPE_CHECKING:
    from pydantic import JsonValue


@dataclass(frozen=True, slots=True)
class FieldType:
    """What a property's value must be, in words and as a test."""

    words: str
    accepts: Callable[[JsonValue], bool]


Fields: TypeAlias = Mapping[str, FieldType]


def _is_number(value: JsonValue) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_metadata(value: JsonValue) -> bool:
    return isinstance(value, dict) and all(
        isinstance(entry, str | bool | int) for entry in value.values()
    )


STRING = FieldType("a string that is not empty", lambda v: isinstance(v, str) and bool(v.strip()))
BOOLEAN = FieldType("a boolean", lambda value: isinstance(value, bool))
NUMBER = FieldType("a number", _is_number)
METADATA = FieldType("an object of strings, booleans and integers", _is_metadata)


def one_of(*values: str) -> FieldType:
    """Return the type of an enumeration."""
    return FieldType(f"one of {', '.join(values)}", lambda value: value in values)


def read_attributes(call: Call, fields: Fields, *, null_clears: bool) -> Attributes:
    """Return the body's properties, nulls included; RefusedError(400) for any that is not known."""
    body = _read_object(call)
    refuse_if(400, _type_problems(body, fields, null_clears=null_clears))
    return body


def _read_object(call: Call) -> Attributes:
    if "json" not in call.headers.get("content-type", ""):
        raise _malformed("The content type must be application/json.")
    try:
        body = cast("JsonValue", orjson.loads(call.body))
    except orjson.JSONDecodeError as error:
        raise _malformed("The body is not valid JSON.") from error
    if not isinstance(body, dict):
        raise _malformed("The body must be a JSON object.")
    return body


def _type_problems(body: Attributes, fields: Fields, *, null_clears: bool) -> Iterator[Problem]:
    for name, value in body.items():
        known = fields.get(name)
        if known is None:
            yield Problem("invalid_parameter", f"'{name}' is not a parameter of this call.", name)
        elif value is None and null_clears:
            continue
        elif not known.accepts(value):
            yield Problem("invalid_parameter", f"'{name}' must be {known.words}.", name)


def _malformed(message: str) -> RefusedError:
    return RefusedError(400, Problem("malformed_request", message))
