"""Whether the pages of a list still stand as they were read: nothing may have slipped by."""

from __future__ import annotations

from collections.abc import Iterator

from syncd.catalog.from_http.pages import Pages
from syncd.catalog.from_http.request import Request
from syncd.catalog.from_http.tally import Tally


def moved(pages: Pages, request: Request, first: Tally) -> Iterator[str]:
    """Ask for all pages of a list once more; give a doubt where they have other ids than before.

    A row that moves up from a page to come onto one that was read already comes on neither, and no
    number of records tells where another one came meanwhile. Twice the same, nothing has moved.
    """
    again = Tally()
    for _ in pages.lines(request, again):
        if again.sights[-1:] != first.sights[again.pages - 1 : again.pages]:
            break
    if [*again.sights] != [*first.sights]:
        yield first.said(
            f"page {_first_other(first, again):,} had other ids when it was asked for again, so"
            " rows have moved while they were read, and others may have been left out for it"
        )


def _first_other(first: Tally, again: Tally) -> int:
    pairs = zip(first.sights, again.sights, strict=False)
    alike = (one == other for one, other in pairs)
    return 1 + next(
        (number for number, same in enumerate(alike) if not same), min(first.pages, again.pages)
    )
