"""Some rows of a catalog behind an address, for who only wants to see what they are like."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path

from syncd.catalog.fetching import Fetched
from syncd.catalog.from_http.fetcher import HttpFetcher
from syncd.catalog.from_http.line import Line
from syncd.catalog.from_http.pages import Pages
from syncd.catalog.from_http.request import first_requests
from syncd.catalog.from_http.rows import Rows
from syncd.catalog.from_http.tally import Tally
from syncd.catalog.spool import write
from syncd.config import HttpKeys
from syncd.domain.snapshot import Scope
from syncd.ports import Advance, unseen


class HttpGlance(HttpFetcher):
    """Reads no page more than it takes, and has no export prepared where there are pages as well.

    What has no pages is downloaded whole. It never is a complete read.
    """

    def __init__(self, settings: HttpKeys, version: str, most: int) -> None:
        super().__init__(settings, version)
        self._most = most

    def fetch(self, folder: Path, since: str | None, advance: Advance = unseen) -> Fetched:
        if self._settings.paging.type == "none":
            return super().fetch(folder, since, advance)
        spool = folder / "records.jsonl"
        with self._line(advance) as line:
            write(spool, islice(self._rows(line), self._most))
        if not spool.stat().st_size:
            raise self._nothing(0)
        return Fetched((spool,), Scope.WHOLE, (f"only {self._most:,} rows were looked at",))

    def _rows(self, line: Line) -> Iterator[bytes]:
        """Give the rows of one list after the other; no page is asked for before it is needed."""
        pages = Pages(self._settings, line, Rows(self._settings))
        lists = (pages.lines(request, Tally()) for request in first_requests(self._settings))
        return chain.from_iterable(lists)
