"""What came, page by page: counted, compared with what was declared, and told as evidence."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final

from syncd.domain.counting import counted
from syncd.domain.snapshot import PageRun

_MOST_RUNS: Final = 8
_MOST_STALE: Final = 3
"""So many pages one after the other with nothing but the ids of earlier pages are no list."""


class Tally:
    """Counts one list of pages; `place` is put before each sentence, empty for the only list."""

    def __init__(self, place: str = "") -> None:
        self._list = place
        self._place = f"{place}: " if place else ""
        self._counts: list[int] = []
        self._totals: list[int | None] = []
        self._digests: dict[bytes, int] = {}
        self._last: frozenset[bytes] = frozenset()
        self._doubts: list[str] = []
        self._evidence: list[str] = []
        self._repeats = 0
        self._stale = 0
        self._marks: dict[bytes, int] = {}
        self._sights: list[bytes] = []
        self._passed_over: set[bytes] = set()
        self._passing: list[bytes] = []
        self._met_again = 0

    @property
    def records(self) -> int:
        """How many records came so far."""
        return sum(self._counts)

    @property
    def pages(self) -> int:
        """How many pages came so far."""
        return len(self._counts)

    @property
    def longest(self) -> int:
        """The most records that a page had."""
        return max(self._counts, default=0)

    @property
    def counts(self) -> Sequence[int]:
        """How many records each page had."""
        return self._counts

    @property
    def total(self) -> int | None:
        """How many records were declared last."""
        return self._totals[-1] if self._totals else None

    def declare(self, total: int | None) -> None:
        """Take what a page says of how many records there are in all."""
        self._totals.append(total)

    @property
    def sights(self) -> Sequence[bytes]:
        """What each page was seen to have: how many records, and which ids."""
        return self._sights

    def add(self, records: int, lines: Sequence[bytes], marks: Sequence[bytes] = ()) -> list[bytes]:
        """Take one page; give its lines without those that the page before had as well.

        `marks` tell its rows from others, as ids do; without any, all that they are do. A page that
        came before gives none.
        """
        self._counts.append(records)
        of_rows, passed = set(marks or lines), self._passing
        self._sights.append(_digest(sorted(of_rows)) + records.to_bytes(4))
        self._passing = []
        digest = _digest(lines)
        before = self._digests.setdefault(digest, self.pages) if lines else self.pages
        if before != self.pages:
            self._repeats += 1
            self.doubt(f"page {self.pages:,} is the same as page {before:,}")
            return []
        if of_rows or passed:
            self._look_for_stale_ids(_digest(sorted({*of_rows, *passed})))
        fresh = [line for line in lines if line not in self._last]
        if len(fresh) < len(lines):
            self.doubt(f"page {self.pages:,} begins with rows of the page before: the list moved")
        self._last = frozenset(lines)
        return fresh

    def _look_for_stale_ids(self, mark: bytes) -> None:
        """Doubt a page that has the ids of an earlier one, though in other bytes."""
        before = self._marks.setdefault(mark, self.pages)
        self._stale = 0 if before == self.pages else self._stale + 1
        if self._stale == 1:
            self.doubt(
                f"page {self.pages:,} has the ids of page {before:,}, so perhaps it is not the page"
                " that was asked for"
            )

    def pass_over(self, record: bytes) -> None:
        """Take a record of the coming page that makes no row: it may show that the list moved."""
        digest = hashlib.blake2b(record, digest_size=8).digest()
        self._met_again += digest in self._passed_over
        self._passed_over.add(digest)
        self._passing.append(digest)

    @property
    def repeats(self) -> bool:
        """Whether a page came a second time, or some with nothing but ids of earlier ones."""
        return self._repeats > 0 or self._stale >= _MOST_STALE

    def doubt(self, sentence: str) -> None:
        """Note what keeps the list from being proven complete."""
        self._doubts.append(sentence)

    def speak_for(self, sentence: str) -> None:
        """Note what speaks for its being complete."""
        self._evidence.append(sentence)

    def said(self, sentence: str) -> str:
        """Say of which list a sentence is."""
        return f"{self._place}{sentence}"

    def doubts(self) -> Iterator[str]:
        """Tell all doubts, those of the declared totals last."""
        sentences = (*self._doubts, *self._doubts_of_moving(), *self._doubts_of_totals())
        yield from map(self.said, sentences)

    def evidence(self) -> Iterator[str]:
        """Tell how many pages and records came, and how it was known that these are all."""
        declared = self.total is not None and not list(self._doubts_of_totals())
        if self._counts:
            yield self.said(self._in_pages())
        if declared:
            yield self.said(f"{counted(self.total or 0, 'record')} declared, as many as came")
        yield from map(self.said, self._evidence)

    def runs(self) -> Iterator[PageRun]:
        """Tell of every page how many records it had, those alike together."""
        first = 1
        for records, same in groupby(self._counts):
            last = first + len(list(same)) - 1
            yield PageRun(self._list, first, last, records)
            first = last + 1

    def _in_pages(self) -> str:
        if self.pages == 1:
            return f"{counted(self.records, 'record')} came in one answer"
        runs = list(self.runs())
        told = ", ".join(map(_run, runs)) if len(runs) <= _MOST_RUNS else self._summed_up()
        return f"{counted(self.records, 'record')} came in {self.pages:,} pages ({told})"

    def _summed_up(self) -> str:
        first, last = self._counts[0], self._counts[-1]
        least, most = min(self._counts), max(self._counts)
        return f"the first {first:,}, the last {last:,}, each {least:,} to {most:,}"

    def _doubts_of_moving(self) -> Iterator[str]:
        if self._met_again and self.pages > 1:
            yield (
                f"{counted(self._met_again, 'record')} left out came more than once, so the list"
                " may have moved while it was read"
            )

    def _doubts_of_totals(self) -> Iterator[str]:
        if not self._totals:
            return
        known = [total for total in self._totals if total is not None]
        if len(known) < len(self._totals):
            page = self._totals.index(None) + 1
            yield f"page {page:,} does not say how many records there are, as catalog.total expects"
        if len(set(known)) > 1:
            after = next(total for total in known if total != known[0])
            yield f"the declared number of records went from {known[0]:,} to {after:,} meanwhile"
        if known and known[-1] != self.records:
            yield f"{counted(self.records, 'record')} came, but {known[-1]:,} were declared"


def _run(run: PageRun) -> str:
    times = run.last - run.first + 1
    return f"{times:,} × {run.records:,}" if times > 1 else f"{run.records:,}"


def _digest(texts: Iterable[bytes]) -> bytes:
    return hashlib.blake2b(b"\n".join(texts), digest_size=16).digest()
