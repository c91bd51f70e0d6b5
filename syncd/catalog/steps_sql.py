"""What a mapping does to the text of a cell, as SQL: each step over what the one before it made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from syncd.catalog.sql import literal, trimmed
from syncd.config import ColumnMapping
from syncd.config.patterns import has_group
from syncd.config.words import country_codes
from syncd.data.truth_words import TRUTH_WORDS

Step: TypeAlias = Callable[[str], str]
"""From the name of a column to the text that takes its place."""

Target: TypeAlias = tuple[str, Sequence[Step]]
"""What a column starts from, and the steps from there."""

_NOTHING: Final = "NULL::VARCHAR"


def layered(source: str, targets: Mapping[str, Target]) -> str:
    """Add columns to a relation, by name.

    Every step is a layer of its own, for an expression within an expression would have its text
    repeated, many times over after some steps. Columns that nobody reads cost nothing.
    """
    starts = ", ".join(f"{start} AS {name}" for name, (start, _) in targets.items())
    relation = f"(SELECT *, {starts} FROM {source})"
    for depth in range(max(len(steps) for _, steps in targets.values())):
        taken = ", ".join(
            f"{steps[depth](name)} AS {name}"
            for name, (_, steps) in targets.items()
            if depth < len(steps)
        )
        relation = f"(SELECT * REPLACE ({taken}) FROM {relation})"
    return relation


def id_target(column: ColumnMapping, cells: Sequence[str]) -> Target:
    """Make the id; where one of several cells is empty it is, too.

    What remains would be another product's.
    """
    between = f" || {literal(column.separator)} || "
    start = between.join(f"nullif({trimmed(cell)}, '')" for cell in cells)
    return start, (*_steps(column), _or_null)


def value_target(column: ColumnMapping, cells: Sequence[str]) -> Target:
    """Make an attribute's value; empty cells are left out, and nothing at all is null."""
    default = _NOTHING if column.default is None else literal(column.default)
    if not cells:
        return default, (_or_null,)
    whole = _text(cells[0]) if len(cells) == 1 else _joined(cells, column.separator)
    return whole, (
        *_steps(column),
        lambda text: f"coalesce(nullif({text}, ''), {default})",
        _or_null,
    )


def _text(cell: str) -> str:
    """Trim a cell; what is absent is as empty as what is blank, so that `values` may name it."""
    return f"coalesce({trimmed(cell)}, '')"


def _joined(cells: Sequence[str], separator: str) -> str:
    texts = ", ".join(f"nullif({trimmed(cell)}, '')" for cell in cells)
    return f"concat_ws({literal(separator)}, {texts})"


def _or_null(text: str) -> str:
    return f"nullif({text}, '')"


def _steps(column: ColumnMapping) -> Iterator[Step]:
    """Give the steps in the order of the keys; see `ColumnMapping`."""
    yield from _cutting(column)
    if column.upper or column.lower:
        yield lambda text: f"{'upper' if column.upper else 'lower'}({text})"
    if column.values:
        yield lambda text: _translated(text, column.values)
    if column.boolean:
        yield _truth
    if column.countries is not None:
        yield _country(column.countries)


def _cutting(column: ColumnMapping) -> Iterator[Step]:
    """Cut the value out of the text, trimming after every cut."""
    cuts: list[Step] = []
    if column.strip:
        cuts.append(lambda text: f"trim({text}, {literal(column.strip)})")
    for affix in column.strip_affixes:
        cuts += [_without_prefix(affix), _without_suffix(affix)]
    if column.extract is not None:
        cuts.append(_extract(column.extract))
    for cut in cuts:
        yield cut
        yield trimmed


def _without_prefix(affix: str) -> Step:
    found = literal(affix)
    rest = len(affix) + 1
    return lambda text: (
        f"CASE WHEN starts_with({text}, {found}) THEN substr({text}, {rest}) ELSE {text} END"
    )


def _without_suffix(affix: str) -> Step:
    found = literal(affix)
    kept = f"- {len(affix)}"
    return lambda text: (
        f"CASE WHEN ends_with({text}, {found}) THEN left({text}, length({text}) {kept}) "
        f"ELSE {text} END"
    )


def _extract(pattern: str) -> Step:
    group = 1 if has_group(pattern) else 0
    return lambda text: f"regexp_extract({text}, {literal(pattern)}, {group})"


def _translated(text: str, values: Mapping[str, str]) -> str:
    cases = " ".join(f"WHEN {literal(old)} THEN {literal(new)}" for old, new in values.items())
    return f"CASE {text} {cases} ELSE {text} END"


def _truth(text: str) -> str:
    return f"coalesce({_looked_up(f'lower({text})', TRUTH_WORDS)}, {text})"


def _country(kind: str) -> Step:
    codes = country_codes(kind)
    return lambda text: f"coalesce({_looked_up(_folded(text), codes)}, {text})"


def _folded(text: str) -> str:
    """Fold a name as `country_name.folded_name` does."""
    return f"regexp_replace(strip_accents(lower({text})), '[^a-z]', '', 'g')"


def _looked_up(text: str, table: Mapping[str, str]) -> str:
    keys, values = (", ".join(map(literal, some)) for some in (table.keys(), table.values()))
    return f"MAP([{keys}], [{values}])[{text}]"
