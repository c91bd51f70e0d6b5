"""A catalog in memory: rows as text, rewritten, broken or cut short as a test wants it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import groupby, islice
from typing import TypeVar

from syncd.domain.attributes import Attribute, ItemId
from syncd.domain.row_block import RowBlock
from syncd.domain.sample import Sample, SampledRow
from syncd.domain.snapshot import REPEATED, CatalogRow, Certificate, Defect, Position, Scope
from syncd.errors import CatalogError, VanishedColumnError
from syncd.ports import Advance, Comparison, Fingerprints, Snapshot, unseen
from tests.fakes.columns import columnar_engine

Texts = Mapping[Attribute, str | None]
SEVERAL = Defect("id", "", f"{REPEATED}rows 2 and 3")
LACKING = Defect("hsCode", "", "a joined source has no row with this id, but is not whole")
_BATCH = 500
_T = TypeVar("_T")


@dataclass(slots=True)
class FakeCatalog:
    """The `CatalogSource` port; tests change every field and then call `rewrite`.

    `rows` are what the source has, by id; `repeated` ids stand in it twice. `strays` are records
    without an id. `doubts` make its reads partial, `error` is raised instead of reading. A
    `restless` source is rewritten while it is read, a `shy` one shows nothing of itself. One that
    is `datable` can tell what has changed since a watermark, which is a number of changes, and
    reaches back over `overlap` more of them; `deleted` ids are what it then calls deleted. A
    `sparse` one lacks a column in what has changed. `joined` counts the rows of joined sources;
    `lacking` ids have none in one of them that is not proven complete.
    `reads` counts the comparisons so far, `scopes` are what they were of.
    """

    rows: dict[str, dict[Attribute, str | None]] = field(default_factory=dict)
    repeated: set[str] = field(default_factory=set)
    strays: list[CatalogRow] = field(default_factory=list)
    doubts: tuple[str, ...] = ()
    error: CatalogError | None = None
    restless: bool = False
    shy: bool = False
    datable: bool = False
    sparse: bool = False
    overlap: int = 0
    deleted: set[str] = field(default_factory=set)
    joined: dict[str, int] = field(default_factory=dict)
    lacking: set[str] = field(default_factory=set)
    meaning: str = "meaning-1"
    name: str = "catalog.csv"
    scopes: list[Scope] = field(default_factory=list)
    touched: int = 0
    brushed: int = 0
    history: list[str] = field(default_factory=list)

    @property
    def reads(self) -> int:
        return len(self.scopes)

    # -- what tests do

    def put(self, item: str, **texts: str | None) -> None:
        """Put a row in or replace it; columns are named by the attributes' keys."""
        self.rows[item] = {Attribute[name.upper()]: text for name, text in texts.items()}
        self.deleted.discard(item)
        self.history.append(item)

    def delete(self, item: str) -> None:
        """Take a row out, and remember that it was there."""
        del self.rows[item]
        self.deleted.add(item)
        self.history.append(item)

    def rewrite(self) -> None:
        """Write the file anew, with the same bytes or others."""
        self.touched += 1

    def rewrite_in_place(self) -> None:
        """Write the file anew with its size and time kept as they were."""
        self.brushed += 1

    # -- the port

    def position(self, advance: Advance = unseen) -> Position:
        advance(0)
        if self.shy:
            return Position("", self.meaning)
        return Position(f"written-{self.touched}", self.meaning, f"changed-{self.brushed}")

    @contextmanager
    def read_unless(self, last: Position, advance: Advance = unseen) -> Iterator[Snapshot | None]:
        if self.position(advance).is_as(last):
            yield None
            return
        with self.read(None, advance) as snapshot:
            yield snapshot

    @contextmanager
    def read(self, since: str | None, advance: Advance = unseen) -> Iterator[Snapshot]:
        advance(len(self.rows))
        scope = Scope.CHANGES if since and self.datable else Scope.WHOLE
        yield _FakeSnapshot(self, self.position(), scope, since)

    def recent(self, since: str | None) -> set[str]:
        """The ids that have changed since a watermark."""
        return set(self.history[max(0, int(since or 0) - self.overlap) :])


@dataclass(frozen=True, slots=True)
class _FakeSnapshot:
    catalog: FakeCatalog
    position: Position
    scope: Scope
    since: str | None

    @property
    def watermark(self) -> str | None:
        catalog = self.catalog
        return str(len(catalog.history)) if catalog.datable and not catalog.doubts else None

    def digest(self) -> str:
        catalog = self.catalog
        broken = (sorted(catalog.repeated), sorted(catalog.lacking), catalog.strays)
        contents = (catalog.rows, broken)
        return _hash(repr((contents, catalog.doubts, catalog.error, catalog.joined))).hex()

    def is_as_it_was(self) -> bool:
        return self.catalog.position() == self.position

    def sample(self, limit: int) -> Sample:
        catalog = self.catalog
        if catalog.error is not None:
            raise catalog.error
        return sample_of(islice(catalog.rows.items(), limit))

    @contextmanager
    def compare(self, fingerprints: Fingerprints | None) -> Iterator[Comparison]:
        catalog = self.catalog
        catalog.scopes.append(self.scope)
        if catalog.restless:
            catalog.rewrite()
        if catalog.error is not None:
            raise catalog.error
        is_of_changes = self.scope is Scope.CHANGES
        if is_of_changes and catalog.sparse:
            raise VanishedColumnError(catalog.name, 'it has no column "eccn"', "Look at it")
        recent = catalog.recent(self.since) if is_of_changes else set(catalog.rows)
        yield _FakeComparison(self, _known(fingerprints), recent)


