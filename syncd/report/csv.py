"""CSV for spreadsheets: a row for all that a report tells, and no cell that one would run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Final

from syncd.domain.attributes import Value
from syncd.domain.change import ChangeOutcome
from syncd.domain.cycle import ChangeResult
from syncd.domain.delivery import Failure
from syncd.report.groups import place_of
from syncd.report.listing import Cell, Listing, plain_cell
from syncd.report.report import Report

HEADER: Final = (
    "id",
    "action",
    "resource",
    "outcome",
    "attribute",
    "from",
    "to",
    "code",
    "message",
    "request_id",
)
FORMULA_STARTS: Final = "=+-@\t\r\n＝＋－＠"  # noqa: RUF001 - spreadsheets take the wide ones too

_SPECIAL: Final = re.compile(r'[",\r\n]')


def render_report(report: Report) -> str:
    """Write the changes, an attribute a row; an empty cell is *no value*.

    Behind them stands what is no change and has no action: held and quarantined SKUs, guard stops
    with limit and actual figure for `from` and `to`, notes, what speaks for and against the read of
    the catalog, and why a cycle ended early.
    """
    return _written(HEADER, chain(_changes(report), _waiting(report), _remarks(report)))


def render_listing(listing: Listing) -> str:
    """Write the rows of the listing's first table under its column keys."""
    table = listing.table()
    header = [column.key for column in table.columns]
    return _written(header, ([_cell(cell) for cell in row] for row in table.rows))


def _changes(report: Report) -> Iterator[Sequence[str]]:
    for result in report.changes:
        yield from _rows(result)


def _waiting(report: Report) -> Iterator[Sequence[str]]:
    for held in report.held:
        attribute, value, rule = held.held.attribute, held.held.value, held.held.rule
        place = place_of(held.held)
        message = f"{rule} ({place})" if place else rule
        yield (held.id, "", "", "held", attribute, "", value, "", message, "")
    told = {one.change.id for one in report.changes if one.outcome is ChangeOutcome.QUARANTINED}
    for refused in report.quarantined:
        if refused.id not in told:
            yield (refused.id, "", "", "quarantined", "", "", "", *_reason(refused.failure))


def _remarks(report: Report) -> Iterator[Sequence[str]]:
    for stop in report.guards:
        limit, actual = str(stop.limit), str(stop.actual)
        yield ("", "", "", "guard", "", limit, actual, stop.guard, stop.message, "")
    for note in report.notes:
        yield ("", "", "", "note", "", "", "", "", note, "")
    for doubt in report.catalog.doubts:
        yield ("", "", "", "doubt", "", "", "", "", doubt, "")
    for sentence in report.catalog.evidence:
        yield ("", "", "", "evidence", "", "", "", "", sentence, "")
    if report.error is not None:
        yield ("", "", "", "error", "", "", "", "", report.error, "")


def _reason(failure: Failure) -> tuple[str, str, str]:
    return (failure.code, failure.message, failure.request_id or "")


def _rows(result: ChangeResult) -> Iterator[Sequence[str]]:
    change, failure = result.change, result.failure
    head = (change.id, change.action, change.resource, result.outcome)
    tail = ("", "", "") if failure is None else _reason(failure)
    for attribute, one in change.attributes.items():
        yield (*head, attribute, _value(one.known), _value(one.desired), *tail)
    if not change.attributes:
        yield (*head, "", "", "", *tail)


def _value(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value or ""


def _cell(cell: Cell) -> str:
    plain = plain_cell(cell)
    if isinstance(plain, bool):
        return "true" if plain else "false"
    return "" if plain is None else str(plain)


def _written(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = (",".join(_quoted(harmless(cell)) for cell in row) for row in (header, *rows))
    return "".join(f"{line}\n" for line in lines)


def _quoted(cell: str) -> str:
    """Quote where it must be; Python's own writer leaves a lone carriage return bare."""
    if not _SPECIAL.search(cell):
        return cell
    return '"' + cell.replace('"', '""') + '"'


def harmless(cell: str) -> str:
    """Put an apostrophe before a cell that a spreadsheet would take for a formula."""
    return f"'{cell}" if cell.startswith(tuple(FORMULA_STARTS)) else cell
