"""Relative paths in a configuration start at the folder that its file is in."""

from __future__ import annotations

import glob
from collections.abc import Callable, Iterator
from pathlib import Path

from syncd.config.remote import SQLITE, StateSettings
from syncd.config.shape import Tree


def anchor(tree: Tree, folder: Path) -> None:
    """Make the paths of catalog and joins and the URLs of SQLite files absolute, in place."""
    state = tree.setdefault("state", {})
    if isinstance(state, dict):
        usual = StateSettings.model_construct()
        state.setdefault("url", usual.url)  # whose path is a relative one, too
    _change(state, "url", lambda text: _url_at(folder, text))
    for source in _sources(tree):
        _change(source, "path", lambda text: _glob_at(folder, text))
        _change(source, "url", lambda text: _url_at(folder, text))


def _sources(tree: Tree) -> Iterator[object]:
    """The tables that say where rows come from, whatever they hold."""
    catalog = tree.get("catalog")
    yield catalog
    joins = catalog.get("join") if isinstance(catalog, dict) else None
    yield from joins if isinstance(joins, list) else ()


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
    path, mark, query = url.removeprefix(SQLITE).partition("?")
    if not url.startswith(SQLITE) or path in {"", ":memory:"}:
        return url
    return f"{SQLITE}{path_at(folder, path)}{mark}{query}"


def _change(table: object, key: str, change: Callable[[str], str]) -> None:
    text = table.get(key) if isinstance(table, dict) else None
    if isinstance(table, dict) and isinstance(text, str) and text:
        table[key] = change(text)
