"""What usually shows in an answer that more pages follow, whatever a configuration says of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from syncd.catalog.from_http.answer import Answer
from syncd.catalog.from_http.documents import holds, whole_number
from syncd.catalog.from_http.links import next_link
from syncd.catalog.from_http.request import JsonValue

_DEEPEST: Final = 4
_FLAGS: Final = frozenset(
    {
        "has_more",
        "hasmore",
        "hasnextpage",
        "has_next_page",
        "next",
        "next_page",
        "nextpage",
        "next_cursor",
        "nextcursor",
        "nextpagetoken",
        "next_page_token",
        "nextlink",
        "@odata.nextlink",
    }
)
_COUNTS: Final = frozenset({"total_pages", "totalpages", "page_count", "pagecount"})


def sign_of_more(answer: Answer, document: JsonValue) -> str:
    """Name a sign that more follows a page; empty for none."""
    if next_link(answer.headers.get("link")):
        return "a Link header with a next page"
    flags = (
        f'the field "{name}"' for name, value in _fields_in(document) if _is_raised(name, value)
    )
    return next(flags, "")


def sign_of_pages(answer: Answer, document: JsonValue) -> str:
    """Name a sign that a document is but one page of several; empty for none."""
    counts = (f'"{name}" above 1' for name, value in _fields_in(document) if _is_many(name, value))
    return sign_of_more(answer, document) or next(counts, "")


def _fields_in(value: JsonValue, deep: int = 0) -> Iterator[tuple[str, JsonValue]]:
    """Give the fields of the tables around the records, and never look into lists."""
    if not isinstance(value, dict) or deep > _DEEPEST:
        return
    for name, inner in value.items():
        yield name, inner
        yield from _fields_in(inner, deep + 1)


def _is_raised(name: str, value: JsonValue) -> bool:
    return name.lower() in _FLAGS and holds(value)


def _is_many(name: str, value: JsonValue) -> bool:
    return name.lower() in _COUNTS and (whole_number(value) or 0) > 1
