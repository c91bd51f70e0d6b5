"""A catalog in memory: rows as text, rewritten, broken or cut short as a test wants it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import TypeVar

import duckdb

from syncd.domain.attributes import Attribute, ItemId
from syncd.domain.snapshot import CatalogRow, Certificate, Defect, Position
from syncd.errors import CatalogError

Texts = Mapping[Attribute, str | None]
REPEATED = Defect("id", "", "an id stands in one row only")
_BATCH = 500
_T = TypeVar("_T")


@dataclass(slots=True)
class FakeCatalog:
    """The `CatalogSource` port; tests change every field and then call `rewrite`.

    `rows` are what the source has, by id; `repeated` ids stand in it twice. `strays` are records
    without an id. `doubts` make its reads partial, `error` is raised instead of reading. A
    `restless` source is rewritten while it is read. `reads` counts the comparisons so far.
    """

    rows: dict[str, dict[Attribute, str | None]] = field(default_factory=dict)
    repeated: set[str] = field(default_factory=set)
    strays: list[CatalogRow] = field(default_factory=list)
    doubts: tuple[str, ...] = ()
    error: CatalogError | None = None
    restless: bool = False
    meaning: str = "meaning-1"
    name: str = "catalog.csv"
    reads: int = 0
    touched: int = 0
    brushed: int = 0

    # -- what tests do

    def put(self, item: str, **texts: str | None) -> None:
        """Put a row in or replace it; columns are named by the attributes' keys."""
        self.rows[item] = {Attribute[name.upper()]: text for name, text in texts.items()}

    def rewrite(self) -> None:
        """Write the file anew, with the same bytes or others."""
        self.touched += 1

    def rewrite_in_place(self) -> None:
        """Write the file anew with its size and time kept as they were."""
        self.brushed += 1

    # -- the port

    def position(self) -> Position:
        return Position(f"written-{self.touched}", self.meaning, f"changed-{self.brushed}")

    def digest(self) -> str:
        contents = (self.rows, sorted(self.repeated), self.strays, self.doubts, self.error)
        return _hash(repr(contents)).hex()

    @contextmanager
    def compare(self, fingerprints: Path) -> Iterator[_FakeComparison]:
        self.reads += 1
        if self.restless:
            self.rewrite()
        if self.error is not None:
            raise self.error
        yield _FakeComparison(self, _known(fingerprints))


@dataclass(frozen=True, slots=True)
class _FakeComparison:
    catalog: FakeCatalog
    known: Mapping[str, tuple[int | None, bool]]

    @property
    def certificate(self) -> Certificate:
        catalog = self.catalog
        count = len(catalog.rows) + len(catalog.repeated) + len(catalog.strays)
        return Certificate(catalog.name, count, count, catalog.doubts)

    @property
    def duplicates(self) -> int:
        return len(self.catalog.repeated)

    def changed(self) -> Iterator[Sequence[CatalogRow]]:
        rows = (
            row
            for number, item in enumerate(self.catalog.rows, start=2)
            if (row := self._row(ItemId(item), number)).defect is not None
            or self.known.get(item) != (row.fingerprint, False)
        )
        yield from _batched(rows)
        yield from _batched(iter(self.catalog.strays))

    def missing(self) -> Iterator[Sequence[ItemId]]:
        return _batched(self._missing())

    def missing_count(self) -> int:
        return sum(1 for _ in self._missing())

    def _missing(self) -> Iterator[ItemId]:
        for item, (_, missing) in self.known.items():
            if not missing and item not in self.catalog.rows:
                yield ItemId(item)

    def _row(self, item: ItemId, number: int) -> CatalogRow:
        values = self.catalog.rows[item]
        fingerprint = _fingerprint(values, self.catalog.meaning)
        defect = REPEATED if item in self.catalog.repeated else None
        return CatalogRow(item, fingerprint, values, number, self.catalog.name, defect)


def _known(fingerprints: Path) -> dict[str, tuple[int | None, bool]]:
    with duckdb.connect() as engine:
        rows = engine.read_parquet(str(fingerprints)).order("id").fetchall()
    return {item: (fingerprint, missing) for item, fingerprint, missing in rows}


def _fingerprint(values: Texts, meaning: str) -> int:
    return int.from_bytes(_hash(repr((sorted(values.items()), meaning))), signed=True)


def _hash(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=8).digest()


def _batched(values: Iterator[_T]) -> Iterator[Sequence[_T]]:
    while batch := list(islice(values, _BATCH)):
        yield batch
