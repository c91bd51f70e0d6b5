"""What all sections of the configuration have in common: frozen, strict, and silent on secrets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any, Final, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, Strict

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

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        for name, value in super().__repr_args__():
            yield name, without_user(value) if isinstance(value, str) else value


def without_user(text: str) -> str:
    """Leave user name and password out of a URL."""
    return _USER_IN_URL.sub("://***@", text)
