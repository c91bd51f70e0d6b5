"""Relative paths in a configuration start at the folder that its file is in."""

from __future__ import annotations

import glob
from collections.abc import Callable
from pathlib import Path
from typing import Final

from syncd.config.layers import Tree
from syncd.config.remote import StateSettings

_SQLITE: Final = "sqlite:///"


def anchor(tree: Tree, folder: Path) -> None:
    """Make the catalog's path and the state's URL absolute, in place, where they are text."""
    state = tree.setdefault("state", {})
    if isinstance(state, dict):
        state.setdefault("url", StateSettings().url)  # the default's path is a relative one, too
    _change(tree, ("catalog", "path"), lambda text: _glob_at(folder, text))
    _change(tree, ("state", "url"), lambda text: _url_at(folder, text))


def path_at(folder: Path, text: str) -> Path:
    """One path, absolute; `~` is the user's home."""
    try:
        return Path(folder.absolute(), Path(text).expanduser())
    except RuntimeError:  # there is no such user, or none with a home
        return Path(folder.absolute(), text)


def _glob_at(folder: Path, text: str) -> str:
    """Keep the folder's own brackets and stars from being read as part of a glob."""
    if not glob.has_magic(text):
        return str(path_at(folder, text))
    return str(path_at(Path(glob.escape(str(folder.absolute()))), text))


def _url_at(folder: Path, url: str) -> str:
    path, mark, query = url.removeprefix(_SQLITE).partition("?")
    if not url.startswith(_SQLITE) or path in {"", ":memory:"}:
        return url
    return f"{_SQLITE}{path_at(folder, path)}{mark}{query}"


def _change(tree: Tree, path: tuple[str, str], change: Callable[[str], str]) -> None:
    section = tree.get(path[0])
    text = section.get(path[1]) if isinstance(section, dict) else None
    if isinstance(section, dict) and isinstance(text, str) and text:
        section[path[1]] = change(text)