def sample_of(rows: Iterable[tuple[str, Texts]]) -> Sample:
    """Lay rows out under `sku` and the attributes' own names, as if those were the columns."""
    taken = dict(rows)
    attributes = list(dict.fromkeys(each for values in taken.values() for each in values))
    return Sample(
        ("sku", *map(str, attributes)),
        tuple(
            SampledRow(number, (item, *map(values.get, attributes)), True, item, values)
            for number, (item, values) in enumerate(taken.items(), start=2)
        ),
    )


def block_of(rows: Sequence[CatalogRow]) -> RowBlock:
    """Lay whole rows out column by column; all must have the same columns."""
    return RowBlock(
        [row.id for row in rows if row.id is not None],
        [row.fingerprint for row in rows if row.fingerprint is not None],
        {attribute: [row.values[attribute] for row in rows] for attribute in rows[0].values},
        [row.row for row in rows],
        [row.file for row in rows],
    )


def _blocks(rows: Iterable[CatalogRow]) -> Iterator[RowBlock]:
    """Rows with the same columns that follow each other come together."""
    for _, alike in groupby(rows, lambda row: list(row.values)):
        yield from map(block_of, _batched(alike))


@dataclass(frozen=True, slots=True)
class _FakeComparison:
    snapshot: _FakeSnapshot
    known: Mapping[str, tuple[int | None, bool]]
    ids: set[str]

    @property
    def catalog(self) -> FakeCatalog:
        return self.snapshot.catalog

    @property
    def certificate(self) -> Certificate:
        catalog, scope = self.catalog, self.snapshot.scope
        count = len(self.ids & catalog.rows.keys()) + len(catalog.repeated) + len(catalog.strays)
        since = self.snapshot.since if scope is Scope.CHANGES else None
        return Certificate(
            catalog.name, count, count, catalog.doubts, (), scope, since, dict(catalog.joined)
        )

    @property
    def duplicates(self) -> int:
        return len(self.catalog.repeated)

    def knows_rows(self) -> bool:
        return True

    def new(self) -> Iterator[RowBlock]:
        return _blocks(row for row in self._usable() if row.id not in self.known)

    def changed(self) -> Iterator[RowBlock]:
        return _blocks(row for row in self._usable() if row.id in self.known)

    def unusable(self) -> Iterator[Sequence[CatalogRow]]:
        yield from _batched(row for row in self._rows() if row.defect is not None)
        yield from _batched(iter(self.catalog.strays))

    def _usable(self) -> Iterator[CatalogRow]:
        return (row for row in self._rows() if row.defect is None)

    def _rows(self) -> Iterator[CatalogRow]:
        for number, item in enumerate(self.catalog.rows, start=2):
            row = self._row(ItemId(item), number)
            is_as_known = self.known.get(item) == (row.fingerprint, False)
            if item in self.ids and (row.defect is not None or not is_as_known):
                yield row

    def missing(self) -> Iterator[Sequence[ItemId]]:
        return _batched(self._missing())

    def missing_count(self) -> int:
        return sum(1 for _ in self._missing())

    def _missing(self) -> Iterator[ItemId]:
        if self.snapshot.scope is Scope.CHANGES:
            yield from map(ItemId, sorted(self.catalog.deleted & self.ids))
        for item, (_, missing) in self.known.items():
            if not missing and item not in self.catalog.rows:
                yield ItemId(item)

    def _row(self, item: ItemId, number: int) -> CatalogRow:
        values = self.catalog.rows[item]
        if item in self.catalog.repeated:
            return CatalogRow(item, None, values, number, self.catalog.name, SEVERAL)
        if item in self.catalog.lacking:
            return CatalogRow(item, None, values, number, self.catalog.name, LACKING)
        fingerprint = _fingerprint(values, self.catalog.meaning)
        return CatalogRow(item, fingerprint, values, number, self.catalog.name)


def _known(fingerprints: Fingerprints | None) -> dict[str, tuple[int | None, bool]]:
    if fingerprints is None:
        return {}
    with columnar_engine() as engine:
        if fingerprints.steps:
            engine.execute(f"CREATE OR REPLACE TEMP TABLE walked AS {fingerprints.walked()}")
        rows = engine.sql(fingerprints.known("walked")).order("id").fetchall()
    return {item: (fingerprint, missing) for item, fingerprint, missing in rows}


def _fingerprint(values: Texts, meaning: str) -> int:
    return int.from_bytes(_hash(repr((sorted(values.items()), meaning))), signed=True)


def _hash(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=8).digest()


def _batched(values: Iterator[_T]) -> Iterator[Sequence[_T]]:
    while batch := list(islice(values, _BATCH)):
        yield batch
