"""The catalog behind an address: fetched whole, by pages or by a job, or its changes alone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from syncd.catalog.fetching import Fetched
from syncd.catalog.from_http.bulk import Bulk
from syncd.catalog.from_http.download import Download
from syncd.catalog.from_http.identity import REFUSALS, identity_shown
from syncd.catalog.from_http.line import Line, Manners
from syncd.catalog.from_http.pages import Pages
from syncd.catalog.from_http.part import Part
from syncd.catalog.from_http.request import Request, first_requests
from syncd.catalog.from_http.rows import Rows
from syncd.catalog.from_http.standing import moved
from syncd.catalog.from_http.tally import Tally
from syncd.catalog.from_http.timing import Pace, Time
from syncd.catalog.from_http.tokens import credentials_for
from syncd.catalog.from_http.transport import Transport
from syncd.catalog.from_http.watermark import changes_since, is_watermark, watermark_of
from syncd.catalog.room import private_folder
from syncd.catalog.second_look import SecondLook
from syncd.catalog.spool import write
from syncd.catalog.watching import counted_singly
from syncd.config import HttpKeys
from syncd.domain.counting import counted
from syncd.domain.snapshot import Scope
from syncd.errors import SuspectCatalogError
from syncd.ports import Advance, unseen


class HttpFetcher:
    """A catalog behind an address; see `Fetcher` for what its calls promise."""

    def __init__(self, settings: HttpKeys, version: str, time: Time | None = None) -> None:
        """Take the version of syncd, which the source is told."""
        self._settings = settings
        self._version = version
        self._time = time or Time()
        self._manners = Manners(
            Pace(settings.requests_per_second, self._time), self._time, settings.wait_header
        )

    @property
    def name(self) -> str:
        return self._settings.label

    def identity(self, advance: Advance = unseen) -> str:
        """Look by HEAD where the catalog is one document; pages show nothing of themselves."""
        if not self.is_conditional:
            return ""
        (request,) = first_requests(self._settings)
        look = Request("HEAD", request.url, request.params, request.headers)
        with self._line(advance) as line:
            return line.ask(look, identity_shown, REFUSALS)

    @property
    def is_conditional(self) -> bool:
        """Only a single document: what the first page shows says nothing of the others."""
        alone = len(self._settings.path) == 1 and self._settings.method == "GET"
        return self._is_one_document and alone

    def fetch_unless(self, shown: str, folder: Path, advance: Advance = unseen) -> Fetched | None:
        began = self._time.now()
        (request,) = first_requests(self._settings)
        with self._line(advance) as line:
            part = self._download(line).load_unless(request, folder / "records-0", shown)
        if part is None:
            return None
        return self._fetched(Scope.WHOLE, [part], min(began, line.began or began))

    def meaning(self) -> str:
        parts = [self._settings.place(), self._settings.dialect()]
        text = json.dumps(parts, sort_keys=True, ensure_ascii=False)
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()

    def fetch(self, folder: Path, since: str | None, advance: Advance = unseen) -> Fetched:
        began = self._time.now()
        changes = self._settings.updated_since
        with self._line(advance) as line:
            if since is not None and changes.is_possible and is_watermark(since):
                requests = [
                    changes_since(request, since, changes)
                    for request in first_requests(self._settings)
                ]
                scope, parts = Scope.CHANGES, self._lists(line, requests, folder)
            else:
                scope, parts = Scope.WHOLE, self._whole(line, folder)
        return self._fetched(scope, parts, min(began, line.began or began))

    # ------------------------------------------------------------------------------ the ways

    @property
    def _is_one_document(self) -> bool:
        return self._settings.paging.type == "none" and self._settings.bulk is None

    def _whole(self, line: Line, folder: Path) -> list[Part]:
        if self._settings.bulk is None:
            return self._lists(line, first_requests(self._settings), folder)
        bulk = Bulk(self._settings, self._settings.bulk, line, self._time)
        rows, tally = Rows(self._settings), Tally()
        lines = counted_singly(bulk.lines(rows, tally), line.advance)
        return [_spooled(folder / "records.jsonl", lines, rows, tally)]

    def _lists(self, line: Line, requests: Sequence[Request], folder: Path) -> list[Part]:
        """Read each list to its end, one after the other."""
        alone = len(requests) == 1
        return [
            self._list(line, request, folder / f"records-{number}", "" if alone else path)
            for number, (request, path) in enumerate(
                zip(requests, self._settings.path, strict=True)
            )
        ]

    def _list(self, line: Line, request: Request, stem: Path, place: str) -> Part:
        if self._settings.paging.type == "none":
            return self._download(line).load(request, stem, place)
        rows, tally = Rows(self._settings), Tally(place)
        lines = Pages(self._settings, line, rows).lines(request, tally)
        return _spooled(stem.with_suffix(".jsonl"), lines, rows, tally)

    def _download(self, line: Line) -> Download:
        return Download(self._settings, line)

    def _fetched(self, scope: Scope, parts: Sequence[Part], began: datetime) -> Fetched:
        if scope is Scope.WHOLE and all(part.is_empty for part in parts):
            vanished = next((doubt for part in parts for doubt in part.doubts_of_all()), None)
            raise self._nothing(sum(part.tally.records for part in parts), vanished)
        changes = self._settings.updated_since
        return Fetched(
            files=tuple(part.spool for part in parts if not part.is_empty),
            scope=scope,
            doubts=tuple(_doubts(parts, scope)),
            evidence=tuple(sentence for part in parts for sentence in part.evidence()),
            watermark=watermark_of(began, changes.overlap) if changes.is_possible else None,
            identity=parts[0].identity if len(parts) == 1 and scope is Scope.WHOLE else "",
            in_pages=sum(part.tally.pages for part in parts) > 1,
            second_look=self._second_look(parts) if scope is Scope.WHOLE else None,
            trailer=self._trailer,
            left_out=tuple(sentence for part in parts for sentence in part.left_out()),
            pages=tuple(run for part in parts for run in part.tally.runs()),
        )

    @property
    def _trailer(self) -> str | None:
        """The form of the last line as it stands in a spool, where commas separate."""
        form = self._settings.trailer
        return None if form is None else form.replace(self._settings.delimiter, ",")

    def _second_look(self, parts: Sequence[Part]) -> SecondLook | None:
        """Ask for lists once more whose pages may move; other ways of reading do not know any."""
        paging = self._settings.paging
        if paging.type == "none" or paging.keyset or self._settings.bulk is not None:
            return None
        tallies = [part.tally for part in parts]
        return SecondLook(lambda advance: self._moved(tallies, advance))

    def _moved(self, tallies: Sequence[Tally], advance: Advance) -> Iterator[str]:
        requests = first_requests(self._settings)
        with self._line(advance) as line:
            for request, first in zip(requests, tallies, strict=True):
                pages = Pages(self._settings, line, Rows(self._settings))
                yield from moved(pages, request, first)

    def _nothing(self, records: int, why: str | None = None) -> SuspectCatalogError:
        found = (
            f"none of its {counted(records, 'record')} is a row" if records else "it has no records"
        )
        found = f"{found}, and {why}" if why else found
        return SuspectCatalogError(
            self.name,
            found,
            "Look whether the source is whole, and check catalog.records, nested, only and params",
        )

    # ------------------------------------------------------------------------------- the line

    @contextmanager
    def _line(self, advance: Advance = unseen) -> Iterator[Line]:
        """Open connections for one read, and a folder for the bodies that come over them."""
        transport = self._transport(advance)
        with private_folder() as room:
            try:
                credentials = credentials_for(
                    self._settings.auth,
                    lambda client: Line(transport, client, self._manners, room / "token"),
                    self._time.ticks,
                )
                yield Line(transport, credentials, self._manners, room / "body")
            finally:
                transport.close()

    def _transport(self, advance: Advance) -> Transport:
        seconds = self._settings.timeout.total_seconds()
        return Transport(seconds, self._version, self._time.ticks, advance)


def _doubts(parts: Sequence[Part], scope: Scope) -> Iterator[str]:
    for part in parts:
        yield from part.doubts()
        if scope is Scope.WHOLE:
            yield from part.doubts_of_all()


def _spooled(spool: Path, lines: Iterator[bytes], rows: Rows, tally: Tally) -> Part:
    write(spool, lines)
    return Part(spool, rows, tally)
