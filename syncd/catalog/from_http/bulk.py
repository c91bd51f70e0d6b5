"""Has an API prepare its whole export: start the job, wait for it, and download what it made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import structlog

from syncd.catalog.from_http.answer import Answer
from syncd.catalog.from_http.documents import compiled, holds, parse, search, whole_number
from syncd.catalog.from_http.export import line_rows, lines_of
from syncd.catalog.from_http.line import Line
from syncd.catalog.from_http.pages import Documents
from syncd.catalog.from_http.refusals import phrase
from syncd.catalog.from_http.request import (
    JsonValue,
    Request,
    as_json,
    filled,
    is_address,
    joined,
    shown,
)
from syncd.catalog.from_http.rows import Columns, Rows
from syncd.catalog.from_http.setback import Setback
from syncd.catalog.from_http.tally import Tally
from syncd.catalog.from_http.timing import Time
from syncd.config import HttpKeys
from syncd.config.addresses import is_private_way
from syncd.config.http_sections import JOB, BulkKeys
from syncd.errors import CatalogError

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Done:
    """What a job made: where it is, empty for nothing, and how many records it says that it has."""

    url: str
    count: int | None


class Bulk:
    """One job, from its start to its last line."""

    def __init__(self, settings: HttpKeys, bulk: BulkKeys, line: Line, time: Time) -> None:
        self._settings = settings
        self._bulk = bulk
        self._line = line
        self._time = time
        self._documents = Documents(settings, line)

    def lines(self, rows: Rows, tally: Tally) -> Iterator[bytes]:
        """Give the rows of what the job made, and tally what speaks for and against them."""
        done = self._waited_for(self._start())
        if done.count is not None:
            tally.declare(done.count)
        if not done.url:
            tally.add(0, ())
            return
        body = self._line.ask(_download(done.url), _whole).body
        if self._bulk.parent is None:
            yield from line_rows(body, rows, tally)
        else:
            yield from _Family(self._bulk, self._bulk.parent, rows, tally).lines(lines_of(body))
        tally.speak_for("the job that prepared it says that it is done")

    def _start(self) -> str:
        job, refused = self._bulk.job, self._bulk.refused
        request = self._request(self._bulk.start_path, as_json(self._bulk.start))
        document = self._line.ask(request, self._documents.of)
        said = search(compiled(refused), document) if refused else None
        if holds(said):
            raise CatalogError(
                str(request),
                f"it starts no export: {self._line.hide(phrase(said))}",
                "Run again later, where another export is under way; else check the credentials",
            )
        found = search(compiled(job), document)
        if not isinstance(found, str | int) or found == "":
            raise CatalogError(
                str(request),
                "its answer names no job, so no export was started",
                "Check catalog.bulk.job and catalog.bulk.start",
            )
        _log.info("catalog.job_started", request=str(request))
        return str(found)

    def _waited_for(self, job: str) -> Done:
        request = self._poll(job)
        until = self._time.ticks() + self._bulk.patience.total_seconds()
        while True:
            document = self._line.ask(request, self._documents.of)
            if self._says(self._bulk.failed, document):
                raise CatalogError(
                    str(request),
                    "the export was begun, and failed there",
                    "Run again later; if it goes on failing, ask whoever runs the source",
                )
            if self._says(self._bulk.done, document):
                return self._done(request, document)
            if self._time.ticks() >= until:
                raise CatalogError(
                    str(request),
                    f"the export is not done after {self._bulk.patience}",
                    "Run again later, or raise catalog.bulk.patience",
                )
            self._time.sleep(self._bulk.every.total_seconds())

    def _done(self, request: Request, document: JsonValue) -> Done:
        url = search(compiled(self._bulk.result), document)
        found = search(compiled(self._bulk.count), document) if self._bulk.count else None
        count = whole_number(found)
        if isinstance(url, str) and url:
            return Done(url, count)
        if count == 0:
            return Done("", count)
        raise CatalogError(
            str(request),
            "the export is done, but its answer does not say where it is",
            "Check catalog.bulk.result",
        )

    def _poll(self, job: str) -> Request:
        body = as_json(self._bulk.poll)
        request = self._request(self._bulk.poll_path, filled(body, JOB, job) if body else None)
        return Request(
            request.method, request.url.replace(JOB, job), (), request.headers, request.body
        )

    def _request(self, path: str | None, body: JsonValue) -> Request:
        url = joined(self._settings.url, self._settings.path[0] if path is None else path)
        method = "GET" if body is None else "POST"
        return Request(method, url, headers=dict(self._settings.headers), body=body)

    def _says(self, expression: str, document: JsonValue) -> bool:
        return holds(search(compiled(expression), document))


def _download(url: str) -> Request:
    """Ask without credentials: what the address itself allows is enough, and its host another."""
    if not is_address(url):
        raise CatalogError(
            "the export",
            "it is offered at something that is no address",
            "Run again later; if it stays so, check catalog.bulk.result",
        )
    if not url.startswith(("https://", "http://")) or not is_private_way(url):
        raise CatalogError(
            shown(url),
            "the export is offered there without encryption",
            "Check catalog.bulk.result",
        )
    return Request("GET", url, bare=True)


def _whole(answer: Answer) -> Answer:
    if answer.is_web_page:
        raise Setback("it answers with a web page where the export should be")
    return answer


class _Family:
    """Lines of which some belong to others that came before."""

    def __init__(self, bulk: BulkKeys, parent: str, rows: Rows, tally: Tally) -> None:
        self._key = bulk.key
        self._parent = parent
        self._rows = rows
        self._tally = tally
        self._carried: dict[str, Columns] = {}

    def lines(self, lines: Iterator[bytes]) -> Iterator[bytes]:
        records = orphans = 0
        for line in lines:
            records += 1
            found = self._of(line)
            orphans += found is None
            yield from found or ()
        self._tally.add(records, ())
        if orphans:
            self._tally.doubt(f"{orphans:,} of its lines belong to others that did not come before")

    def _of(self, line: bytes) -> Iterator[bytes] | None:
        """Give the rows of a line: none of a parent's; None where its parent is not known."""
        try:
            record = parse(line)
        except Setback:
            return iter((line,))
        if not isinstance(record, dict) or self._parent not in record:
            self._remember(record)
            return iter(())
        carried = self._carried.get(str(record[self._parent]))
        return None if carried is None else self._rows.of_child(record, carried)

    def _remember(self, record: JsonValue) -> None:
        if isinstance(record, dict) and self._key in record:
            self._carried[str(record[self._key])] = self._rows.carried(record)
