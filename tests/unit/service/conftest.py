"""A real state on disk, a catalog of given rows, and the fake remote."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from syncd.domain.attributes import ItemId
from syncd.domain.policy import Limits, Policy
from syncd.domain.row_block import RowBlock
from syncd.domain.rules import RuleBook
from syncd.domain.sample import Sample
from syncd.domain.snapshot import CatalogRow, Certificate, Position, Scope
from syncd.errors import CatalogError
from syncd.ports import Advance, Fingerprints, Snapshot, State, unseen
from syncd.service.terms import Ports, Terms
from syncd.state import open_state
from tests.fakes.catalog import sample_of
from tests.fakes.remote import FakeRemote

NOW = datetime(2026, 11, 21, 17, 40, tzinfo=UTC)
RULES = RuleBook(
    countries=frozenset({"DK", "CA"}),
    approved_eccns=frozenset({"EAR99"}),
    barred_eccns=frozenset(),
    licence_eccns=frozenset(),
)


class StandingClock:
    """Time that does not pass."""

    def now(self) -> datetime:
        return NOW

    async def sleep(self, seconds: float) -> None:
        raise AssertionError(seconds)


@dataclass(frozen=True)
class GivenComparison:
    certificate: Certificate
    rows: Sequence[CatalogRow]
    duplicates: int = 0

    def knows_rows(self) -> bool:
        return True

    def new(self) -> Iterator[RowBlock]:
        yield from ()

    def changed(self) -> Iterator[RowBlock]:
        yield from ()

    def unusable(self) -> Iterator[Sequence[CatalogRow]]:
        yield self.rows

    def missing(self) -> Iterator[Sequence[ItemId]]:
        yield ()

    def missing_count(self) -> int:
        return 0


@dataclass
class GivenCatalog:
    """A catalog whose every row comes by itself; `error` is raised where it is set."""

    rows: list[CatalogRow] = field(default_factory=list)
    filtered: int = 0
    left_out: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    error: CatalogError | None = None
    name: str = "given.csv"

    def position(self, advance: Advance = unseen) -> Position:
        return Position("given", "meaning")

    @contextmanager
    def read_unless(self, last: Position, advance: Advance = unseen) -> Iterator[Snapshot | None]:
        if self.position(advance).is_as(last):
            yield None
            return
        with self.read(None, advance) as snapshot:
            yield snapshot

    @contextmanager
    def read(self, since: str | None, advance: Advance = unseen) -> Iterator[GivenSnapshot]:
        yield GivenSnapshot(self, self.position())


@dataclass(frozen=True)
class GivenSnapshot:
    catalog: GivenCatalog
    position: Position
    scope: Scope = Scope.WHOLE
    watermark: str | None = None

    def digest(self) -> str:
        return "digest"

    def is_as_it_was(self) -> bool:
        return True

    def sample(self, limit: int) -> Sample:
        return sample_of((row.id or "", row.values) for row in self.catalog.rows[:limit])

    @contextmanager
    def compare(self, fingerprints: Fingerprints | None) -> Iterator[GivenComparison]:
        catalog = self.catalog
        if catalog.error is not None:
            raise catalog.error
        count = len(catalog.rows)
        certificate = Certificate(
            catalog.name,
            count,
            count + catalog.filtered,
            catalog.doubts,
            left_out=catalog.left_out,
        )
        yield GivenComparison(certificate, catalog.rows)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    with closing(open_state(f"sqlite:///{tmp_path}/state.db")) as state:
        yield state


@pytest.fixture
def catalog() -> GivenCatalog:
    return GivenCatalog()


@pytest.fixture
def remote() -> FakeRemote:
    return FakeRemote()


@pytest.fixture
def ports(catalog: GivenCatalog, remote: FakeRemote, state: State) -> Ports:
    return Ports(catalog, remote, state, StandingClock())


@pytest.fixture
def terms() -> Terms:
    return Terms(Policy(), Limits(), RULES, "account")
