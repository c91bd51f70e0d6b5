"""Markdown that fits a pull request or a chat: short, and escaped so that data stays data."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from syncd.domain.attributes import Value
from syncd.domain.change import Action
from syncd.domain.cycle import ChangeResult, QuarantinedSku
from syncd.domain.snapshot import HeldSku
from syncd.report.advice import advice_on
from syncd.report.groups import held_by_rule, place_of, quarantined_by_code
from syncd.report.headline import ending, headline
from syncd.report.listing import Cell, Column, Kind, Listing, cell_role, cell_words
from syncd.report.parts import failures_first, parts_of
from syncd.report.report import Report
from syncd.report.sentence import sentence
from syncd.report.tokens import LOOKS, Role, role_of_change
from syncd.report.wording import (
    command,
    counted,
    number,
    said_of,
    share_or_count,
    value_words,
    visible,
)

MOST_CHANGES: Final = 30
MOST_OF_A_GROUP: Final = 10
_LONGEST_CELL: Final = 200
_MARKUP: Final = re.compile(r"[\\`*\[\]<~]|(?<!\w)_|_(?!\w)|&(?=[#\w])|^[-+#>]")
"""What begins or ends markup where it stands; no more, so that a plain chat stays legible."""
_BACKTICKS: Final = re.compile("`+")


def render_report(report: Report) -> str:
    """Write the report, at most thirty changes and ten members of a group."""
    blocks = [
        f"**{_escaped(sentence(report))}**",
        _escaped(headline(report)),
        _parts(report),
        *_guards(report),
        *_changes(report.changes),
        *_held(report.held),
        *_quarantined(report.quarantined),
        *_notes(report),
    ]
    if ending(report):
        blocks.append(f"**{_escaped(ending(report))}**")
    return "\n\n".join(blocks) + "\n"


def render_listing(listing: Listing) -> str:
    """Write the sentence, the table, and the details under headings."""
    return "\n\n".join([f"**{_escaped(listing.sentence)}**", *_listing_body(listing)]) + "\n"


def _listing_body(listing: Listing) -> Iterator[str]:
    if listing.rows:
        yield _listing_table(listing)
        if listing.left_out():
            yield f"and {number(listing.left_out())} more: `--format json`"
    for detail in listing.below():
        yield f"### {_escaped(detail.title)}"
        if detail.sentence:
            yield _escaped(detail.sentence)
        yield from _listing_body(detail)
    if listing.commands:
        yield "\n".join(f"- {_code(one)}" for one in listing.commands)


def _listing_table(listing: Listing) -> str:
    columns = listing.columns
    header = [_escaped(column.title) for column in columns]
    numeric = [column.kind is Kind.NUMBER for column in columns]
    rows = [
        [_cell(cell, column, listing) for cell, column in zip(row, columns, strict=True)]
        for row in listing.first_rows()
    ]
    return _table(header, rows, numeric)


def _cell(cell: Cell, column: Column, listing: Listing) -> str:
    words = cell_words(cell, column, listing.as_of)
    role = cell_role(cell, column)
    if role is not None:
        return f"{LOOKS[role].mark} {_escaped(words)}"
    if column.kind in {Kind.CODE, Kind.VALUE} and cell is not None:
        return _code(words)
    return _escaped(words)


def _parts(report: Report) -> str:
    shown = [part for part in parts_of(report) if part.count]
    return (
        " · ".join(
            f"{LOOKS[part.role].mark} {part.word} **{number(part.count)}**" for part in shown
        )
        or "No SKUs."
    )


def _guards(report: Report) -> Iterator[str]:
    for stop in report.guards:
        figures = f"limit {share_or_count(stop.limit)}, actual {share_or_count(stop.actual)}"
        name = f"{LOOKS[Role.STOPPED].mark} **{_escaped(stop.guard)}**"
        yield f"> {name}: {_escaped(stop.message)}\n> {_escaped(figures)}."
    for advice in advice_on(report.guards, report.recorded):
        yield f"> {_escaped(advice.words)} {_code(advice.command)}"


def _changes(changes: Sequence[ChangeResult]) -> Iterator[str]:
    if not changes:
        return
    yield "### Changes"
    rows = [
        row for result in failures_first(changes)[:MOST_CHANGES] for row in _change_rows(result)
    ]
    yield _table(["", "id", "attribute", "from", "to"], rows)
    yield from _and_more(len(changes) - MOST_CHANGES)


def _change_rows(result: ChangeResult) -> Iterator[list[str]]:
    change = result.change
    mark = LOOKS[role_of_change(change.action, result.outcome)].mark
    head = [f"{mark} {said_of(change, result.outcome)}", _code(change.id)]
    if change.action is Action.UPDATE:
        for attribute, one in change.attributes.items():
            yield [*head, attribute, _value(one.known), _value(one.desired)]
    else:
        yield [*head, *_written_or_lost(result)]


def _written_or_lost(result: ChangeResult) -> list[str]:
    changes = result.change.attributes.items()
    if result.change.action is Action.DELETE:
        lost = ", ".join(f"{name} {_value(one.known)}" for name, one in changes if one.known)
        return ["", lost, ""]
    written = [f"{name} {_value(one.desired)}" for name, one in changes if one.desired is not None]
    return ["", "", ", ".join(written)]


def _value(value: Value) -> str:
    return f"*{value_words(value)}*" if value is None else _code(value_words(value))


def _held(held: Sequence[HeldSku]) -> Iterator[str]:
    if not held:
        return
    yield f"### Held: {counted(len(held), 'row')}"
    for group in held_by_rule(held):
        lines = [f"**{_escaped(group.reason)}** ({counted(len(group.members), 'row')})", ""]
        lines += [f"- {_held_row(sku)}" for sku in group.members[:MOST_OF_A_GROUP]]
        yield "\n".join(lines)
        yield from _and_more(len(group.members) - MOST_OF_A_GROUP)


def _held_row(sku: HeldSku) -> str:
    place = f"{_escaped(where)} " if (where := place_of(sku.held)) else ""
    id = _code(sku.id) if sku.id else "without an id"
    return f"{place}{id}: {_code(sku.held.value)}" if sku.held.value else f"{place}{id}"


def _quarantined(quarantined: Sequence[QuarantinedSku]) -> Iterator[str]:
    if not quarantined:
        return
    yield f"### Quarantined: {counted(len(quarantined), 'SKU')}"
    for group in quarantined_by_code(quarantined):
        few = group.members[:MOST_OF_A_GROUP]
        yield f"**{_escaped(group.reason)}** ({counted(len(group.members), 'SKU')})"
        yield _table(["id", "message", "request id", "ask"], [_refused(sku) for sku in few])
        yield from _and_more(len(group.members) - MOST_OF_A_GROUP)


def _refused(sku: QuarantinedSku) -> list[str]:
    failure = sku.failure
    ask = command("syncd", "why", ids=[sku.id])
    return [
        _code(sku.id),
        _code(failure.message),
        _code(failure.request_id) if failure.request_id else "–",
        _code(ask) if ask else "–",
    ]


def _notes(report: Report) -> Iterator[str]:
    notes = [*report.notes, *report.catalog.doubts]
    if notes:
        yield "\n".join(f"- {_escaped(note)}" for note in notes)
    if report.catalog.evidence:
        yield f"Evidence of the read: {_escaped('; '.join(report.catalog.evidence))}"


def _and_more(left: int) -> Iterator[str]:
    if left > 0:
        yield f"and {number(left)} more: `--format json`"


def _table(
    header: Sequence[str], rows: Sequence[Sequence[str]], numeric: Sequence[bool] = ()
) -> str:
    rule = ["---:" if right else "---" for right in numeric] or ["---"] * len(header)
    return "\n".join(map(_table_row, (header, rule, *rows)))


def _table_row(cells: Sequence[str]) -> str:
    """Join cells; a pipe in one is escaped, as tables want it even inside a code span."""
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _escaped(words: str) -> str:
    """Escape text; a zero-width space keeps `@name` from calling anyone."""
    return _MARKUP.sub(r"\\\g<0>", visible(words)).replace("@", "@\u200b")


def _code(text: str) -> str:
    """Put data into a code span, which knows no links, no mentions and no markup.

    The fence is longer than any run of backticks inside.
    """
    shown = visible(text)
    if not shown:
        return "*empty*"
    if len(shown) > _LONGEST_CELL:
        shown = f"{shown[:_LONGEST_CELL]}…"
    longest = max((len(run) for run in _BACKTICKS.findall(shown)), default=0)
    fence = "`" * (longest + 1)
    space = " " if longest or not shown.strip() or shown != shown.strip() else ""
    return f"{fence}{space}{shown}{space}{fence}"
