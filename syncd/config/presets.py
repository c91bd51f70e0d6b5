"""What is known of a source before anybody says it, laid under what a merchant writes of it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from importlib.resources import files
from typing import Final, get_args

from syncd.config.digital_river_catalog import SKU_MAPPING
from syncd.config.http_catalog import Preset
from syncd.config.shape import Tree

PRESETS: Final[tuple[str, ...]] = get_args(Preset)
_OF_CATALOGS_ALONE: Final = ("mapping", "filter")
_ONE_THING_EACH: Final = "mapping"
"""The table whose entries are tables, too, and go before the preset's as a whole."""


def lay_presets(tree: Tree) -> None:
    """Fill up, in place, the catalog and each joined source that name a preset, or hold SKUs.

    A key that is given goes before the preset's, tables are filled up key by key, and an empty text
    takes a key of the preset away. What is no known preset is left to the checks that follow.
    """
    catalog = tree.get("catalog")
    if not isinstance(catalog, dict):
        return
    _lay_under(catalog)
    for join in _tables(catalog.get("join")):
        _lay_under(join, without=_OF_CATALOGS_ALONE)


def preset_keys(name: str) -> Tree:
    """Read a preset: keys as they stand in `[catalog]`, without `type`, `preset` and `url`."""
    text = files("syncd.data").joinpath("presets", f"{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _lay_under(table: Tree, without: tuple[str, ...] = ()) -> None:
    keys = _known_keys(table)
    for key in without:
        keys.pop(key, None)
    _fill_up(table, keys)


def _known_keys(table: Tree) -> Tree:
    name = table.get("preset")
    if table.get("type") == "digital_river":
        return {"mapping": dict(SKU_MAPPING)}
    return preset_keys(str(name)) if table.get("type") == "http" and name in PRESETS else {}


def _fill_up(table: Tree, keys: Tree, within: str = "") -> None:
    for key, value in keys.items():
        given = table.get(key)
        if isinstance(given, dict) and isinstance(value, dict) and within != _ONE_THING_EACH:
            _fill_up(given, value, key)
        elif given == "":
            del table[key]
        elif key not in table:
            table[key] = value


def _tables(value: object) -> Iterator[Tree]:
    for one in value if isinstance(value, list) else ():
        if isinstance(one, dict):
            yield one
