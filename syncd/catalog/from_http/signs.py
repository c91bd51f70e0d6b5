"""What usually shows in an answer that has more pages, for a catalog that names no paging."""

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
    """Name a sign that more pages follow; empty for none."""
    if next_link(answer.headers.get("link")):
        return "a Link header with a next page"
    return next(_signs_in(document), "")


def _signs_in(value: JsonValue, deep: int = 0) -> Iterator[str]:
    """Look at the tables around the records, and never into lists."""
    if not isinstance(value, dict) or deep > _DEEPEST:
        return
    for name, inner in value.items():
        word = name.lower()
        if word in _FLAGS and holds(inner):
            yield f'the field "{name}"'
        if word in _COUNTS and (whole_number(inner) or 0) > 1:
            yield f'"{name}" above 1'
        yield from _signs_in(inner, deep + 1)
