"""What usually shows in an answer that it is not the whole, whatever a configuration says of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from syncd.catalog.from_http.answer import Answer
from syncd.catalog.from_http.documents import holds, whole_number
from syncd.catalog.from_http.links import next_link
from syncd.catalog.from_http.request import JsonValue

_DEEPEST: Final = 4
_ASIDE: Final = frozenset({"facets", "aggregations", "aggs", "filters"})
"""Tables beside the records that count other things."""

# Names as `_plain` writes them: in small letters, without what keeps their words apart.
_FLAGS: Final = frozenset(
    {
        "hasmore",
        "hasnext",
        "hasnextpage",
        "next",
        "nextpage",
        "nextpageurl",
        "nexturl",
        "nextcursor",
        "nexttoken",
        "nextpagetoken",
        "nextlink",
        "@odata.nextlink",
    }
)
_PAGES: Final = frozenset({"totalpages", "pagecount", "lastpage"})
_TOTALS: Final = frozenset(
    {
        "total",
        "count",
        "totalcount",
        "totalitems",
        "totalrecords",
        "totalresults",
        "totalelements",
        "@odata.count",
    }
)
_LOSSES: Final = frozenset({"truncated", "istruncated", "partial", "ispartial"})
_HEADERS_OF_PAGES: Final = ("x-total-pages", "x-wp-totalpages")
_HEADERS_OF_TOTALS: Final = ("x-total-count", "x-wp-total")


def sign_of_more(answer: Answer, document: JsonValue) -> str:
    """Name a sign that another page is promised; empty for none."""
    if next_link(answer.headers.get("link")):
        return "a Link header with a next page"
    return next(_flags_in(document), "")


def sign_of_pages(answer: Answer, document: JsonValue, page: int = 1) -> str:
    """Name a sign that there are more pages than so many; empty for none."""
    headers = ((name, answer.headers.get(name)) for name in _HEADERS_OF_PAGES)
    fields = ((name, value) for name, value in _fields_in(document) if _plain(name) in _PAGES)
    return _above(page, "header", headers) or _above(page, "field", fields)


def sign_of_records(answer: Answer, document: JsonValue, records: int) -> str:
    """Name a sign that there are more records than so many; empty for none."""
    headers = ((name, answer.headers.get(name)) for name in _HEADERS_OF_TOTALS)
    fields = ((name, value) for name, value in _fields_in(document) if _plain(name) in _TOTALS)
    return _above(records, "header", headers) or _above(records, "field", fields)


def sign_of_loss(document: JsonValue) -> str:
    """Name a sign at the top of an answer that something was left out of it; empty for none."""
    if not isinstance(document, dict):
        return ""
    found = (f'"{name}"' for name, value in document.items() if _tells_loss(name, value))
    return next(found, "")


def says_more(value: JsonValue) -> bool:
    """Whether a table within a record says that its list goes on."""
    return next(_flags_in(value), "") != ""


def _flags_in(value: JsonValue) -> Iterator[str]:
    for name, inner in _fields_in(value):
        if _plain(name) in _FLAGS and holds(inner):
            yield f'the field "{name}"'


def _fields_in(value: JsonValue, deep: int = 0) -> Iterator[tuple[str, JsonValue]]:
    """Give the fields of the tables around the records, and never look into lists."""
    if not isinstance(value, dict) or deep > _DEEPEST:
        return
    for name, inner in value.items():
        yield name, inner
        if _plain(name) not in _ASIDE:
            yield from _fields_in(inner, deep + 1)


def _above(most: int, what: str, found: Iterator[tuple[str, JsonValue]]) -> str:
    for name, value in found:
        number = whole_number(value)
        if number is not None and number > most:
            return f'the {what} "{name}" of {number:,}'
    return ""


def _tells_loss(name: str, value: JsonValue) -> bool:
    if _plain(name) == "errors":
        return isinstance(value, list | dict) and holds(value)
    return _plain(name) in _LOSSES and value is True


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")
