"""HTML: one file that opens offline, laid out by the templates beside this module."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from syncd.report import view
from syncd.report.advice import advice_on
from syncd.report.headline import ending, headline
from syncd.report.listing import Cell, Column, Kind, Listing, cell_role, cell_words
from syncd.report.parts import failures_first
from syncd.report.report import Report
from syncd.report.rows import change_row, island
from syncd.report.sentence import sentence
from syncd.report.tokens import LOOKS, Look, Role, css_variables
from syncd.report.wording import counted, exact, moment, number, visible

MOST_WITHOUT_SCRIPT: Final = 500
MOST_CHANGES: Final = 100_000
"""More would make a file that a browser opens too slowly; the page says that JSON has them all."""


def render_report(report: Report) -> str:
    """Write the whole page."""
    return _page("report.html", headline(report), _report_view(report))


def report_page(report: Report, home: str) -> str:
    """Write the same page for a server, whose first page is at `home`."""
    return _page("report.html", headline(report), _report_view(report), home)


def render_listing(listing: Listing) -> str:
    """Write the whole page."""
    return _page("listing.html", f"syncd · {visible(listing.title)}", _listing_view(listing))


def _page(template: str, title: str, shown: dict[str, object], home: str = "") -> str:
    page = _environment().get_template(template)
    return page.render(
        view=shown,
        page_title=title,
        home=home,
        style=Markup(inline_style()),  # noqa: S704 - our own file
        script=Markup(inline_script()),  # noqa: S704 - our own file
        script_digest=_digest(inline_script()),
    )


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("syncd.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


@cache
def asset(name: str) -> str:
    """The text of a file beside the templates."""
    return files("syncd.report").joinpath("templates", name).read_text(encoding="utf-8")


@cache
def inline_script() -> str:
    """The script of every page, as it stands in its element: a server allows it by its digest."""
    return asset("basics.js") + asset("report.js")


def inline_style() -> str:
    """The style of every page, as it stands in its element."""
    return f"\n{stylesheet()}"


@cache
def stylesheet() -> str:
    """The one visual language as CSS."""
    roles = "".join(
        f".text-{role}{{color:var(--{role})}}"
        f".chart .text-{role},.chart .fill-{role}{{fill:var(--{role})}}"
        f".chart .stroke-{role}{{stroke:var(--{role})}}"
        for role in Role
    )
    return f"{css_variables()}\n{roles}\n{asset('style.css')}"


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


# ------------------------------------------------------------------------------------ a report


def _report_view(report: Report) -> dict[str, object]:
    return {
        "headline": headline(report),
        "sentence": visible(sentence(report)),
        "guards": view.guards(report.guards),
        "advice": advice_on(report.guards, report.recorded),
        "stop_look": LOOKS[Role.STOPPED],
        "tiles": view.tiles(report),
        "whole": view.whole_chart(report),
        "total": view.total(report),
        "by_attribute": view.attribute_chart(report),
        "notes": [visible(note) for note in (*report.notes, *report.catalog.doubts)],
        "facts": list(_facts(report)),
        **_changes_view(report),
        **_waiting_view(report),
    }


def _changes_view(report: Report) -> dict[str, object]:
    count, embedded = len(report.changes), failures_first(report.changes)[:MOST_CHANGES]
    plain = embedded[:MOST_WITHOUT_SCRIPT]
    return {
        "change_count": number(count),
        "changes": [change_row(result) for result in plain],
        "left_out": count > len(plain),
        "beyond": number(count - len(embedded)) if count > len(embedded) else "",
        "change_parts": view.change_parts(report),
        "attributes": view.attribute_names(report),
        "island": island(report, embedded),
    }


def _waiting_view(report: Report) -> dict[str, object]:
    return {
        "held": view.held_groups(report.held),
        "held_look": LOOKS[Role.HELD],
        "held_count": counted(len(report.held), "row"),
        "has_files": any(sku.held.file for sku in report.held),
        "quarantined": view.refused_groups(report.quarantined, report.finished),
        "quarantined_look": LOOKS[Role.QUARANTINED],
        "quarantined_count": counted(len(report.quarantined), "SKU"),
    }


def _facts(report: Report) -> Iterator[tuple[str, str]]:
    catalog = report.catalog
    yield "Cycle", visible(report.cycle)
    yield "Time", f"{exact(report.started)} to {exact(report.finished)}"
    yield "Read", _read(report)
    if catalog.evidence:
        yield "Evidence", visible("; ".join(catalog.evidence))
    yield "Requests", number(report.summary.requests)
    if ending(report):
        yield "Ended", ending(report)


def _read(report: Report) -> str:
    catalog = report.catalog
    filtered = (
        f"{counted(catalog.records, 'record')}, {counted(catalog.rows, 'row')} after the filter"
    )
    joined = "".join(
        f", {counted(rows, 'row')} of {visible(name)} joined"
        for name, rows in catalog.joined.items()
    )
    since = "" if catalog.since is None else f"changes since {visible(catalog.since)}: "
    return f"{since}{filtered}, {counted(catalog.duplicates, 'repeated id')}{joined}"


# ----------------------------------------------------------------------------------- a listing


@dataclass(frozen=True, slots=True)
class CellView:
    """One cell: with the mark of a state, as a time, as code, or as plain words."""

    words: str
    css: str
    role: Role | None
    look: Look | None
    when: view.When | None
    is_code: bool


@dataclass(frozen=True, slots=True)
class ColumnView:
    """One column's head."""

    title: str
    is_number: bool


@dataclass(frozen=True, slots=True)
class TableView:
    """One table with what stands above and below it; the first has neither title nor sentence."""

    title: str
    sentence: str
    columns: tuple[ColumnView, ...]
    rows: tuple[tuple[CellView, ...], ...]
    commands: tuple[str, ...]


def _listing_view(listing: Listing) -> dict[str, object]:
    return {
        "title": visible(listing.title),
        "sentence": visible(listing.sentence),
        "as_of": moment(listing.as_of) if listing.as_of else "",
        "tables": [
            _table(listing, is_first=True),
            *(_table(one, is_first=False) for one in _below(listing)),
        ],
        "commands": listing.commands,
    }


def _below(listing: Listing) -> Iterator[Listing]:
    for detail in listing.below():
        yield detail
        yield from _below(detail)


def _table(listing: Listing, *, is_first: bool) -> TableView:
    return TableView(
        title="" if is_first else visible(listing.title),
        sentence="" if is_first else visible(listing.sentence),
        columns=tuple(
            ColumnView(visible(column.title), column.kind is Kind.NUMBER)
            for column in listing.columns
        ),
        rows=tuple(
            tuple(_cell(*pair, listing) for pair in zip(row, listing.columns, strict=True))
            for row in listing.rows
        ),
        commands=() if is_first else listing.commands,
    )


def _cell(cell: Cell, column: Column, listing: Listing) -> CellView:
    role = cell_role(cell, column)
    is_none = cell is None and column.kind is Kind.VALUE
    return CellView(
        words=cell_words(cell, column, listing.as_of),
        css="none" if is_none else column.kind,
        role=role,
        look=None if role is None else LOOKS[role],
        when=_when(cell, listing),
        is_code=cell is not None and column.kind in {Kind.CODE, Kind.VALUE},
    )


def _when(cell: Cell, listing: Listing) -> view.When | None:
    if not isinstance(cell, datetime):
        return None
    if listing.as_of is None:
        return view.When(moment(cell), moment(cell), exact(cell))
    return view.when(cell, listing.as_of)
