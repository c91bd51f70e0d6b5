"""From one page to the next: how each is asked for, and what says that there is none."""

from __future__ import annotations

from typing import Final, Protocol, assert_never

from syncd.catalog.from_http.documents import Finder, holds, whole_number
from syncd.catalog.from_http.links import next_link
from syncd.catalog.from_http.page import (
    Page,
    denies_to_be_all,
    look_for_gap,
    sign_of_numbers,
)
from syncd.catalog.from_http.request import JsonValue, Request, is_same_place, shown
from syncd.catalog.from_http.signs import sign_of_more
from syncd.catalog.from_http.tally import Tally
from syncd.config.http_sections import CURSOR, PagingKeys
from syncd.errors import CatalogError

_SAID_SO: Final = "the last page says that nothing follows"


class Paging(Protocol):
    """Leads through the pages."""

    def first(self, request: Request) -> Request:
        """Ask for the first page."""

    def after(self, request: Request, page: Page, tally: Tally) -> Request | None:
        """Ask for the page after this one, which was tallied; None at the end.

        `request` is the one without any page. What is odd about the end goes into the tally.
        """


def paging_of(settings: PagingKeys) -> Paging:
    """Choose the way that the configuration names; without one there is but one page."""
    match settings.type:
        case "page" | "offset":
            return ByNumber(settings)
        case "none" | "cursor" | "link" | "next_url":
            return ByToken(settings)
        case _:
            assert_never(settings.type)


class ByNumber:
    """Pages, or the records before a page, are counted."""

    def __init__(self, settings: PagingKeys) -> None:
        self._settings = settings
        self._counts_records = settings.type == "offset"
        usual = 0 if self._counts_records else 1
        self._first = usual if settings.first is None else settings.first
        self._more = _More(settings.more)
        self._pages = _finder(settings.pages)
        self._last_with_records: Page | None = None

    def first(self, request: Request) -> Request:
        self._last_with_records = None
        return self._at(request, self._first)

    def after(self, request: Request, page: Page, tally: Tally) -> Request | None:
        look_for_gap(page, tally)
        if page.records:
            self._last_with_records = page
        follows = self._follows(page, tally)
        if follows is None:
            return self._as_far_as_records_come(request, page, tally)
        if not follows:
            self._judge_end(page, tally)
            return None
        if not page.records:
            tally.doubt(f"page {page.number:,} is empty, though more follow")
        leads_on = page.records or not self._counts_records
        return self._next(request, tally) if leads_on else None

    def _as_far_as_records_come(self, request: Request, page: Page, tally: Tally) -> Request | None:
        """Take an empty page for the end once the one behind it is empty, too."""
        if page.records:
            return self._next(request, tally)
        if tally.total is not None:
            return None
        if tally.counts[-2:] == [0, 0]:
            self._judge_empty_end(page, tally)
            return None
        return self._next(request, tally)

    def _judge_end(self, page: Page, tally: Tally) -> None:
        """Believe a page that says that it is the last, unless it is the first and denies it."""
        if not denies_to_be_all(page, tally):
            tally.speak_for(_SAID_SO)

    def _judge_empty_end(self, page: Page, tally: Tally) -> None:
        """Believe empty pages unless they, or the numbers of the last full one, say otherwise."""
        sign = sign_of_more(page.answer, page.document)
        for told in (page, self._last_with_records or page):
            sign = sign or sign_of_numbers(told, page.number, tally)
        if sign:
            tally.doubt(
                f"pages {page.number - 1:,} and {page.number:,} are empty, but there is {sign}:"
                " set catalog.total, or catalog.paging.more or pages"
            )
        else:
            tally.speak_for("two empty pages followed the last record")

    def _follows(self, page: Page, tally: Tally) -> bool | None:
        """Whether more pages follow, as far as anything says so; None where nothing does."""
        more = self._more.after(page)
        if more is not None:
            return more
        if self._pages is not None:
            pages = whole_number(self._pages.within(page.answer, page.document))
            if pages is not None:
                return page.number < pages
            tally.doubt(f"page {page.number:,} does not say how many pages there are")
        if tally.total is not None and page.records:
            return tally.records < tally.total
        return None

    def _next(self, request: Request, tally: Tally) -> Request:
        if not self._counts_records:
            return self._at(request, self._first + tally.pages)
        beyond = 0 if tally.counts[-1] else self._settings.size or tally.longest
        return self._at(request, self._first + tally.records + beyond)

    def _at(self, request: Request, number: int) -> Request:
        return _with_parameter(request, self._settings, number)


