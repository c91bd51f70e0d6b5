"""Rows that are recorded in blocks leave what they would have left one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.domain.attributes import Attribute, ItemId
from syncd.domain.cycle import CycleId, Mode
from syncd.domain.policy import Policy
from syncd.domain.row_block import RowBlock
from syncd.domain.snapshot import CatalogRow, Certificate, Defect, Position, Reading
from syncd.domain.tracking import Held, SkuState, Tracked
from syncd.engine.translate import Translator
from syncd.ports import State
from syncd.service.recording import Recorder, Watch
from syncd.service.remarks import Remarks
from syncd.service.terms import CycleRequest
from syncd.state import open_state
from tests.contract.state.examples import sku
from tests.fakes.catalog import block_of
from tests.fakes.state import FakeState
from tests.property.test_canonical import RULES, eccns, texts

READING = Reading(
    Position("written", "meaning"), "digest", Certificate("c.csv", 1, 1), datetime.now(UTC)
)
REQUEST = CycleRequest(CycleId("1"), Mode.ONCE, "a test")
_ANY = st.none() | texts
_USABLE = {
    Attribute.PART_NUMBER: st.text("PN-1 é", min_size=1),
    Attribute.COUNTRY_OF_ORIGIN: st.sampled_from(["dk", "CN", " US "]),
    Attribute.ECCN: st.sampled_from(["EAR99", "5A002", "5d002.c.1", "ear 99"]) | eccns,
    Attribute.HS_CODE: st.sampled_from(["640420", "6404.20.4", "1006204"]),
    Attribute.ALLOW_OVERSELL: st.sampled_from(["yes", "0", ""]),
    Attribute.TAX_CODE: st.sampled_from(["55101.000_A", ""]),
}
_IDS = st.from_regex(r"[A-Za-z0-9._-]{1,4}", fullmatch=True) | st.sampled_from(
    ["..", "a b", "ü", "x" * 255, "x" * 256, " a"]
)
_COLUMNS = st.sets(st.sampled_from(Attribute)).map(
    lambda some: [each for each in Attribute if each in {Attribute.PART_NUMBER, *some}]
)


@dataclass(frozen=True)
class Found:
    """A comparison that found blocks new or changed, and some rows broken."""

    blocks: Sequence[RowBlock]
    rows: Sequence[CatalogRow]
    revised: Sequence[RowBlock] = ()
    certificate: Certificate = READING.certificate
    duplicates: int = 0

    def knows_rows(self) -> bool:
        return True

    def new(self) -> Iterator[RowBlock]:
        yield from self.blocks

    def changed(self) -> Iterator[RowBlock]:
        yield from self.revised

    def unusable(self) -> Iterator[Sequence[CatalogRow]]:
        yield self.rows

    def missing(self) -> Iterator[Sequence[ItemId]]:
        yield ()

    def missing_count(self) -> int:
        return 0


@st.composite
def catalogs(draw: st.DrawFn) -> list[list[CatalogRow]]:
    """Some blocks of new rows, with every mix of what can be used and what cannot."""
    columns, ids = draw(_COLUMNS), draw(st.lists(_IDS, unique=True, min_size=1, max_size=12))
    mostly = draw(st.integers(0, 3))
    rows = []
    for number, id in enumerate(ids, start=2):
        usable = mostly and draw(st.integers(0, mostly))
        values = {each: draw(_USABLE.get(each, _ANY) if usable else _ANY) for each in columns}
        rows.append(CatalogRow(ItemId(id), number * 7919, values, number, draw(_FILES)))
    size = draw(st.integers(1, 12))
    return [rows[start : start + size] for start in range(0, len(rows), size)]


_STATES = st.sampled_from([*SkuState, SkuState.IN_SYNC, SkuState.PENDING])
_KNOWN = st.sampled_from(["another", "equal", "other"])
_FILES = st.sampled_from([None, "a.csv"])


@given(catalogs(), st.sets(st.integers(0, 11), max_size=2))
def test_blocks_leave_what_their_rows_would_have_left(
    catalog: list[list[CatalogRow]], known: set[int]
) -> None:
    ids = [row.id for rows in catalog for row in rows if row.id is not None]
    there = [Tracked(ids[place], fingerprint=5, revision=3) for place in known if place < len(ids)]
    stray = CatalogRow(None, None, {}, 99, None, Defect("id", "", "every row needs an id"))
    by_block = Found([block_of(rows) for rows in catalog], [stray])
    one_by_one = Found([], [*(row for rows in catalog for row in rows), stray])

    assert _left(by_block, there) == _left(one_by_one, there)


@settings(max_examples=40)
@given(catalogs(), st.lists(_STATES, min_size=12, max_size=12), st.data())
def test_changed_blocks_leave_what_their_rows_would_have_left(
    database: State, catalog: list[list[CatalogRow]], states: list[SkuState], data: st.DataObject
) -> None:
    rows = [row for batch in catalog for row in batch]
    there = [
        _there(sku(str(row.id), state), row, data.draw(_KNOWN))
        for row, state in zip(rows, states, strict=False)
    ]
    stray = CatalogRow(None, None, {}, 99, None, Defect("id", "", "every row needs an id"))
    by_block = Found([], [stray], [block_of(batch) for batch in catalog])
    one_by_one = _left(Found([], [*rows, stray]), there)

    ids = [row.id for row in there]
    with database.transaction() as transaction:
        transaction.put(there)
    recorded = _recorded(by_block, database)
    left, census = database.tracked(ids), database.census().states
    with database.transaction() as transaction:
        transaction.forget(ids)

    assert (left, *recorded) == one_by_one
    assert census == Counter(row.state for row in left.values())


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[State]:
    with closing(open_state(f"sqlite:///{tmp_path_factory.mktemp('state') / 'syncd.db'}")) as state:
        yield state


def _there(row: Tracked, of_catalog: CatalogRow, known: str) -> Tracked:
    """A row whose wish is what the catalog says now, or another; so is what is known."""
    wish = Translator(RULES).translate(of_catalog)
    if isinstance(wish, Held) or known == "another":
        return row
    return replace(row, desired=wish, known=wish if known == "equal" else row.known)


def _left(found: Found, there: list[Tracked]) -> tuple[object, ...]:
    state = FakeState()
    with state.transaction() as transaction:
        transaction.put(there)
    recorded = _recorded(found, state)
    return state.contents.skus, *recorded


def _recorded(found: Found, state: State) -> tuple[object, ...]:
    remarks = Remarks()
    reading = Recorder(state, RULES, Policy(), Watch(REQUEST, remarks)).whole(found, READING)
    assert reading.stray_count == 1
    return reading, sorted(remarks.sentences())
