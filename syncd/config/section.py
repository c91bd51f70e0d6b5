"""What all sections of the configuration have in common: frozen, strict, and silent on secrets."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Annotated, Any, Final, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, Strict
from pydantic_core import to_jsonable_python

_USER_IN_URL: Final = re.compile(r"://[^\s\"']*@")

Item = TypeVar("Item")
Listed: TypeAlias = Annotated[tuple[Item, ...], Strict(strict=False)]
"""A tuple that may be written as a TOML array."""


class Section(BaseModel):
    """One table of the configuration.

    Where all have defaults, `model_construct` makes it of these: to build a validator takes 2 ms.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        hide_input_in_errors=True,
        allow_inf_nan=False,
        defer_build=True,  # a section is built as a part of the whole, and hardly ever by itself
    )

    def as_json(self, keys: Collection[str] | None = None) -> dict[str, Any]:
        """What `model_dump` gives of these keys, or of all, without building a serializer first.

        That takes 2 to 10 ms a section. A secret is masked as it is there.
        """
        own = type(self).model_fields
        wanted = own if keys is None else (key for key in own if key in keys)
        return {key: _as_json(getattr(self, key)) for key in wanted}

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        for name, value in super().__repr_args__():
            yield name, without_user(value) if isinstance(value, str) else value


def _as_json(value: object) -> object:
    return value.as_json() if isinstance(value, Section) else to_jsonable_python(value)


def without_user(text: str) -> str:
    """Leave user name and password out of a URL."""
    return _USER_IN_URL.sub("://***@", text)
