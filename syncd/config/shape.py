"""Which keys the configuration has, what each takes, and which one a misspelt key may mean."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from difflib import get_close_matches
from functools import cache
from types import MappingProxyType
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

from syncd.config.catalog import kind_of
from syncd.config.mapping import ColumnMapping
from syncd.config.settings import Settings

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

KeyPath: TypeAlias = tuple[str, ...]
"""A key with the tables it stands in, such as `("guards", "max_delete")`; lists count from 0."""
Tree: TypeAlias = dict[str, object]
"""Tables within tables, as TOML gives them."""

_CLOSE: Final = 0.6


@dataclass(frozen=True, slots=True)
class Shape:
    """The keys that a configuration may have, given its `tree`.

    What stands in a table that may be of several kinds depends on the `type` that it names there.
    """

    tree: Tree = field(default_factory=dict)

    def field_at(self, path: KeyPath) -> FieldInfo | None:
        """The field that this path leads to, or None where there is none."""
        if not path:
            return None
        model = self._model_at(path[:-1])
        return model.model_fields.get(path[-1]) if model else None

    def free_table_at(self, path: KeyPath) -> KeyPath | None:
        """The free table (columns, or values, by name) that this path leads into, if it does."""
        for length in range(1, len(path)):
            field = self.field_at(path[:length])
            if field is not None and Mapping in _parts(field.annotation):
                return path[:length]
        return None

    def all_keys(self, above: KeyPath = ()) -> Iterator[KeyPath]:
        """All keys in their order, tables before what stands in them."""
        model = self._model_at(above)
        for name in model.model_fields if model else ():
            path = (*above, name)
            yield path
            yield from self.all_keys(path)
            for index in range(self._length_at(path)):
                yield from self.all_keys((*path, str(index)))

    def is_secret(self, path: KeyPath) -> bool:
        """Whether what stands there must never be shown."""
        field = self.field_at(path)
        return field is not None and SecretStr in _items(field.annotation)

    def may_hold_secret(self, path: KeyPath) -> bool:
        """Whether this key, one around it or one within it is secret, whatever stands there."""
        around = (path[:length] for length in range(1, len(path) + 1))
        if any(map(self.is_secret, around)):
            return True
        field = self.field_at(path)
        return field is not None and _holds_secret(field.annotation)

    def secrets_with_files(self) -> Iterator[tuple[KeyPath, KeyPath]]:
        """The secrets that may stand in a file of their own, each with the key that names it."""
        known = set(self.all_keys())
        for path in sorted(known):
            in_file = (*path[:-1], f"{path[-1]}_file")
            if in_file in known and self.is_secret(path):
                yield path, in_file

    def nearest(self, path: KeyPath) -> str | None:
        """The dotted key that was most likely meant by one that does not exist."""
        known = list(self.all_keys())
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

    def kinds_with(self, path: KeyPath) -> tuple[str, ...]:
        """The other kinds of table in which this key exists, where there are several kinds."""
        kinds = _kinds(self._annotation_at(path[:-1]))
        return tuple(kind for kind, model in kinds.items() if path[-1] in model.model_fields)

    def kind_at(self, path: KeyPath) -> str | None:
        """Which of several kinds the table there is."""
        return kind_of(value_at(self.tree, path))

    def _model_at(self, path: KeyPath) -> type[BaseModel] | None:
        return self._chosen(self._annotation_at(path), path)

    def _annotation_at(self, path: KeyPath) -> object:
        annotation: object = Settings
        for depth, key in enumerate(path):
            around = path[:depth]
            model = self._chosen(annotation, around)
            in_range = not key.isdigit() or int(key) < self._length_at(around)
            annotation = _inside(annotation, model, key) if in_range else None
        return annotation

    def _chosen(self, annotation: object, path: KeyPath) -> type[BaseModel] | None:
        """The section that stands there: of several kinds the one that is named, else the first."""
        models = _models(annotation)
        kind = kind_of(value_at(self.tree, path)) if len(models) > 1 else None
        return _kinds(annotation).get(kind or "", models[0] if models else None)

    def _length_at(self, path: KeyPath) -> int:
        value = value_at(self.tree, path)
        return len(value) if isinstance(value, list) else 0


def value_at(tree: Tree, path: KeyPath) -> object:
    """What stands there; None where nothing does."""
    value: object = tree
    for key in path:
        if isinstance(value, dict):
            value = value.get(key)
        elif isinstance(value, list) and key.isdigit() and int(key) < len(value):
            value = value[int(key)]
        else:
            return None
    return value


def path_of(location: Sequence[int | str]) -> KeyPath:
    """A place as pydantic gives it, without the kinds that it names of tables of several kinds."""
    path: list[str] = []
    annotation: object = Settings
    for step in location:
        kind = _kinds(annotation).get(str(step))
        if kind is not None:
            annotation = kind
            continue
        path.append(str(step))
        models = _models(annotation)
        annotation = _inside(annotation, models[0] if len(models) == 1 else None, str(step))
    return tuple(path)


def takes_text(field: FieldInfo) -> bool:
    """Whether a bare word of the environment is meant as it stands, `1` or `true` included."""
    parts = _parts(field.annotation)
    return any(part in {str, SecretStr, timedelta, ColumnMapping, Literal} for part in parts)


def takes_table(field: FieldInfo) -> bool:
    """Whether a table may stand there, though plain text may as well."""
    return ColumnMapping in _parts(field.annotation)


def _inside(annotation: object, model: type[BaseModel] | None, key: str) -> object:
    """What a key of a section, or a place in a list, takes; None for what does not exist."""
    if model is not None:
        field = model.model_fields.get(key)
        return field.annotation if field else None
    lists = (part for part in _parts(annotation) if get_origin(part) is tuple)
    return next((get_args(part)[0] for part in lists if key.isdigit()), None)


@cache  # reading a configuration asks some thousand times, and it takes a while to find out
def _models(annotation: object) -> tuple[type[BaseModel], ...]:
    """The sections that an annotation speaks of, one for each kind."""
    parts = _parts(annotation)
    return tuple(part for part in parts if isinstance(part, type) and issubclass(part, BaseModel))


@cache  # as above
def _kinds(annotation: object) -> Mapping[str, type[BaseModel]]:
    """The sections by the `type` that names them; nothing where there is but one."""
    models = _models(annotation)
    if len(models) <= 1:
        return MappingProxyType({})
    named = [(model, model.model_fields.get("type")) for model in models]
    return MappingProxyType(
        {kind: model for model, field in named if field for kind in get_args(field.annotation)}
    )


def _items(annotation: object) -> list[Any]:
    """What an annotation speaks of, itself or as the items of a list."""
    arms = _parts(annotation)
    return [part for arm in arms for inner in (arm, *get_args(arm)) for part in _parts(inner)]


def _holds_secret(annotation: object) -> bool:
    """Whether a secret may stand anywhere within."""
    parts = _items(annotation)
    sections = [part for part in parts if isinstance(part, type) and issubclass(part, BaseModel)]
    fields = (field for section in sections for field in section.model_fields.values())
    return SecretStr in parts or any(_holds_secret(field.annotation) for field in fields)


def _parts(annotation: object) -> list[Any]:
    """The arms of a union, each with its outermost kind."""
    if get_origin(annotation) in {Union, types.UnionType}:
        return [part for arm in get_args(annotation) for part in _parts(arm)]
    kind = get_origin(annotation)
    if kind is Annotated:
        return _parts(get_args(annotation)[0])
    return [annotation] if kind is None else [annotation, kind]
