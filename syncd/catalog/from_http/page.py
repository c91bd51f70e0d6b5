"""One page of a list, and what it says against the list's ending where it seems to."""

from __future__ import annotations

from dataclasses import dataclass

from syncd.catalog.from_http.answer import Answer
from syncd.catalog.from_http.request import JsonValue
from syncd.catalog.from_http.signs import sign_of_more, sign_of_pages, sign_of_records
from syncd.catalog.from_http.tally import Tally


@dataclass(frozen=True, slots=True)
class Page:
    """One answer, parsed; `number` counts from 1."""

    number: int
    answer: Answer
    document: JsonValue
    records: list[JsonValue]


def look_for_gap(page: Page, tally: Tally) -> None:
    """Doubt a page that was shorter than others and not the last; a total would tell better."""
    if not page.records or page.number == 1 or tally.total is not None:
        return
    before = tally.counts[-2]
    if before < tally.longest:
        tally.doubt(
            f"page {page.number - 1:,} has {before:,} records, fewer than others,"
            " though more follow"
        )


def sign_of_numbers(page: Page, number: int, tally: Tally) -> str:
    """Name a sign in a page that there are more pages than so many, or records than came."""
    return sign_of_pages(page.answer, page.document, number) or sign_of_records(
        page.answer, page.document, tally.records
    )


def denies_to_be_all(page: Page, tally: Tally) -> bool:
    """Doubt a total that counts the first page alone, while that page says that more follow.

    Later on a total that was met is believed: a server that does not look ahead may promise a page.
    """
    if page.number != 1 or tally.total != tally.records:
        return False
    sign = sign_of_more(page.answer, page.document) or sign_of_pages(page.answer, page.document)
    if sign:
        tally.doubt(
            f"as many records are declared as the first page has, but it has {sign}: catalog.total"
            " may count the records of one page"
        )
    return bool(sign)
