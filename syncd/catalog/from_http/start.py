"""The start of a document, for who wants some of its rows and not the rest of a long download."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from syncd.catalog.files import chunks
from syncd.catalog.from_http.answer import Answer
from syncd.catalog.from_http.download import Download
from syncd.catalog.from_http.elements import elements
from syncd.catalog.from_http.export import Kind, kind_of, look_at
from syncd.catalog.from_http.part import Part
from syncd.catalog.from_http.rows import Rows
from syncd.catalog.from_http.setback import Setback
from syncd.catalog.from_http.tally import Tally
from syncd.catalog.spool import write

ENOUGH: Final = 1 << 20
"""In bytes as they come: thousands of rows, and no more than a moment's download."""
_ONLY: Final = "only the start of it was looked at"


class NoRowsInStartError(Exception):
    """A document shows no row before its end."""


class Start(Download):
    """Loads documents, of which a transport may have brought the start alone."""

    def _spooled(self, answer: Answer, stem: Path, place: str) -> Part:
        if not answer.is_cut:
            return super()._spooled(answer, stem, place)
        kind = kind_of(answer, self._settings)
        look_at(answer, kind)
        rows, tally = Rows(self._settings), Tally(place)
        spool = stem.with_suffix(".csv" if kind is Kind.CSV else ".jsonl")
        spool.unlink(missing_ok=True)
        write(spool, self._whole_ones(answer, kind, rows, tally))
        if not spool.stat().st_size:
            raise NoRowsInStartError
        tally.doubt(_ONLY)
        return Part(spool, rows, tally)

    def _whole_ones(self, answer: Answer, kind: Kind, rows: Rows, tally: Tally) -> Iterator[bytes]:
        """Give the rows that are there as a whole."""
        if kind is Kind.JSON:
            return self._elements(answer, rows)
        quotes = b'"' if kind is Kind.CSV else b""
        answer.body.write_bytes(whole_records(answer.body.read_bytes(), quotes))
        return self._pieces(answer, kind, rows, tally)

    def _elements(self, answer: Answer, rows: Rows) -> Iterator[bytes]:
        if not self._is_array(answer):
            raise NoRowsInStartError
        with suppress(Setback):
            for record in elements(chunks(answer.body)):
                yield from rows.of(record)


def whole_records(text: bytes, quote: bytes) -> bytes:
    """Cut behind the last line end that stands outside of quotes; without a quote, any will do."""
    end = text.rfind(b"\n")
    open_quotes = text.count(quote, 0, end + 1) if quote else 0
    while open_quotes % 2 and end >= 0:
        before = text.rfind(b"\n", 0, end)
        open_quotes -= text.count(quote, before + 1, end + 1)
        end = before
    return text[: end + 1]
