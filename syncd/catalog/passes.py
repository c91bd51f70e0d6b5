"""The looks at a catalog: one counts everything, the other takes what may have changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from syncd.catalog.broken import Broken, Reject
from syncd.catalog.database import count
from syncd.catalog.ready import ReadyFile
from syncd.catalog.row_numbers import RowNumbers
from syncd.catalog.scan import Scan, rejected_rows, rejects_of
from syncd.catalog.sql import FLAW, WHOLE_RECORD, Look, flaw
from syncd.catalog.tables import CUT, IGNORED, UNUSABLE, Tables, bucket_of
from syncd.domain.snapshot import Scope
from syncd.ports import Advance

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

NO_ID_RULE: Final = "every row needs an id"
CUT_RULE: Final = "the file ends in this row without a line end, so it may be cut off"

_QUICK: Final = Look("quick", parallel=True, numbered=False)
_CAREFUL: Final = Look("careful", parallel=False, numbered=False)
_NARROW: Final = Look("narrow", parallel=True, numbered=False)
_CLOSE: Final = Look("close", parallel=False, numbered=True)
_AGAIN: Final = Look("again", parallel=False, numbered=False)


@dataclass(frozen=True, slots=True)
class Counts:
    """What the first look found: by file, how many records were read and which rows were refused.

    `kept` are the records that the filter lets through, `unusable` those of them with a flaw. It
    was in `parallel` where nothing speaks against reading them so once more.
    """

    accepted: tuple[int, ...]
    rejected: Mapping[int, Sequence[int]]
    kept: int
    unusable: int
    parallel: bool

    def of(self, file: int) -> int:
        """Count all records of a file, the refused ones included."""
        return self.accepted[file] + len(self.rejected.get(file, ()))

    @property
    def usable(self) -> int:
        """Count the records that are kept and have no flaw."""
        return self.kept - self.unusable

    @property
    def leaves_out(self) -> bool:
        """Whether the filter leaves any record out."""
        return self.kept < sum(self.accepted)

    @property
    def records(self) -> int:
        """Count all records of all files."""
        return sum(map(self.of, range(len(self.accepted))))

    @property
    def rows(self) -> int:
        """Count those that take part; what a refused record says to the filter is not known."""
        return self.kept + sum(map(len, self.rejected.values()))


class Passes:
    """Reads the catalog into tables."""

    def __init__(
        self, connection: DuckDBPyConnection, scan: Scan, tables: Tables, cut: frozenset[int]
    ) -> None:
        """Take `cut`, the files whose last record has no line end and nothing that vouches."""
        self._connection = connection
        self._scan = scan
        self._tables = tables
        self._cut = cut

    def run(self, advance: Advance) -> Counts:
        """Look once or twice, hardly ever more often, and settle what came of it."""
        self._scan.refuse_vanished(self._connection)
        counts = self._count()
        advance(0)
        if counts.rejected:
            self._tables.add_broken(self._rejects(counts))
        last = self._last_records(counts)
        chosen = self._tables.choose_buckets()
        if chosen or counts.unusable or last:
            if last or not self._has_looked_narrowly(counts, chosen):
                self._look(_CLOSE, counts, chosen, last)
            self._set_apart_no_objects(counts)
            advance(0)
        if counts.leaves_out and self._scan.take.is_whole_in_pages:
            self._tables.meet_again(self._scan.rows(self._connection, _AGAIN))
            advance(0)
        self._settle()
        return counts

    def _settle(self) -> None:
        """Find repeated and absent ids; of changes, the same row twice is no contradiction."""
        if self._scan.take.scope is Scope.CHANGES:
            self._tables.merge_equal()
        self._tables.settle()
        if self._scan.take.removed is not None and self._id_width == 1:
            self._tables.remove(self._scan.removed(self._scan.take.removed))

    def _count(self) -> Counts:
        """Count in parallel where that is right, which shows in every line being a record."""
        if all(ready.can_be_read_in_parallel for ready in self._scan.files):
            counts = self.count_by(_QUICK)
            if not counts.rejected and self._by_lines(counts):
                return counts
        return self.count_by(_CAREFUL)

    def _by_lines(self, counts: Counts) -> bool:
        return all(
            ready.records_by_lines in {None, counts.of(index)}
            for index, ready in enumerate(self._scan.files)
        )

    def count_by(self, look: Look) -> Counts:
        """Read every record once, in this way, and count."""
        self._tables.count(self._scan.rows(self._connection, look))
        accepted = dict(
            self._connection.execute(
                "SELECT file, sum(records)::BIGINT FROM counted GROUP BY file"
            ).fetchall()
        )
        files = range(len(self._scan.files))
        lines = self._scan.has_lines
        return Counts(
            accepted=tuple(accepted.get(file, 0) for file in files),
            rejected=rejected_rows(self._connection, look) if lines else {},
            kept=self._sum(f"bucket <> {IGNORED}"),
            unusable=self._sum(f"bucket = {UNUSABLE}"),
            parallel=look.parallel,
        )

    def _sum(self, condition: str) -> int:
        return count(self._connection, f"SELECT sum(records) FROM counted WHERE {condition}")

    def _rejects(self, counts: Counts) -> Iterator[Broken]:
        for file, reject in rejects_of(self._connection, _CAREFUL):
            is_last = reject.row >= counts.of(file) + self._scan.files[file].header_rows
            cut = replace(reject, cut=is_last and file in self._cut)
            yield self._scan.broken(cut, file)

    def _last_records(self, counts: Counts) -> dict[int, int]:
        """Give the positions of the records in which files were cut, where they were accepted."""
        return {
            file: counts.accepted[file]
            for file in self._cut
            if counts.accepted[file] and not self._ends_in_reject(counts, file)
        }

    def _ends_in_reject(self, counts: Counts, file: int) -> bool:
        above = self._scan.files[file].header_rows
        return counts.rejected.get(file, (0,))[-1] >= counts.of(file) + above

    def _has_looked_narrowly(self, counts: Counts, chosen: int) -> bool:
        """Look without numbering the records, where they are few and all of them may be of use.

        What has no number is told by it at most where a text breaks a rule. Where more than that
        turns out, as an id that stands there twice, it is all to be looked at again.
        """
        if not counts.parallel or counts.unusable or 2 * chosen > counts.usable:
            return False
        self._look(_NARROW, counts, chosen, {})
        return self._tables.has_seen_each_once()

    def _look(self, look: Look, counts: Counts, chosen: int, last: Mapping[int, int]) -> None:
        is_cut = _any(f"(file = {file} AND position = {place})" for file, place in last.items())
        of_id = ", ".join(map(str, (WHOLE_RECORD, *range(self._id_width))))
        no_id = f"flaw.field IN ({of_id}) OR ({is_cut} AND {self._id_is_last()})"
        broken = (
            f"CASE WHEN {is_cut} AND coalesce(flaw.field, 0) <> {WHOLE_RECORD} "
            f"THEN {flaw(CUT, CUT_RULE)} WHEN flaw IS NOT NULL THEN flaw "
            f"WHEN id IS NULL THEN {flaw(0, NO_ID_RULE)} END::{FLAW}"
        )
        mapping = self._scan.mapping
        in_bucket = f"{bucket_of('id')} IN (SELECT bucket FROM wanted)"
        looked = "true" if chosen == counts.usable else in_bucket
        taken = f"flaw IS NOT NULL OR id IS NULL OR {is_cut} OR {looked}"
        rows = self._scan.chosen_rows(self._connection, look, taken)
        self._tables.look_at(
            f"SELECT file, position, CASE WHEN {no_id} THEN NULL ELSE id END, fingerprint, "
            f"{broken}, {mapping.flawed_text()}, trace, {mapping.hides()}{mapping.values()} "
            f"FROM ({rows}) WHERE kept"
        )

    def _id_is_last(self) -> str:
        """Tell the files in which the id's column is the last, so that a cut concerns the id."""
        return _any(
            f"file = {index}"
            for index, ready in enumerate(self._scan.files)
            if ready.width - 1 in ready.places[: self._id_width]
        )

    @property
    def _id_width(self) -> int:
        """Of how many columns, the first ones, the id is made."""
        return len(self._scan.columns.id.sources)

    def _set_apart_no_objects(self, counts: Counts) -> None:
        """Treat JSON records that are no objects like rejects: their ids must be dug out."""
        numbers = RowNumbers(self._scan.files, counts.rejected)
        found = self._connection.execute(
            f"SELECT file, position, flawed_text FROM looked WHERE flaw.field = {WHOLE_RECORD}"
        ).fetchall()
        if not found:
            return
        self._tables.add_broken(
            self._scan.broken(Reject(numbers.row(file, position), text or "", frozenset()), file)
            for file, position, text in found
        )
        self._connection.execute(f"DELETE FROM looked WHERE flaw.field = {WHOLE_RECORD}")


def _any(conditions: Iterator[str]) -> str:
    return f"({' OR '.join(conditions) or 'false'})"


def cut_files(files: Sequence[ReadyFile], *, required: bool) -> frozenset[int]:
    """Tell which files end without a line end, where nothing vouches for their last record."""
    return frozenset(index for index, ready in enumerate(files) if required and ready.seems_cut)
