"""What is wrong with a configuration, said key by key with its line and what would be right."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from syncd.config.section import NOT_YET, without_user
from syncd.config.shape import KeyPath, field_at, is_secret, keys, nearest
from syncd.errors import ConfigurationError

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

_NEXT_STEP: Final = "config.example.toml shows every key with its default"
_LONGEST_SHOWN: Final = 80
_EXPECTED: Final[Mapping[str, str]] = {
    "bool_type": "must be true or false",
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "string_type": "must be text in quotes",
    "tuple_type": "must be a list",
    "too_short": "must not be empty",
    "string_too_short": "must not be empty",
    "string_pattern_mismatch": "has another form",
    "mapping_type": "must be a table",
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "model_attributes_type": "must be a table",
}


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing that is wrong.

    `where` is a line of the file, or names a variable or a credential; it is empty for what is not
    written anywhere.
    """

    what: str
    where: str | int = ""

    def __str__(self) -> str:
        """Render it as one line."""
        where = f"line {self.where}" if isinstance(self.where, int) else self.where
        return f"{where}: {self.what}" if where else self.what

    @property
    def rank(self) -> int:
        """The file's lines come in their order, everything else after them."""
        return self.where if isinstance(self.where, int) else sys.maxsize


class InvalidConfigurationError(ConfigurationError):
    """Some values are wrong; the message lists all of them, a line each."""

    def __init__(self, source: str, complaints: tuple[Complaint, ...]) -> None:
        """Take at least one complaint; `source` is the configuration file as it was named."""
        self.complaints = tuple(sorted(complaints, key=lambda one: one.rank))
        super().__init__(source, "; ".join(map(str, self.complaints)), _NEXT_STEP)

    def __str__(self) -> str:
        """Render one complaint as one sentence, several as a list."""
        if len(self.complaints) == 1:
            return super().__str__()
        lines = "".join(f"\n  {complaint}" for complaint in self.complaints)
        return f"{self.thing}: {len(self.complaints)} things are wrong:{lines}\n{self.next_step}."


def complaints_of(
    error: ValidationError, place_of: Callable[[KeyPath], str | int]
) -> tuple[Complaint, ...]:
    """Put pydantic's findings into words; `place_of` tells where a key was written."""
    found = error.errors(include_url=False)
    return tuple(
        Complaint(_in_words(one), place_of(_path(one)))
        for one in found
        if not _is_noise(one, found)
    )


def unknown_key(path: KeyPath) -> str:
    """Name a key that does not exist, and the nearest one that does."""
    meant = nearest(path)
    hint = f"; the nearest one is {meant}" if meant else ""
    return f"{'.'.join(path)} is not a known key{hint}"


def shown(value: object) -> str:
    """Render a value about as TOML has it, without passwords and not longer than a line."""
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, float):
        return str(value)
    text = json.dumps(value, default=str, ensure_ascii=False)
    text = without_user(text)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


def _path(found: ErrorDetails) -> KeyPath:
    return tuple(str(key) for key in found["loc"])


def _is_noise(one: ErrorDetails, found: list[ErrorDetails]) -> bool:
    """A catalog of a kind that is yet to come has its own keys; its kind alone is worth a word."""
    kind = ("catalog", "type")
    is_other_kind = any(other["type"] == NOT_YET and _path(other) == kind for other in found)
    return is_other_kind and _path(one) != kind and _path(one)[:1] == kind[:1]


def _in_words(found: ErrorDetails) -> str:
    path = _path(found)
    match found["type"]:
        case "extra_forbidden":
            return unknown_key(path)
        case "missing":
            return _missing(path)
        case kind if kind == NOT_YET:
            return f"{'.'.join(path)} {found['msg']}"
        case _ if isinstance(found["input"], dict) and found["type"] == "value_error":
            return f"{'.'.join(path)}: {_expected(found)}"
        case _:
            return f"{'.'.join(path)} {_what_stands(path, found['input'])}{_expected(found)}"


def _missing(path: KeyPath) -> str:
    field = field_at(path)
    meaning = f" ({field.description.rstrip('.')})" if field and field.description else ""
    return f"{'.'.join(path)} is missing{meaning}{_example(path)}"


def _what_stands(path: KeyPath, value: object) -> str:
    """Quote the value, unless something secret belongs in this place."""
    if is_secret(path[:-1]) or any(is_secret(key) for key in keys() if key[: len(path)] == path):
        return ""
    return f"is {shown(value)}, but "


def _expected(found: ErrorDetails) -> str:
    kind, context = found["type"], found.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind == "literal_error":
        return f"must be {context['expected']}".replace("'", '"')
    return _EXPECTED.get(kind, _in_pydantic_words(found)) + _example(_path(found))


def _in_pydantic_words(found: ErrorDetails) -> str:
    return found["msg"].replace("Input should", "must", 1)


def _example(path: KeyPath) -> str:
    field = field_at(path)
    if field is None:
        return ""
    if field.examples:
        return f", such as {path[-1]} = {shown(field.examples[0])}"
    if isinstance(field.default, str | int | float | tuple):
        return f", such as {path[-1]} = {shown(field.default)}"
    return ""
