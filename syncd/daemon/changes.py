"""What a reload has changed, key by key, for the log; a secret is only said to have changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

from pydantic import BaseModel, SecretStr

from syncd.config import Settings


def changes(old: Settings, new: Settings) -> list[str]:
    """Name each key that differs, with both values, such as `guards.max_delete: 0.1 → 0.2`."""
    before, after = dict(_keys(old)), dict(_keys(new))
    names = sorted(before.keys() | after.keys())
    return [
        f"{name}: {_told(before.get(name), after.get(name))}"
        for name in names
        if before.get(name) != after.get(name)
    ]


def _keys(section: BaseModel, above: str = "") -> Iterator[tuple[str, object]]:
    for name in type(section).model_fields:
        yield from _values(getattr(section, name), f"{above}{name}")


def _values(value: object, name: str) -> Iterator[tuple[str, object]]:
    if isinstance(value, BaseModel):
        yield from _keys(value, f"{name}.")
    elif isinstance(value, Mapping):
        for key, one in value.items():
            yield from _values(one, f"{name}.{key}")
    else:
        yield name, value


def _told(before: object, after: object) -> str:
    if _is_secret(before) or _is_secret(after):
        return "changed"
    return f"{_shown(before)} → {_shown(after)}"


def _is_secret(value: object) -> bool:
    many = value if isinstance(value, tuple | list) else (value,)
    return any(isinstance(one, SecretStr) for one in many)


def _shown(value: object) -> str:
    if value is None:
        return "unset"
    if isinstance(value, timedelta):
        return f"{value.total_seconds():g} s"
    if isinstance(value, tuple | list):
        return "[" + ", ".join(map(_shown, value)) + "]"
    return str(value)
