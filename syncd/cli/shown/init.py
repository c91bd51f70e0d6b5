"""`syncd init`: which column became which attribute, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from syncd.cli.choices import Choice
from syncd.engine.guess import Target
from syncd.report import Column, Kind, Listing
from syncd.report.wording import command, counted

_USUAL: Final = Path("config.toml")
_MAPPED: Final = (
    Column("attribute", "attribute", Kind.CODE),
    Column("column", "column", Kind.CODE),
    Column("word", "guess"),
    Column("reason", "because"),
)


def written_listing(out: Path, mapping: Mapping[Target, Choice], notes: Sequence[str]) -> Listing:
    """Say what was written, and name the commands that come next."""
    return Listing(
        title="Init",
        sentence=" ".join([f"{out} is written: {_counted(mapping)}.", *notes]),
        columns=_MAPPED,
        rows=tuple(_row(target, mapping.get(target)) for target in Target),
        commands=_next(out),
        key="mapping",
    )


def told_of_sample(rows: int, most: int) -> list[str]:
    """Say so where the guesses go by the first rows alone."""
    if rows < most:
        return []
    return [f"It goes by the first {counted(rows, 'row')} alone, which prove nothing of the rest."]


def _counted(mapping: Mapping[Target, Choice]) -> str:
    left = len(Target) - len(mapping)
    return f"{counted(len(mapping), 'column')} mapped, {left} left out"


def _row(target: Target, choice: Choice | None) -> tuple[str | None, ...]:
    if choice is None:
        return (str(target), None, None, "not mapped, so never compared and never written")
    return (str(target), choice.column, choice.word, choice.reason)


def _next(out: Path) -> tuple[str, ...]:
    where = () if out == _USUAL else ("--config", str(out))
    words = (("check",), ("--dry-run",))
    told = (command("syncd", *where, *each) for each in words)
    return tuple(each for each in told if each is not None)
