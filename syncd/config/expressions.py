"""What finds a value in an answer of an API: a JMESPath expression, or a header's name."""

from __future__ import annotations

import re
from typing import Annotated, Final, TypeAlias

from pydantic import AfterValidator

HEADER: Final = "header:"
"""Stands before the name of a header where a value is not in the body."""

_HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def _read_expression(text: str) -> str:
    """Take what is a JMESPath expression; whether it finds anything is for the answers to show."""
    import jmespath
    from jmespath.exceptions import JMESPathError

    try:
        jmespath.compile(text)
    except JMESPathError as error:
        said = " ".join(str(error).split())
        raise ValueError(f"must be a JMESPath expression: {said}") from None
    return text


def _read_finder(text: str) -> str:
    name = text.removeprefix(HEADER)
    if name == text:
        return _read_expression(text)
    if not _HEADER_NAME.fullmatch(name):
        raise ValueError(f'must name a header after "{HEADER}", such as "{HEADER}X-Total-Count"')
    return text


def _read_header_name(text: str) -> str:
    if not _HEADER_NAME.fullmatch(text):
        raise ValueError('must be the name of a header, such as "X-Auth-Token"')
    return text


Expression: TypeAlias = Annotated[str, AfterValidator(_read_expression)]
"""A JMESPath expression."""
Finder: TypeAlias = Annotated[str, AfterValidator(_read_finder)]
"""A JMESPath expression, or `header:` and the name of a header."""
HeaderName: TypeAlias = Annotated[str, AfterValidator(_read_header_name)]
"""The name of a header, as HTTP allows it."""
