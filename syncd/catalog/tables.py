"""The tables of one comparison: what is counted, looked at, broken, repeated and absent."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from itertools import count as counting
from pathlib import Path
from typing import TYPE_CHECKING, Final

from syncd.catalog.broken import Broken
from syncd.catalog.database import count
from syncd.catalog.room import making_room
from syncd.catalog.spool import write
from syncd.catalog.sql import FLAW, literal
from syncd.ports import Fingerprints

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_BUCKETS: Final = 1 << 16
"""Into so many parts the ids are divided, by hash: only parts that differ are looked at closely.

More of them make the counts take longer; of fewer, ten thousand rows that have changed among a
million bring half of all others with them, and so but one in seven.
"""

IGNORED: Final = -2
UNUSABLE: Final = -1
_LOOKUPS: Final = 2_000_000_000
"""How many bytes may be searched for absent ids: a second or two of one processor."""

CUT: Final = -2
"""Stands for the field of a `flaw` where the record is the last one and has no line end."""

_BROKEN_COLUMNS: Final = {
    "file": "INTEGER",
    "row": "BIGINT",
    "id": "VARCHAR",
    "certain": "BOOLEAN",
    "attribute": "VARCHAR",
    "value": "VARCHAR",
    "rule": "VARCHAR",
    "hides": "BOOLEAN",
    "trace": "VARCHAR",
}


def bucket_of(id: str) -> str:
    """Tell which part of the ids an id belongs to."""
    return f"(hash({id}) % {_BUCKETS})::INTEGER"


_SUM_UP: Final = (
    f"CREATE TABLE known_sums AS SELECT {bucket_of('id')} AS bucket, count(*) AS records, "
    "bit_xor(fingerprint) AS fingerprints, count(*) - count(fingerprint) AS unknown "
    "FROM known WHERE NOT missing GROUP BY ALL"
)


_CHOSEN: Final = "counted SEMI JOIN wanted USING (bucket)"


class Tables:
    """The tables, in a database that is thrown away with `folder`.

    They are no temporary ones, for those cannot be seen by the cursors that hand out the rows.
    """

    def __init__(self, connection: DuckDBPyConnection, folder: Path, values: int) -> None:
        self._connection = connection
        self._folder = folder
        self._spools = counting()
        columns = ", ".join(f"{name} {kind}" for name, kind in _BROKEN_COLUMNS.items())
        cells = "".join(f", v{number} VARCHAR" for number in range(values))
        connection.execute(f"CREATE TABLE broken ({columns})")
        connection.execute("CREATE TABLE met_again (id VARCHAR)")
        connection.execute(
            "CREATE TABLE looked (file INTEGER, position BIGINT, id VARCHAR, fingerprint BIGINT, "
            f"flaw {FLAW}, flawed_text VARCHAR, trace VARCHAR, hides BOOLEAN{cells})"
        )

    def know_nothing(self) -> None:
        """Let every row count as new."""
        self._connection.execute(
            "CREATE VIEW known AS SELECT NULL::VARCHAR AS id, NULL::BIGINT AS fingerprint, "
            "false AS missing WHERE false"
        )
        self._connection.execute(_SUM_UP)

    @contextmanager
    def knowing(self, fingerprints: Fingerprints) -> Iterator[None]:
        """Take the known fingerprints from their files, summed up by the end of the block."""
        linked = self._linked(fingerprints)
        if linked.steps:
            self._connection.execute(f"CREATE TABLE walked AS {linked.walked()}")
        self._connection.execute(
            "CREATE VIEW known AS SELECT id, fingerprint, coalesce(missing, false) AS missing "
            f"FROM ({linked.known('walked')})"
        )
        with self._connection.cursor() as aside, ThreadPoolExecutor(1, "syncd-known") as threads:
            summing = threads.submit(aside.execute, _SUM_UP)
            yield
            summing.result()

    def _linked(self, fingerprints: Fingerprints) -> Fingerprints:
        """The same by names that mean nothing to the engine, which sees patterns in some paths."""
        copy = self._folder / "known.parquet"
        steps = [self._folder / f"step-{place}" for place in range(len(fingerprints.steps))]
        with making_room(self._folder):
            copy.symlink_to(fingerprints.copy.absolute())
            for link, step in zip(steps, fingerprints.steps, strict=True):
                link.symlink_to(step.absolute())
        return Fingerprints(copy, tuple(steps))

    def count(self, rows: str) -> None:
        """Count records and combine fingerprints by file and bucket; the whole source is read."""
        self._connection.execute(
            "CREATE OR REPLACE TABLE counted AS SELECT file, CASE "
            f"WHEN NOT kept THEN {IGNORED} WHEN flaw IS NOT NULL OR id IS NULL THEN {UNUSABLE} "
            f"ELSE {bucket_of('id')} END AS bucket, count(*) AS records, "
            f"bit_xor(fingerprint) AS fingerprints FROM ({rows}) GROUP BY ALL"
        )

    def add_broken(self, broken: Iterable[Broken]) -> None:
        """Take in broken records, by way of a file: thousands of single inserts take seconds."""
        spool = self._folder / f"broken-{next(self._spools)}.jsonl"
        write(spool, map(_line, broken))
        columns = ", ".join(f"'{name}': '{kind}'" for name, kind in _BROKEN_COLUMNS.items())
        self._connection.execute(
            f"INSERT INTO broken SELECT * FROM read_json({literal(str(spool))}, "
            f"format='newline_delimited', columns={{{columns}}})"
        )
        self._connection.execute(
            "UPDATE broken SET id = NULL WHERE NOT certain AND id NOT IN "
            "(SELECT id FROM known WHERE id IN (SELECT id FROM broken WHERE NOT certain))"
        )

    def choose_buckets(self) -> int:
        """Choose what must be looked at closely, and give how many usable records that are.

        A bucket is alike where it has as many rows as are known, and their fingerprints combine to
        the same number; those of broken records are chosen, too, for a whole one may repeat the id.
        """
        found = (
            "SELECT bucket, sum(records) AS records, bit_xor(fingerprints) AS fingerprints "
            "FROM counted WHERE bucket >= 0 GROUP BY ALL"
        )
        self._connection.execute(
            f"CREATE TABLE wanted AS SELECT bucket FROM ({found}) f FULL JOIN known_sums k "
            "USING (bucket) WHERE f.records IS DISTINCT FROM k.records "
            "OR f.fingerprints IS DISTINCT FROM k.fingerprints OR k.unknown > 0 "
            f"UNION SELECT {bucket_of('id')} FROM broken WHERE id IS NOT NULL"
        )
        chosen = count(self._connection, f"SELECT sum(records) FROM {_CHOSEN}")
        usable = count(self._connection, "SELECT sum(records) FROM counted WHERE bucket >= 0")
        self._connection.execute(
            f"CREATE {'VIEW' if 2 * chosen > usable else 'TABLE'} concerned AS "
            "SELECT id, fingerprint, missing FROM known "
            f"WHERE {bucket_of('id')} IN (SELECT bucket FROM wanted)"
        )
        return chosen

    def look_at(self, rows: str) -> None:
        """Read the source once more, and keep these rows, and none of another look."""
        self._connection.execute("DELETE FROM looked")
        self._connection.execute(f"INSERT INTO looked {rows}")

    def has_seen_each_once(self) -> bool:
        """Whether all that was chosen was seen, as it was counted, and no id in several records."""
        query = (
            "SELECT count(*) = count(DISTINCT id) AND (count(*), bit_xor(fingerprint)) IS NOT "
            f"DISTINCT FROM (SELECT (sum(records), bit_xor(fingerprints)) FROM {_CHOSEN}) "
            "FROM looked"
        )
        return bool(count(self._connection, query))

    def settle(self) -> None:
        """Find which ids stand in several records, and which known ones in none."""
        self._connection.execute(
            "CREATE TABLE repeated AS SELECT id FROM "
            "(SELECT id FROM looked UNION ALL SELECT id FROM broken) "
            "WHERE id IS NOT NULL GROUP BY id HAVING count(*) > 1"
        )
        self._connection.execute(
            "CREATE TABLE absent AS SELECT id FROM concerned "
            "ANTI JOIN looked USING (id) ANTI JOIN broken USING (id) WHERE NOT missing"
        )
        self._spare_traced()

    def meet_again(self, rows: str) -> None:
        """Note the ids that came more than once where the filter leaves one of their rows out.

        They hold no row; but where a list comes in pages, they show that it moved.
        """
        self._connection.execute(
            f"INSERT INTO met_again SELECT id FROM ({rows}) WHERE id IS NOT NULL "
            "GROUP BY id HAVING count(*) > 1 AND NOT bool_and(kept)"
        )

    def lack_known(self) -> bool:
        """Whether an id is missing by this read, or was by an earlier one and may go on to be."""
        of_earlier = count(self._connection, "SELECT count(*) FROM known WHERE missing")
        return bool(of_earlier or count(self._connection, "SELECT count(*) FROM absent"))

    def merge_equal(self) -> None:
        """Make one of the records that have the same id and the same values."""
        self._connection.execute(
            "DELETE FROM looked WHERE flaw IS NULL AND rowid NOT IN "
            "(SELECT min(rowid) FROM looked WHERE flaw IS NULL GROUP BY id, fingerprint)"
        )

    def remove(self, rows: str) -> None:
        """Add ids that the source itself calls deleted, unless it has records with them as well."""
        self._connection.execute(
            f"INSERT INTO absent SELECT DISTINCT id FROM ({rows}) r WHERE id IS NOT NULL "
            "AND id NOT IN (SELECT id FROM looked WHERE id IS NOT NULL "
            "UNION ALL SELECT id FROM broken WHERE id IS NOT NULL)"
        )

    def _spare_traced(self) -> None:
        """Take out of `absent` what stands anywhere in a record that may hide others.

        Where that would take too long, the whole read is put into doubt instead.
        """
        traces = (
            "(SELECT trace FROM broken WHERE NOT hides "
            "UNION ALL SELECT trace FROM looked WHERE trace IS NOT NULL)"
        )
        absent = count(self._connection, "SELECT count(*) FROM absent")
        if not absent:
            return
        if absent * count(self._connection, f"SELECT sum(strlen(trace)) FROM {traces}") > _LOOKUPS:
            self._connection.execute("UPDATE broken SET hides = true")
            self._connection.execute("UPDATE looked SET hides = true WHERE trace IS NOT NULL")
            return
        self._connection.execute(
            f"DELETE FROM absent WHERE id IN (SELECT id FROM absent JOIN {traces} "
            "ON contains(trace, id))"
        )


def _line(broken: Broken) -> bytes:
    """Write one as JSON without escapes: half a surrogate pair, which no text may have, is `?`."""
    return json.dumps(asdict(broken), ensure_ascii=False).encode(errors="replace") + b"\n"
