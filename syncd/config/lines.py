"""On which line of a TOML text each key stands, which the parser itself does not tell."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator
from typing import Final

from syncd.config.shape import KeyPath

_ENDS_OF_LONG_VALUES: Final = ("]", "}", '"""', "'''")


def lines_of(text: str) -> dict[KeyPath, int]:
    """The line of every key and table of a text that parses, counted from 1.

    The tables of a list, `[[catalog.join]]`, stand under their numbers, which count from 0.
    """
    found: dict[KeyPath, int] = {}
    table: KeyPath = ()
    tables: Counter[KeyPath] = Counter()
    for number, statement in _statements(text):
        paths = list(_paths(tomllib.loads(statement)))
        is_header = statement.lstrip().startswith("[")
        if is_header:
            paths = [_numbered(path, tables) for path in paths]
            table = ()
        if statement.lstrip().startswith("[["):
            listed = max(paths, key=len)
            tables[listed] += 1
            paths.append((*listed, str(tables[listed] - 1)))
        for path in paths:
            found.setdefault(table + path, number)
        if is_header:
            table = max(paths, key=len)
    return found


def _numbered(path: KeyPath, tables: Counter[KeyPath]) -> KeyPath:
    """Lead through the last table of each list that the path goes into."""
    whole: KeyPath = ()
    for place, key in enumerate(path, start=1):
        whole = (*whole, key)
        if place < len(path) and tables[whole]:
            whole = (*whole, str(tables[whole] - 1))
    return whole


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Take line after line until what was taken parses: that is a header or one key."""
    taken: list[str] = []
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), start=1):
        taken.append(line)
        if len(taken) > 1 and not any(end in line for end in _ENDS_OF_LONG_VALUES):
            continue
        statement = "\n".join(taken)
        if _parses(statement):
            yield number - len(taken) + 1, statement
            taken = []


def _parses(statement: str) -> bool:
    try:
        tomllib.loads(statement)
    except tomllib.TOMLDecodeError:
        return False
    return True


def _paths(tree: dict[str, object], above: KeyPath = ()) -> Iterator[KeyPath]:
    for key, value in tree.items():
        yield (*above, key)
        if isinstance(value, dict):
            yield from _paths(value, (*above, key))
