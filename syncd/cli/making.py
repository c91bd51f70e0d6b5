"""From the draft of a source to the file that is written: look, guess, ask, prove, write."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from syncd.cli.asking import Dialogue, is_on_terminal
from syncd.cli.choices import (
    OF_SOURCE,
    Asked,
    Choice,
    Nobody,
    chosen,
    named_on_the_line,
    not_taken,
)
from syncd.cli.drafts import NO_KEY, Draft, Tree, is_file, read_back
from syncd.cli.files import check_writable, write_privately
from syncd.cli.nowhere import knowing_nothing
from syncd.cli.options import Shared
from syncd.cli.results import tell
from syncd.cli.session import log_by
from syncd.cli.shown.configuration import Answers, configuration
from syncd.cli.shown.init import told_of_sample, written_listing
from syncd.config.words import country_codes
from syncd.data.truth_words import TRUTH_WORDS
from syncd.domain.sample import Sample
from syncd.engine.guess import Table, Target, Words, guess_mapping, guess_physical, guess_updated
from syncd.errors import UsageError
from syncd.report import Listing
from syncd.report.wording import visible
from syncd.wiring import GLANCE, places_of_records

if TYPE_CHECKING:
    from syncd.config import Settings

_KEY: Final = "SYNCD_DIGITAL_RIVER__API_KEY"
_ELSEWHERE: Final = (_KEY, f"{_KEY}_FILE", "CREDENTIALS_DIRECTORY")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for beside the source."""

    mapped: tuple[str, ...]
    out: Path
    yes: bool
    force: bool
    api_key_file: Path | None

    def refuse_early(self) -> None:
        """Raise `UsageError` or `ReportError` before any work, where it could not end well."""
        if self.out.exists() and not self.force:
            words = "Name another with --out, or add --force"
            raise UsageError(str(self.out), "the file is there already", words)
        check_writable(self.out)
        if self.api_key_file is not None and not self.api_key_file.is_file():
            named = f"--api-key-file {self.api_key_file}"
            raise UsageError(named, "there is no such file", "Correct it")
        if not self.yes and not is_on_terminal():
            raise UsageError(
                "syncd init",
                "it asks questions, and there is no terminal to answer on",
                "Add --yes to take its guesses, and --map id=COLUMN for what it cannot guess",
            )


def make(shared: Shared, wanted: Wanted, draft: Draft) -> Listing:
    """Write the configuration, and say what is in it."""
    settings = draft.settings(wanted.api_key_file)
    shared.secrets.update(settings.secrets())
    log_by(shared, settings)
    if draft.may_be_wrapped:
        draft = draft.with_records(places_of_records(settings))
        settings = draft.settings(wanted.api_key_file)
    table, words = _looked_at(settings), _words(settings)
    fixed = {**_brought(draft, settings), **named_on_the_line(wanted.mapped, table, words)}
    asked = Nobody() if wanted.yes else _dialogue(shared, draft, table, words)
    guesses = guess_mapping(table, words)
    choices = chosen(asked, guesses, fixed)
    physical = {} if draft.has_mapping else _physical(asked, table)
    updated = guess_updated(table.columns) if draft.may_be_dated else None
    proof = Answers(draft.keys, choices, physical, {"api_key": NO_KEY}, updated)
    read_back(configuration(proof))
    key = _key(wanted, asked)
    found = replace(proof, catalog=_as_seen_from(wanted.out.parent, draft.keys), key=key)
    write_privately(wanted.out, configuration(found))
    of_sample = told_of_sample(len(table.rows), GLANCE)
    of_unsure = not_taken(guesses, choices) if wanted.yes else []
    notes = [*draft.notes, *of_sample, *of_unsure, *_of_key(key)]
    return written_listing(wanted.out, choices, notes)


def _looked_at(settings: Settings) -> Table:
    """Read some rows of the source, with all their columns."""
    with knowing_nothing(settings) as wired, wired.glance.read(None) as snapshot:
        sample, name = snapshot.sample(GLANCE), wired.glance.name
    if not sample.columns:
        raise UsageError(name, "it has no columns to learn from", "Look whether it has rows")
    return _with_single_names(sample)


def _with_single_names(sample: Sample) -> Table:
    """Leave out what no mapping could name: columns that share a name, or have none."""
    names = sample.columns
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        tell(f"Left out, for their names stand there twice: {', '.join(map(visible, twice))}")
    places = [place for place, name in enumerate(names) if name and name not in twice]
    rows = tuple(tuple(row.cells[place] for place in places) for row in sample.rows)
    return Table(tuple(names[place] for place in places), rows)


def _words(settings: Settings) -> Words:
    rules = settings.rules.to_rule_book()
    return Words(rules, country_codes("names"), country_codes("alpha-3"), TRUTH_WORDS)


def _dialogue(shared: Shared, draft: Draft, table: Table, words: Words) -> Dialogue:
    from rich.console import Console

    console = Console(stderr=True, no_color=shared.no_color or None)
    dialogue = Dialogue(console, table, words)
    dialogue.begin(draft.source)
    return dialogue


def _brought(draft: Draft, settings: Settings) -> dict[Target, Choice]:
    """Take the mapping that a preset brings."""
    if not draft.has_mapping:
        return {}
    mapping = settings.catalog.mapping
    columns = {"id": mapping.id, **{one.key: of for one, of in mapping.by_attribute().items()}}
    return {
        Target(key): Choice(
            " + ".join(column.sources) or "the default", OF_SOURCE, "by the source", brings=True
        )
        for key, column in columns.items()
    }


def _physical(asked: Asked, table: Table) -> Mapping[str, Sequence[str]]:
    found = guess_physical(table)
    if found is None or not asked.wants_filter(*found):
        return {}
    return {found[0]: found[1]}


def _key(wanted: Wanted, asked: Asked) -> Mapping[str, str]:
    """Say where the key is; nothing where that is outside the file, or not known yet."""
    if wanted.api_key_file is not None:
        return {"api_key_file": _path_from(wanted.out.parent, str(wanted.api_key_file))}
    if _is_elsewhere() or not isinstance(asked, Dialogue):
        return {}
    secret = asked.secret()
    return {"api_key": secret} if secret else {}


def _of_key(key: Mapping[str, str]) -> list[str]:
    if key or _is_elsewhere():
        return []
    return [f"Before the first run, give the API key: in the file, or as {_KEY}."]


def _is_elsewhere() -> bool:
    return any(os.environ.get(name) for name in _ELSEWHERE)


def _as_seen_from(folder: Path, keys: Tree) -> Tree:
    """Let what is beside or below the configuration be found from there."""
    seen: Tree = {}
    for key, value in keys.items():
        if isinstance(value, dict):
            seen[key] = _as_seen_from(folder, value)
        elif isinstance(value, str) and (is_file(key) or _is_catalog(key, keys)):
            seen[key] = _path_from(folder, value)
        else:
            seen[key] = value
    return seen


def _is_catalog(key: str, keys: Tree) -> bool:
    return key == "path" and keys.get("type") == "file"


def _path_from(folder: Path, path: str) -> str:
    absolute, above = os.path.abspath(path), os.path.abspath(folder)  # noqa: PTH100 - may be a glob
    return os.path.relpath(absolute, above) if absolute.startswith(f"{above}{os.sep}") else absolute
