"""What a command that is not a cycle shows: a sentence, a table, and tables of details under it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, TypeAlias

from syncd.report.tokens import Role, role_of_word
from syncd.report.wording import NO_VALUE, ago, exact, moment, number, visible

Cell: TypeAlias = str | int | float | bool | datetime | None
"""A plain value; how it is shown is its column's affair."""

NOTHING: Final = "–"
"""What an empty cell shows where `None` does not mean *no value*."""


class Kind(StrEnum):
    """How the cells of a column are shown."""

    TEXT = "text"
    CODE = "code"
    """Ids, values, row numbers, commands: monospace, and as they are."""
    VALUE = "value"
    """Values of attributes: monospace, and `None` is *no value*."""
    NUMBER = "number"
    TIME = "time"
    STATE = "state"
    """The word of a state or an outcome, shown with its mark and colour."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `key` names it in JSON and CSV, `title` for people."""

    key: str
    title: str
    kind: Kind = Kind.TEXT


@dataclass(frozen=True, slots=True)
class Listing:
    """One command's answer.

    Each row has one cell a column, in their order. `details` are further tables; JSON puts each
    under its `key`. `commands` are those that help, ready to paste. Times show relative to `as_of`
    where it is given. CSV holds the rows alone, those of the first table that has columns. Text and
    Markdown show the first `most` rows, where that is given.
    """

    title: str
    sentence: str
    columns: tuple[Column, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    details: tuple[Listing, ...] = ()
    commands: tuple[str, ...] = ()
    key: str = "rows"
    as_of: datetime | None = None
    most: int | None = None

    def records(self) -> list[Mapping[str, Cell]]:
        """The rows as JSON and CSV have them: by column key."""
        keys = [column.key for column in self.columns]
        return [dict(zip(keys, row, strict=True)) for row in self.rows]

    def below(self) -> list[Listing]:
        """The details, with times as of the same moment."""
        return [replace(detail, as_of=detail.as_of or self.as_of) for detail in self.details]

    def first_rows(self) -> tuple[tuple[Cell, ...], ...]:
        """The rows for those who read from the top to the end."""
        return self.rows[: self.most]

    def left_out(self) -> int:
        """How many rows are not among the first."""
        return len(self.rows) - len(self.first_rows())

    def table(self) -> Listing:
        """The first table that has columns: this one, or one of its details."""
        return next((one for one in (self, *self.details) if one.columns), self)


def cell_words(cell: Cell, column: Column, as_of: datetime | None) -> str:
    """Say one cell in words, control characters spelled out."""
    if cell is None:
        return NO_VALUE if column.kind is Kind.VALUE else NOTHING
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, datetime):
        return moment(cell) if as_of is None else f"{ago(cell, as_of)} ({moment(cell)})"
    if isinstance(cell, int) and column.kind is Kind.NUMBER:
        return number(cell)
    if isinstance(cell, str) and column.kind is Kind.STATE:
        return visible(cell).replace("_", " ")
    return visible(str(cell))


def plain_cell(cell: Cell) -> str | int | float | bool | None:
    """Give one cell as JSON and CSV have it: times exact, in UTC."""
    return exact(cell) if isinstance(cell, datetime) else cell


def cell_role(cell: Cell, column: Column) -> Role | None:
    """Find the role whose mark and colour a cell bears."""
    is_state = column.kind is Kind.STATE and isinstance(cell, str)
    return role_of_word(str(cell)) if is_state else None
