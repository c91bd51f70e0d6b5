"""Some rows of a catalog behind an address, for who only wants to see what they are like."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path

from syncd.catalog.fetching import Fetched
from syncd.catalog.from_http.download import Download
from syncd.catalog.from_http.fetcher import HttpFetcher
from syncd.catalog.from_http.line import Line
from syncd.catalog.from_http.pages import Pages
from syncd.catalog.from_http.request import first_requests
from syncd.catalog.from_http.rows import Rows
from syncd.catalog.from_http.start import ENOUGH, NoRowsInStartError, Start
from syncd.catalog.from_http.tally import Tally
from syncd.catalog.from_http.transport import Transport
from syncd.catalog.spool import write
from syncd.config import HttpKeys
from syncd.domain.snapshot import Scope
from syncd.ports import Advance, unseen


class HttpGlance(HttpFetcher):
    """Reads no page more than it takes, and has no export prepared where there are pages as well.

    Of a document that has no pages it takes the start, unless no row shows before the end, as where
    a list stands within an object. It never is a complete read.
    """

    def __init__(self, settings: HttpKeys, version: str, most: int) -> None:
        super().__init__(settings, version)
        self._most = most
        self._to_the_end = HttpFetcher(settings, version)

    def fetch(
        self,
        folder: Path,
        since: str | None,  # noqa: ARG002 - any rows will do
        advance: Advance = unseen,
    ) -> Fetched:
        if self._settings.paging.type != "none":
            return self._pages(folder, advance)
        fetched = self._documents(folder, advance)
        return replace(fetched, doubts=(*fetched.doubts, self._doubt), watermark=None, identity="")

    def _documents(self, folder: Path, advance: Advance) -> Fetched:
        if not self._is_one_document:
            return self._to_the_end.fetch(folder, None, advance)
        try:
            return super().fetch(folder, None, advance)
        except NoRowsInStartError:
            return self._to_the_end.fetch(folder, None, advance)

    def _pages(self, folder: Path, advance: Advance) -> Fetched:
        spool = folder / "records.jsonl"
        with self._line(advance) as line:
            write(spool, islice(self._rows(line), self._most))
        if not spool.stat().st_size:
            raise self._nothing(0)
        return Fetched((spool,), Scope.WHOLE, (self._doubt,))

    @property
    def _doubt(self) -> str:
        return f"only {self._most:,} rows were looked at"

    def _download(self, line: Line) -> Download:
        return Start(self._settings, line)

    def _transport(self, advance: Advance) -> Transport:
        if not self._is_one_document:
            return super()._transport(advance)
        seconds = self._settings.timeout.total_seconds()
        return Transport(seconds, self._version, self._time.ticks, advance, ENOUGH)

    def _rows(self, line: Line) -> Iterator[bytes]:
        """Give the rows of one list after the other; no page is asked for before it is needed."""
        pages = Pages(self._settings, line, Rows(self._settings))
        lists = (pages.lines(request, Tally()) for request in first_requests(self._settings))
        return chain.from_iterable(lists)