class ByToken:
    """Each page says where the next one is: by a cursor, a link, or an address."""

    def __init__(self, settings: PagingKeys) -> None:
        self._settings = settings
        self._next = _finder(settings.next)
        self._more = _More(settings.more)
        self._seen: set[str] = set()

    def first(self, request: Request) -> Request:
        self._seen = set()
        return _sized(request, self._settings)

    def after(self, request: Request, page: Page, tally: Tally) -> Request | None:
        look_for_gap(page, tally)
        token = self._token(page)
        more = self._more.after(page)
        if more is False:
            tally.speak_for(_SAID_SO)
            return None
        if token is None:
            self._judge_end(page, tally, more=bool(more))
            return None
        if not token.isprintable():
            tally.doubt(f"page {page.number:,} names a next one that cannot be read")
            return None
        if token in self._seen:
            tally.doubt(f"page {page.number:,} leads back to a page that came before")
            return None
        self._seen.add(token)
        return self._onward(request, page, token)

    def _token(self, page: Page) -> str | None:
        if self._next is None:
            return next_link(page.answer.headers.get("link"))
        found = self._next.within(page.answer, page.document)
        if isinstance(found, str | int) and not isinstance(found, bool):
            return str(found) or None
        return None

    def _judge_end(self, page: Page, tally: Tally, *, more: bool) -> None:
        """Believe that a page which names no next one is the last, where anything vouches for it.

        A total vouches as well, and the tally compares it.
        """
        sign = sign_of_more(page.answer, page.document) or sign_of_numbers(page, page.number, tally)
        if more:
            tally.doubt(f"page {page.number:,} says that more follows, but not where")
        elif tally.total is not None:
            denies_to_be_all(page, tally)
        elif page.number == 1 and self._is_full(page):
            tally.doubt(
                "the only page is full and names no next one: check catalog.paging"
                f" ({self._settings.type})"
            )
        elif sign:
            tally.doubt(f"page {page.number:,} names no next one, but has {sign}")
        elif not page.records and not self._may_be_empty(page, tally):
            tally.doubt(
                f"page {page.number:,} is empty though another promised it, and nothing says that"
                " the list ends there: set catalog.total, or catalog.paging.more or size"
            )
        elif self._names_none(page):
            tally.speak_for(_SAID_SO)
        elif self._ends_short(page, tally):
            tally.speak_for("the last page is not full and names no next one")
        else:
            tally.doubt(
                f"page {page.number:,} names no next one, and nothing says that it is the last:"
                " set catalog.total, or catalog.paging.more or size"
            )

    def _names_none(self, page: Page) -> bool:
        """Whether the place for the next page is there, and empty.

        For links that place is the header (RFC 8288): where all of it is lacking, it may be lost.
        """
        if self._next is not None:
            return self._next.is_there(page.answer, page.document)
        return "link" in page.answer.headers

    def _is_full(self, page: Page) -> bool:
        size = self._settings.size
        return size is not None and len(page.records) >= size

    def _may_be_empty(self, page: Page, tally: Tally) -> bool:
        """Whether no record had to be on this page, as far as others led to expect any.

        A server that does not look ahead promises a next page behind each full one, so the last may
        be empty; behind any other page, whoever promised more has lost it, or a cursor has expired.
        """
        return page.number == 1 or set(tally.counts[:-1]) == {self._settings.size}

    def _ends_short(self, page: Page, tally: Tally) -> bool:
        """Whether this page has fewer records than were asked for, or than each one before it.

        What loses the place for the next page may lose its records too: an empty page proves none.
        """
        if not page.records:
            return False
        *before, last = tally.counts
        if not before:
            return self._settings.size is not None and not self._is_full(page)
        return min(before) == max(before) > last

    def _onward(self, request: Request, page: Page, token: str) -> Request:
        if self._settings.type == "cursor":
            return _with_parameter(request, self._settings, token)
        onward = request.at(page.answer.url).at(token)
        if not is_same_place(request.url, onward.url):
            raise CatalogError(
                shown(page.answer.url),
                f"page {page.number:,} leads on to {shown(onward.url)}, and credentials never"
                " follow to another place",
                "Set catalog.url to the address that the pages themselves name",
            )
        return onward


class _More:
    """What pages say of whether more follow: nothing, where they lack the place for it."""

    def __init__(self, text: str | None) -> None:
        self._finder = _finder(text)

    def after(self, page: Page) -> bool | None:
        """Whether more pages follow; None where nothing says so."""
        if self._finder is None or not self._finder.is_there(page.answer, page.document):
            return None
        return holds(self._finder.within(page.answer, page.document))


def _finder(text: str | None) -> Finder | None:
    return None if text is None else Finder(text)


def _with_parameter(request: Request, settings: PagingKeys, value: int | str) -> Request:
    plain = settings.template == CURSOR
    text: JsonValue = value if plain else settings.template.replace(CURSOR, str(value))
    return _placed(_sized(request, settings), settings, settings.parameter or "", text)


def _sized(request: Request, settings: PagingKeys) -> Request:
    if settings.size_parameter is None:
        return request
    return _placed(request, settings, settings.size_parameter, settings.size)


def _placed(request: Request, settings: PagingKeys, name: str, value: JsonValue) -> Request:
    if settings.place == "body":
        return request.with_value(name, value)
    return request.with_params([(name, str(value))])
