"""Reads a list of pages to its end, and gives their rows as they come."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import structlog

from syncd.catalog.from_http.answer import Answer
from syncd.catalog.from_http.documents import (
    Finder,
    compiled,
    holds,
    read_document,
    search,
    whole_number,
)
from syncd.catalog.from_http.line import Line
from syncd.catalog.from_http.page import Page
from syncd.catalog.from_http.paging import paging_of
from syncd.catalog.from_http.refusals import phrase
from syncd.catalog.from_http.request import JsonValue, Request, shown
from syncd.catalog.from_http.rows import Rows, dumped
from syncd.catalog.from_http.setback import Setback
from syncd.catalog.from_http.signs import sign_of_loss
from syncd.catalog.from_http.tally import Tally
from syncd.config import HttpKeys
from syncd.errors import CatalogError

if TYPE_CHECKING:
    from jmespath.parser import ParsedResult

_MOST_PAGES: Final = 100_000
_MOST_EMPTY: Final = 10
"""So many pages without a record, one after the other, are taken for a server gone astray."""

_log = structlog.get_logger()


class Documents:
    """Parses answers, and finds out whether an API means them as errors."""

    def __init__(self, settings: HttpKeys, line: Line) -> None:
        self._error = compiled(settings.error) if settings.error else None
        self._busy = compiled(settings.busy) if settings.busy else None
        self._line = line

    def of(self, answer: Answer) -> JsonValue:
        """Parse a body; raises `Setback` and `CatalogError` as `Line.ask` wants them."""
        document = read_document(answer)
        if self._busy is not None and holds(search(self._busy, document)):
            raise Setback("it answers that the request came too soon")
        said = None if self._error is None else search(self._error, document)
        if holds(said):
            raise CatalogError(
                shown(answer.url),
                f"it answers with an error: {self._line.hide(phrase(said)) or 'without a word'}",
                "Look what it asks for: often a right of the credentials, or another version",
            )
        return document


class Total:
    """What an API says of how many records there are, where the configuration names the place."""

    def __init__(self, finder: str | None) -> None:
        self._finder = Finder(finder) if finder else None

    def declare(self, answer: Answer, document: JsonValue, tally: Tally) -> None:
        """Tally what one answer declares."""
        if self._finder is not None:
            tally.declare(whole_number(self._finder.within(answer, document)))


def records_in(document: JsonValue, finder: ParsedResult) -> list[JsonValue]:
    """Find the list of records; raises `Setback` for a document that has none, as errors have."""
    records = search(finder, document)
    if not isinstance(records, list):
        raise Setback("its answer has no list of records at catalog.records")
    return records


class Pages:
    """Reads lists of records, page by page."""

    def __init__(self, settings: HttpKeys, line: Line, rows: Rows) -> None:
        self._settings = settings
        self._line = line
        self._rows = rows
        self._documents = Documents(settings, line)
        self._records = compiled(settings.records)
        self._total = Total(settings.total)
        self._paging = paging_of(settings.paging)

    def lines(self, request: Request, tally: Tally) -> Iterator[bytes]:
        """Give the rows of all pages of one list, and tally what speaks for and against them."""
        onward: Request | None = self._paging.first(request)
        empty = 0
        while onward is not None:
            page = self._page(onward, tally.pages + 1)
            yield from self._tallied(page, tally)
            self._line.advance(len(page.records))
            empty = 0 if page.records else empty + 1
            if tally.repeats:
                return
            if empty > _MOST_EMPTY or tally.pages >= _MOST_PAGES:
                tally.doubt(f"it goes on without end after page {tally.pages:,}")
                return
            onward = self._paging.after(request, page, tally)

    def _page(self, request: Request, number: int) -> Page:
        def judge(answer: Answer) -> Page:
            document = self._documents.of(answer)
            return Page(number, answer, document, records_in(document, self._records))

        page = self._line.ask(request, judge)
        _log.debug("catalog.page", number=number, records=len(page.records))
        return page

    def _tallied(self, page: Page, tally: Tally) -> list[bytes]:
        self._total.declare(page.answer, page.document, tally)
        loss = sign_of_loss(page.document)
        if loss:
            tally.doubt(
                f"page {page.number:,} has {loss} beside its records, so some may be left out"
            )
        lines: list[bytes] = []
        for record in page.records:
            found = list(self._rows.of(record))
            lines += found
            if not found:
                tally.pass_over(dumped(record))
        return tally.add(len(page.records), lines, [*map(self._rows.mark_of, lines)])
