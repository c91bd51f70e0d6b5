"""A listing as text: its sentence, its table, and what belongs below."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from syncd.report.listing import Cell, Column, Kind, Listing, cell_role, cell_words
from syncd.report.text.pieces import and_more, marked
from syncd.report.wording import visible


def laid_out(listing: Listing) -> Group:
    """Lay out the table and everything below it, the next steps at the end."""
    shown: list[RenderableType] = [Text(visible(listing.sentence), style="bold")]
    if listing.rows:
        shown += [Text(), _table(listing), *and_more(listing.left_out())]
    for detail in listing.below():
        shown += _detail(detail)
    if listing.commands:
        shown += [Text(), *(Text(visible(one), style="cyan") for one in listing.commands)]
    return Group(*shown)


def _detail(detail: Listing) -> Iterable[RenderableType]:
    yield Text()
    yield Text.assemble((visible(detail.title), "bold"), f"  {visible(detail.sentence)}")
    if detail.rows:
        more = and_more(detail.left_out())
        yield Padding(Group(_table(detail), *more), (0, 0, 0, 2))
    for below in detail.below():
        yield from _detail(below)
    for one in detail.commands:
        yield Padding(Text(visible(one), style="cyan"), (0, 0, 0, 2))


def _table(listing: Listing) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for column in listing.columns:
        is_number = column.kind is Kind.NUMBER
        table.add_column(
            Text(visible(column.title)), justify="right" if is_number else "left", overflow="fold"
        )
    for row in listing.first_rows():
        cells = zip(row, listing.columns, strict=True)
        table.add_row(*(_cell(cell, column, listing) for cell, column in cells))
    return table


def _cell(cell: Cell, column: Column, listing: Listing) -> Text:
    words = cell_words(cell, column, listing.as_of)
    role = cell_role(cell, column)
    if role is not None:
        return marked(role, words)
    return Text(words, style="dim" if cell is None else "")
