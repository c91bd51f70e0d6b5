"""From file, credentials and environment to checked settings, or to all that is wrong with them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from syncd.config.complaints import Complaint, InvalidConfigurationError, complaints_of
from syncd.config.document import Document, locate, read_document
from syncd.config.layers import (
    API_KEY,
    API_KEY_FILE,
    Layer,
    Tree,
    credentials_layer,
    environment_layer,
    merge,
    read_secret,
)
from syncd.config.paths import anchor, path_at
from syncd.config.settings import Settings
from syncd.config.shape import KeyPath

_MANDATORY_TABLES: Final = (("catalog", "mapping"), ("digital_river",))


def load(path: Path | None, environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the configuration; raises `ConfigurationError` with everything that is wrong in it.

    `path` is what the command line names. The environment goes before credentials, and these before
    the file; relative paths in any of them start at the file's folder.
    """
    document = read_document(locate(path, environment))
    layers = (credentials_layer(environment), environment_layer(environment))
    return _Sources(document, layers).settings()


@dataclass(frozen=True, slots=True)
class _Sources:
    """A file and the layers over it, the strongest last."""

    document: Document
    layers: tuple[Layer, ...]

    def settings(self) -> Settings:
        tree = merge(self.document.tree, self.layers)
        complaints = [complaint for layer in self.layers for complaint in layer.complaints]
        complaints += self._keys_given_twice()
        complaints += self._fill_in_key(tree)
        anchor(tree, self._folder)
        _make_mandatory_tables(tree)
        try:
            settings = Settings.model_validate(tree)
        except ValidationError as error:
            complaints += complaints_of(error, self._place_of)
        else:
            if not complaints:
                return settings
        # Not chained: what pydantic found still holds the values, and one of them may be the key.
        raise InvalidConfigurationError(str(self.document.file), tuple(complaints)) from None

    @property
    def _folder(self) -> Path:
        return self.document.file.absolute().parent

    def _keys_given_twice(self) -> list[Complaint]:
        section = self.document.tree.get(API_KEY[0])
        keys = section if isinstance(section, dict) else {}
        in_file: set[KeyPath] = {(API_KEY[0], str(key)) for key in keys}
        given = [in_file, *({one.path for one in layer.assignments} for layer in self.layers)]
        if not any(API_KEY in paths and API_KEY_FILE in paths for paths in given):
            return []
        what = "digital_river has both api_key and api_key_file; keep one of them"
        return [Complaint(what, self._place_of(API_KEY_FILE))]

    def _fill_in_key(self, tree: Tree) -> list[Complaint]:
        """Read the key from the file that is named for it."""
        section = tree.get(API_KEY_FILE[0])
        name = section.get(API_KEY_FILE[1]) if isinstance(section, dict) else None
        if not isinstance(section, dict) or not isinstance(name, str) or API_KEY[1] in section:
            return []
        secret = read_secret(path_at(self._folder, name))
        if isinstance(secret, str):
            section[API_KEY[1]] = secret
            return []
        section[API_KEY[1]] = "unreadable"  # said once is enough: the key is not missing as well
        what = f"digital_river.api_key_file: {secret.what}"
        return [Complaint(what, self._place_of(API_KEY_FILE))]

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
