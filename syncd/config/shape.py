"""Which keys the configuration has, what each takes, and which one a misspelt key may mean."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from datetime import timedelta
from difflib import get_close_matches
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Final,
    Literal,
    TypeAlias,
    Union,
    get_args,
    get_origin,
)

from pydantic import BaseModel, SecretStr

from syncd.config.catalog import ColumnMapping
from syncd.config.settings import Settings

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

KeyPath: TypeAlias = tuple[str, ...]
"""A key with the tables it stands in, such as `("guards", "max_delete")`."""

_CLOSE: Final = 0.6


def field_at(path: KeyPath) -> FieldInfo | None:
    """The field that this path leads to, or None where there is none."""
    model: type[BaseModel] | None = Settings
    field = None
    for key in path:
        field = model.model_fields.get(key) if model else None
        if field is None:
            return None
        model = model_of(field.annotation)
    return field


def free_table_at(path: KeyPath) -> KeyPath | None:
    """The free table (columns, or values, by name) that this path leads into, if it does."""
    for length in range(1, len(path)):
        field = field_at(path[:length])
        if field is not None and Mapping in _parts(field.annotation):
            return path[:length]
    return None


def keys(model: type[BaseModel] = Settings, above: KeyPath = ()) -> Iterator[KeyPath]:
    """All keys in their order, tables before what stands in them."""
    for name, field in model.model_fields.items():
        yield (*above, name)
        inner = model_of(field.annotation)
        if inner is not None:
            yield from keys(inner, (*above, name))


def model_of(annotation: object) -> type[BaseModel] | None:
    """The section that an annotation speaks of."""
    for part in _parts(annotation):
        if isinstance(part, type) and issubclass(part, BaseModel):
            return part
    return None


def takes_text(field: FieldInfo) -> bool:
    """Whether a bare word of the environment is meant as it stands, `1` or `true` included."""
    parts = _parts(field.annotation)
    return any(part in {str, SecretStr, timedelta, ColumnMapping, Literal} for part in parts)


def takes_table(field: FieldInfo) -> bool:
    """Whether a table may stand there, though plain text may as well."""
    return ColumnMapping in _parts(field.annotation)


def is_secret(path: KeyPath) -> bool:
    """Whether what stands there must never be shown."""
    field = field_at(path)
    if field is None:
        return False
    inner = [part for arm in _parts(field.annotation) for part in (arm, *get_args(arm))]
    return SecretStr in inner


def nearest(path: KeyPath) -> str | None:
    """The dotted key that was most likely meant by one that does not exist."""
    known = list(keys())
    depth = next(n for n in range(1, len(path) + 1) if path[:n] not in known)
    elsewhere = [key for key in known if key[-1] == path[-1] and len(key) > 1]
    if elsewhere and depth == len(path):
        return ".".join(elsewhere[0])
    *tables, wrong = path[:depth]
    siblings = [key[-1] for key in known if key[:-1] == tuple(tables)]
    for close in get_close_matches(wrong, siblings, n=1, cutoff=_CLOSE):
        meant = (*tables, close, *path[depth:])
        return ".".join(meant if meant in known else meant[:depth])
    return ".".join(elsewhere[0]) if elsewhere else None


def _parts(annotation: object) -> list[Any]:
    """The arms of a union, each with its outermost kind."""
    if get_origin(annotation) in {Union, types.UnionType}:
        return [part for arm in get_args(annotation) for part in _parts(arm)]
    kind = get_origin(annotation)
    if kind is Annotated:
        return _parts(get_args(annotation)[0])
    return [annotation] if kind is None else [annotation, kind]
