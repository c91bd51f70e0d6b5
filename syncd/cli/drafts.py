"""What `--catalog SOURCE` names, and the keys of `[catalog]` that lead there."""

from __future__ import annotations

import os
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from syncd.errors import UsageError

if TYPE_CHECKING:
    from syncd.config import Settings

Tree: TypeAlias = dict[str, object]

_DATABASE: Final = "sql"
_ADDRESSES: Final = ("http://", "https://")
_SQLITE: Final = "sqlite:///"
_DIGITAL_RIVER: Final = "digital_river"
_NO_COLUMN: Final = "?"
"""Is mapped while nobody knows yet what is; no export has a column of that name."""
NO_KEY: Final = "sk_test_none"
"""Stands for a key that is not given yet."""


@dataclass(frozen=True, slots=True)
class Draft:
    """The keys of `[catalog]` but for the mapping, and what is worth a word.

    All paths in them are absolute.
    """

    source: str
    keys: Tree
    notes: tuple[str, ...] = ()

    @property
    def has_mapping(self) -> bool:
        """Whether the source is mapped without anybody's doing."""
        return "preset" in self.keys or self.keys["type"] == _DIGITAL_RIVER

    @property
    def may_be_dated(self) -> bool:
        """Whether a column that says when a row was changed would be of use, and is not named."""
        return self.keys["type"] == _DATABASE and "updated_column" not in self.keys

    @property
    def may_be_wrapped(self) -> bool:
        """Whether its records may stand within an object, and nobody has said where."""
        return self.keys["type"] == "http" and not {"preset", "records"} & self.keys.keys()

    def with_records(self, places: Sequence[str]) -> Draft:
        """Take the one place where records can be; raises `UsageError` where there are several."""
        if not places:
            return self
        if len(places) > 1:
            raise UsageError(
                f"--catalog {self.source}",
                f"its answer has several lists: {', '.join(places)}",
                f"Say which are the records, such as --set 'records={places[0]}'",
            )
        note = f"The records stand at {places[0]} in the answer (catalog.records)."
        return replace(self, keys={**self.keys, "records": places[0]}, notes=(*self.notes, note))

    def settings(self, key_file: Path | None) -> Settings:
        """Read the draft as a configuration, with the environment over it.

        Raises `UsageError` with all that is missing or wrong.
        """
        from syncd.cli.shown.configuration import toml
        from syncd.config import InvalidConfigurationError

        mapping = {} if self.has_mapping else {"id": _NO_COLUMN, "part_number": _NO_COLUMN}
        tree: Tree = {"catalog": {**self.keys, **({"mapping": mapping} if mapping else {})}}
        tree["digital_river"] = (
            {"api_key": NO_KEY} if key_file is None else {"api_key_file": str(key_file.absolute())}
        )
        try:
            return read_back(toml(tree))
        except InvalidConfigurationError as error:
            said = "; ".join(complaint.what for complaint in error.complaints)
            raise UsageError(
                f"--catalog {self.source}",
                f"this does not lead to a catalog yet: {said}",
                "Give each key with --set, such as --set url=https://shop.example.com",
            ) from error


def read_back(text: str) -> Settings:
    """Read a configuration that is not written yet; relative paths lead nowhere."""
    from syncd.config import load

    with tempfile.TemporaryDirectory(prefix="syncd-init-") as folder:
        file = Path(folder, "config.toml")
        file.write_text(text, encoding="utf-8")
        return load(file)


def draft_of(source: str, table: str | None, given: Sequence[str]) -> Draft:
    """Tell a preset, a database, an address and a file apart; `given` are texts `KEY=VALUE`.

    Raises `UsageError`, and for a file `CatalogError` where it cannot be read.
    """
    from syncd.config.presets import PRESETS

    keys, notes = _from_source(source, PRESETS)
    if table is not None:
        if keys["type"] != _DATABASE:
            raise UsageError(f"--table {table}", "the source is no database", "Leave it out")
        keys["table"] = table
    for text in given:
        _set(keys, text)
    if keys["type"] == _DATABASE and not {"table", "query"} & keys.keys():
        raise UsageError(
            "--catalog", "it names a database, but not what to read there", "Add --table TABLE"
        )
    return Draft(_without_password(source), keys, notes)


def _from_source(source: str, presets: Sequence[str]) -> tuple[Tree, tuple[str, ...]]:
    if source in presets:
        return {"type": "http", "preset": source}, ()
    if source == _DIGITAL_RIVER:
        return {"type": source}, ()
    if source.startswith(_ADDRESSES):
        return {"type": "http", "url": source}, ()
    if "://" in source:
        _refuse_other_schemes(source)
        return {"type": _DATABASE, "url": _anchored(source)}, ()
    from syncd.catalog.sniff import look_into

    look = look_into(source)
    return {"type": "file", "path": os.path.abspath(source), **look.keys}, look.notes  # noqa: PTH100 - a glob is no path


def _refuse_other_schemes(source: str) -> None:
    """Raise where it is neither a web address nor an address of a database."""
    from syncd.catalog.from_database.connecting import is_known

    scheme = source.partition("://")[0]
    if not is_known(scheme):
        raise UsageError(
            f"--catalog {_without_password(source)}",
            f"{scheme}:// is neither a web address nor a database that SQLAlchemy knows",
            "Name a file by its path, a web address by https://, or a database by its URL",
        )


def _anchored(url: str) -> str:
    """Let a SQLite file be found from anywhere; other databases stand where they stand."""
    path = url.removeprefix(_SQLITE)
    if path == url or path.startswith(("/", ":memory:")) or not path:
        return url
    return f"{_SQLITE}{Path(path).absolute()}"


def _without_password(source: str) -> str:
    from syncd.config.section import without_user

    return without_user(source)


def _set(keys: Tree, text: str) -> None:
    """Lay one `KEY=VALUE` over the keys, the value in TOML or as plain text."""
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise UsageError(f"--set {name}", "it has another form", "Write --set KEY=VALUE")
    *tables, key = name.split(".")
    inner = keys
    for table in tables:
        below = inner.setdefault(table, {})
        if not isinstance(below, dict):
            raise UsageError(f"--set {name}", f"{table} is no table", "Correct the key")
        inner = below
    inner[key] = os.path.abspath(value) if is_file(key) else _value(value)  # noqa: PTH100 - text it stays


def is_file(key: str) -> bool:
    """Whether a key names a file, by its own name."""
    return key.endswith("_file")


def _value(text: str) -> object:
    try:
        tree: Mapping[str, object] = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        return text
    return tree["value"] if len(tree) == 1 else text
