"""What is wrong with a configuration, said key by key with its line and what would be right."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from syncd.config.section import without_user
from syncd.config.shape import KeyPath, Shape, path_of
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
    "union_tag_not_found": "must be a table",
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
    error: ValidationError,
    shape: Shape,
    place_of: Callable[[KeyPath], str | int],
    told: Container[KeyPath],
) -> tuple[Complaint, ...]:
    """Put pydantic's findings into words, but for keys of which somebody has complained already.

    `place_of` tells where a key was written.
    """
    findings = [_Finding(one, shape) for one in error.errors(include_url=False)]
    return tuple(
        Complaint(one.in_words(), place_of(one.path)) for one in findings if one.path not in told
    )


def unknown_key(path: KeyPath, shape: Shape) -> str:
    """Name a key that does not exist, and the nearest one that does."""
    kinds = shape.kinds_with(path)
    if kinds:
        return f"{'.'.join(path)} is a key of {_or(kinds)}, but {_kind_at(path[:-1], shape)}"
    meant = shape.nearest(path)
    hint = f"; the nearest one is {meant}" if meant else ""
    return f"{'.'.join(path)} is not a known key{hint}"


def _or(kinds: Sequence[str]) -> str:
    return " or ".join(f'type = "{kind}"' for kind in kinds)


def _kind_at(path: KeyPath, shape: Shape) -> str:
    return f'{".".join(path)}.type is "{shape.kind_at(path)}"'


def shown(value: object) -> str:
    """Render a value about as TOML has it, without passwords and not longer than a line."""
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, float):
        return str(value)
    text = json.dumps(value, default=str, ensure_ascii=False)
    text = without_user(text)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


@dataclass(frozen=True, slots=True)
class _Finding:
    """One of pydantic's findings, among the keys of this shape."""

    found: ErrorDetails
    shape: Shape

    @property
    def path(self) -> KeyPath:
        path = path_of(self.found["loc"])
        return (*path, "type") if self.found["type"] == "union_tag_invalid" else path

    def in_words(self) -> str:
        path = self.path
        match self.found["type"]:
            case "extra_forbidden":
                return unknown_key(path, self.shape)
            case "missing":
                return self._missing()
            case _ if isinstance(self.found["input"], dict) and self._is_our_own:
                return f"{'.'.join(path)}: {self._expected()}"
            case _:
                return f"{'.'.join(path)} {self._what_stands()}{self._expected()}"

    @property
    def _is_our_own(self) -> bool:
        return self.found["type"] == "value_error"

    def _missing(self) -> str:
        field = self.shape.field_at(self.path)
        meaning = f" ({field.description.rstrip('.')})" if field and field.description else ""
        return f"{'.'.join(self.path)} is missing{meaning}{self._example()}"

    def _what_stands(self) -> str:
        """Quote the value, unless something secret belongs in this place."""
        if self.shape.may_hold_secret(self.path):
            return ""
        return f"is {shown(self._value())}, but "

    def _value(self) -> object:
        value = self.found["input"]
        is_kind = self.found["type"] == "union_tag_invalid" and isinstance(value, dict)
        return value.get("type") if is_kind else value

    def _expected(self) -> str:
        kind, context = self.found["type"], self.found.get("ctx", {})
        match kind:
            case "value_error":
                return str(context["error"])
            case "literal_error":
                return f"must be {context['expected']}".replace("'", '"')
            case "union_tag_invalid":
                return f"must be one of {context['expected_tags']}".replace("'", '"')
            case _:
                return _EXPECTED.get(kind, self._in_pydantic_words()) + self._example()

    def _in_pydantic_words(self) -> str:
        return self.found["msg"].replace("Input should", "must", 1)

    def _example(self) -> str:
        field = self.shape.field_at(self.path)
        if field is None:
            return ""
        if field.examples:
            return f", such as {self.path[-1]} = {shown(field.examples[0])}"
        if isinstance(field.default, str | int | float | tuple):
            return f", such as {self.path[-1]} = {shown(field.default)}"
        return ""
