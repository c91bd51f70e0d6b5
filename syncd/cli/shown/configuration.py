"""A configuration as `syncd init` writes it: TOML with a word on each line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from syncd.cli.choices import Choice
from syncd.engine.guess import Target, Treatment

_AT: Final = 34
"""Where comments begin, if what stands before them leaves room."""
_MEANINGS: Final = {
    Target.ID: "the id that SKU and inventory item share",
    Target.PART_NUMBER: "the manufacturer's part number",
    Target.MANUFACTURER_ID: "the manufacturer's id at Digital River",
    Target.COUNTRY_OF_ORIGIN: "the country of origin",
    Target.ECCN: "the export control classification number",
    Target.HS_CODE: "the customs tariff number",
    Target.ALLOW_OVERSELL: "whether more may be sold than is in stock",
}
_EXAMPLES: Final = {
    Target.ECCN: '# eccn = { default = "EAR99" }  # if that is the class of all that you sell',
}
_HEAD: Final = """\
# Written by syncd init. What is left out has its default; a word that you change is yours.
# Look at it with `syncd check`, then try `syncd --dry-run`, which writes nothing.
"""

Tree: TypeAlias = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Answers:
    """What a configuration is made of: the source's keys, the mapping, the filter, and the key.

    `key` has `api_key` or `api_key_file`, or neither where it comes from the environment or is not
    known yet. `updated` is the column that may tell when a row was changed.
    """

    catalog: Tree
    mapping: Mapping[Target, Choice]
    filter: Mapping[str, Sequence[str]]
    key: Mapping[str, str]
    updated: str | None = None


def meaning_of(target: Target) -> str:
    """Say in a few words what is looked for."""
    return _MEANINGS[target]


def configuration(answers: Answers) -> str:
    """Write the whole file."""
    lines = [_HEAD.rstrip("\n"), "", *_table("catalog", answers.catalog)]
    if answers.updated is not None:
        lines.append("# Where this is set with every change of a row, polls read changes alone:")
        lines.append(f"# updated_column = {_value(answers.updated)}")
    lines += _mapping(answers)
    if answers.filter:
        lines += ["", _line("[catalog.filter]", "only rows that match take part")]
        lines += [f"{_key(column)} = {_value(words)}" for column, words in answers.filter.items()]
    lines += ["", "[digital_river]", *_credentials(answers), "", "[state]"]
    lines.append(_line('url = "sqlite:///syncd.db"', "what syncd owns is remembered here alone"))
    return "\n".join(lines) + "\n"


def toml(tree: Tree) -> str:
    """Write a tree of tables without a word on anything."""
    tables = [line for name, table in tree.items() for line in _table(name, table)]
    return "\n".join(tables) + "\n"


def _mapping(answers: Answers) -> Iterator[str]:
    yield ""
    yield "[catalog.mapping]"
    for target in Target:
        choice = answers.mapping.get(target)
        if choice is None:
            yield f"# {target}, {meaning_of(target)}: not mapped, so never written"
            yield _EXAMPLES.get(target, f'# {target} = "…"')
        elif choice.brings:
            yield f"# {target}, {meaning_of(target)}: {choice.reason}, from {choice.column}"
        else:
            yield f"# {meaning_of(target)}: {choice.reason}"
            yield f"{target} = {_column(choice.column, choice.treatment)}"


def _column(name: str, treatment: Treatment) -> str:
    steps = {
        "strip": treatment.strip,
        "values": dict(treatment.values),
        "boolean": treatment.boolean,
        "countries": treatment.countries,
    }
    taken = {key: step for key, step in steps.items() if step}
    return _value({"field": name, **taken} if taken else name)


def _credentials(answers: Answers) -> Iterator[str]:
    for key, value in answers.key.items():
        yield _line(f"{key} = {_value(value)}", "the key of your account at Digital River")
    if not answers.key:
        yield _line('# api_key = "sk_…"', "give the key of your account here, in a file of its own")
        yield _line('# api_key_file = "api-key"', "or as SYNCD_DIGITAL_RIVER__API_KEY")


def _table(name: str, table: object) -> Iterator[str]:
    """Write a table, then those within it; lists of tables stand where they are."""
    if not isinstance(table, Mapping):
        return
    yield f"[{name}]"
    for key, value in table.items():
        if not isinstance(value, Mapping):
            yield f"{_key(key)} = {_value(value)}"
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield ""
            yield from _table(f"{name}.{_key(key)}", value)


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{_key(key)} = {_value(of)}' for key, of in value.items())} }}"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, Sequence):
        return f"[{', '.join(map(_value, value))}]"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _key(name: str) -> str:
    is_bare = name.isascii() and name.replace("_", "").replace("-", "").isalnum()
    return name if is_bare else _value(name)


def _line(what: str, words: str) -> str:
    return f"{what.ljust(_AT - 1)} # {words}"
