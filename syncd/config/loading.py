"""From file, credentials and environment to checked settings, or to all that is wrong with them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from syncd.config.complaints import Complaint, InvalidConfigurationError, complaints_of
from syncd.config.constants import unfit_constants
from syncd.config.document import Document, locate, read_document
from syncd.config.layers import (
    Layer,
    credentials_layer,
    environment_layer,
    merge,
    read_secret,
    shape_of,
    table_at,
)
from syncd.config.paths import anchor, path_at
from syncd.config.presets import lay_presets
from syncd.config.remote import SQLITE
from syncd.config.settings import Settings
from syncd.config.shape import KeyPath, Shape, Tree, value_at

_MANDATORY_TABLES: Final = (("catalog", "mapping"), ("digital_river",))
_STATE_URL: Final[KeyPath] = ("state", "url")
_TWO_STATES: Final = (
    "puts a SQLite file in place of the state that [state] names in the configuration, so that two"
    " states would act on one account; unset it, in a unit by UnsetEnvironment=SYNCD_STATE__URL"
)
_UNREADABLE: Final = "unreadable"
"""Stands for a secret whose file cannot be read."""


def load(path: Path | None, environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the configuration; raises `ConfigurationError` with everything that is wrong in it.

    `path` is what the command line names. The environment goes before credentials, and these before
    the file; relative paths in any of them start at the file's folder.
    """
    document = read_document(locate(path, environment))
    shape = shape_of(document.tree, environment)
    layers = (credentials_layer(environment, shape), environment_layer(environment, shape))
    return _Sources(document, layers, shape).settings()


@dataclass(frozen=True, slots=True)
class _Sources:
    """A file and the layers over it, the strongest last, with the keys that they may have."""

    document: Document
    layers: tuple[Layer, ...]
    shape: Shape

    def settings(self) -> Settings:
        secrets = tuple(self.shape.secrets_with_files())
        tree = merge(self.document.tree, self.layers, secrets)
        lay_presets(tree)
        complaints = [complaint for layer in self.layers for complaint in layer.complaints]
        complaints += self._kept_apart()
        for secret, in_file in secrets:
            complaints += self._given_twice(secret, in_file)
            complaints += self._fill_in(tree, secret, in_file)
        anchor(tree, self._folder)
        _make_mandatory_tables(tree)
        try:
            settings = Settings.model_validate(tree)
        except ValidationError as error:
            unread = {secret for secret, _ in secrets if value_at(tree, secret) == _UNREADABLE}
            complaints += complaints_of(error, Shape(tree), self._place_of, unread)
        else:
            complaints += self._unfit(settings)
            if not complaints:
                return settings
        # Not chained: what pydantic found still holds the values, and one of them may be the key.
        raise InvalidConfigurationError(str(self.document.file), tuple(complaints)) from None

    def _unfit(self, settings: Settings) -> list[Complaint]:
        return [
            Complaint(f"{'.'.join(path)} breaks a rule: {rule}", self._place_of(path))
            for path, rule in unfit_constants(settings)
        ]

    @property
    def _folder(self) -> Path:
        return self.document.file.absolute().parent

    def _given_twice(self, secret: KeyPath, in_file: KeyPath) -> list[Complaint]:
        """Complain of a secret and a file with it, where both stand in one place."""
        table = value_at(self.document.tree, secret[:-1])
        in_document = {(*secret[:-1], str(key)) for key in table} if isinstance(table, dict) else {}
        given = [in_document, *({one.path for one in layer.assignments} for layer in self.layers)]
        if not any(secret in paths and in_file in paths for paths in given):
            return []
        both = f"both {secret[-1]} and {in_file[-1]}; keep one of them"
        return [Complaint(f"{'.'.join(secret[:-1])} has {both}", self._place_of(in_file))]

    def _kept_apart(self) -> list[Complaint]:
        """Complain of a file of SQLite in place of a state that others share: nobody would know.

        A unit names such a file, and the configuration of two machines then came to two states.
        """
        state = value_at(self.document.tree, ("state",))
        named = isinstance(state, dict) and state.get("url", "" if "account" in state else SQLITE)
        shared = isinstance(named, str) and not named.startswith(SQLITE)
        urls = (one for layer in self.layers for one in layer.assignments if one.path == _STATE_URL)
        origins = {one.origin for one in urls if str(one.value).startswith(SQLITE)}
        return [Complaint(_TWO_STATES, origin) for origin in sorted(origins) if shared]

    def _fill_in(self, tree: Tree, secret: KeyPath, in_file: KeyPath) -> list[Complaint]:
        """Read a secret from the file that is named for it."""
        name = value_at(tree, in_file)
        if not isinstance(name, str) or value_at(tree, secret) is not None:
            return []
        read = read_secret(path_at(self._folder, name))
        table = table_at(tree, secret[:-1])
        if isinstance(read, str):
            table[secret[-1]] = read
            return []
        table[secret[-1]] = _UNREADABLE  # said once is enough: it is not missing as well
        return [Complaint(f"{'.'.join(in_file)}: {read.what}", self._place_of(in_file))]

    def _place_of(self, path: KeyPath) -> str | int:
        """Name where this key, or the innermost table around it, was written."""
        origins = {one.path: one.origin for layer in self.layers for one in layer.assignments}
        for length in range(len(path), 0, -1):
            start = path[:length]
            if start in origins:
                return origins[start]
            if start in self.document.lines:
                return self.document.lines[start]
        return ""


def _make_mandatory_tables(tree: Tree) -> None:
    """Let each mandatory key that is missing be named, not just the table that it is in."""
    for path in _MANDATORY_TABLES:
        table = tree
        for name in path:
            inner = table.setdefault(name, {})
            if not isinstance(inner, dict):
                break
            table = inner
