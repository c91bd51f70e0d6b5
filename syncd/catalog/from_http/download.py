"""One body that is the whole list: saved, looked at and spooled, or tried again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from typing import Final, assert_never

from syncd.catalog.files import chunks
from syncd.catalog.from_http.answer import Answer
from syncd.catalog.from_http.documents import compiled
from syncd.catalog.from_http.export import (
    Kind,
    array_rows,
    count_records,
    kind_of,
    line_rows,
    look_at,
    with_commas,
)
from syncd.catalog.from_http.identity import identity_shown
from syncd.catalog.from_http.line import Line
from syncd.catalog.from_http.pages import Documents, Total, records_in
from syncd.catalog.from_http.part import Part
from syncd.catalog.from_http.request import JsonValue, Request
from syncd.catalog.from_http.rows import Rows
from syncd.catalog.from_http.signs import (
    sign_of_loss,
    sign_of_more,
    sign_of_pages,
    sign_of_records,
)
from syncd.catalog.from_http.tally import Tally
from syncd.catalog.spool import write
from syncd.catalog.watching import counted_singly, moving
from syncd.config import HttpKeys
from syncd.domain.counting import counted
from syncd.errors import CatalogError

_ITSELF: Final = "@"


class Download:
    """Loads documents that have no pages."""

    def __init__(self, settings: HttpKeys, line: Line) -> None:
        self._settings = settings
        self._line = line
        self._documents = Documents(settings, line)
        self._records = compiled(settings.records)
        self._total = Total(settings.total)

    def load(self, request: Request, stem: Path, place: str) -> Part:
        """Spool one document; whatever is found to be cut or no export at all is asked for again.

        `stem` is where the spool goes, without its ending.
        """
        return self._line.ask(request, lambda answer: self._spooled(answer, stem, place))

    def load_unless(self, request: Request, stem: Path, shown: str) -> Part | None:
        """Spool one document; None where it still shows this identity."""

        def judge(answer: Answer) -> Part | None:
            untouched = answer.status == HTTPStatus.NOT_MODIFIED
            return None if untouched else self._spooled(answer, stem, "")

        asked = replace(request, unless=shown)
        return self._line.ask(asked, judge, {HTTPStatus.NOT_MODIFIED} if shown else ())

    def _spooled(self, answer: Answer, stem: Path, place: str) -> Part:
        kind = kind_of(answer, self._settings)
        look_at(answer, kind)
        ending = ".csv" if kind is Kind.CSV else ".jsonl"
        rows, tally = Rows(self._settings), Tally(place)
        spool = stem.with_suffix(ending)
        spool.unlink(missing_ok=True)
        pieces = self._ended(self._pieces(answer, kind, rows, tally))
        told = moving if kind is Kind.CSV else counted_singly
        write(spool, told(pieces, self._line.advance))
        if kind is not Kind.JSON:
            self._judge_length(answer, tally)
        return Part(spool, rows, tally, identity_shown(answer))

    def _pieces(self, answer: Answer, kind: Kind, rows: Rows, tally: Tally) -> Iterator[bytes]:
        match kind:
            case Kind.JSON:
                yield from self._json(answer, rows, tally)
            case Kind.JSONL:
                self._total.declare(answer, None, tally)
                yield from line_rows(answer.body, rows, tally, self._trailers)
                self._judge_end(answer, None, tally)
            case Kind.CSV:
                yield from self._csv(answer, rows, tally)
            case _:
                assert_never(kind)

    def _json(self, answer: Answer, rows: Rows, tally: Tally) -> Iterator[bytes]:
        if self._is_array(answer):
            self._total.declare(answer, None, tally)
            yield from array_rows(answer.body, rows, tally)
            self._judge_end(answer, None, tally)
        else:
            document = self._documents.of(answer)
            self._total.declare(answer, document, tally)
            records = records_in(document, self._records)
            yield from (line for record in records for line in rows.of(record))
            tally.add(len(records), ())
            tally.speak_for("its JSON is closed")
            self._judge_end(answer, document, tally)

    def _judge_end(self, answer: Answer, document: JsonValue, tally: Tally) -> None:
        """Doubt that this is all where the answer itself speaks against it.

        A total that the configuration names is compared, and no other number is asked.
        """
        sign = sign_of_more(answer, document) or sign_of_pages(answer, document)
        total = sign_of_records(answer, document, tally.records) if tally.total is None else ""
        loss = sign_of_loss(document)
        if sign:
            tally.doubt(f"the answer has {sign}, as if more pages followed; set catalog.paging")
        elif total:
            tally.doubt(
                f"the answer has {total}, but {counted(tally.records, 'record')} came;"
                " set catalog.paging, or catalog.total to where the number of records stands"
            )
        if loss:
            tally.doubt(f"the answer has {loss} beside its records, so some may be left out")

    def _is_array(self, answer: Answer) -> bool:
        """Whether the records are all there is, so that they can be taken one by one."""
        return self._settings.records == _ITSELF and answer.start.startswith(b"[")

    def _csv(self, answer: Answer, rows: Rows, tally: Tally) -> Iterator[bytes]:
        if not rows.changes_nothing or self._settings.records != _ITSELF:
            raise CatalogError(
                self._settings.label,
                "it is a CSV, in which nothing is nested",
                "Leave records, nested, carry, fields and only out of [catalog]",
            )
        delimiter = self._settings.delimiter
        if self._settings.total is not None:
            self._total.declare(answer, None, tally)
            tally.add(count_records(answer.body, delimiter) - self._trailers, ())
        yield from chunks(answer.body) if delimiter == "," else with_commas(answer.body, delimiter)

    @property
    def _trailers(self) -> int:
        """How many lines at the end are no records."""
        return 0 if self._settings.trailer is None else 1

    def _judge_length(self, answer: Answer, tally: Tally) -> None:
        """Doubt what might have been cut between two lines without a trace."""
        if answer.framed:
            tally.speak_for("HTTP announced how long it is, and all of it came")
        elif tally.total is None and not self._trailers:
            tally.doubt("the server did not announce how long it is, so a cut would not show")

    def _ended(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """Add the line end that this source is known to leave out."""
        last = b""
        for piece in pieces:
            last = piece[-1:] or last
            yield piece
        if self._settings.final_newline == "optional" and last not in {b"", b"\n"}:
            yield b"\n"
