"""New rows that are recorded in blocks leave what they would have left one by one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from syncd.domain.attributes import Attribute, ItemId
from syncd.domain.cycle import CycleId, Mode
from syncd.domain.policy import Policy
from syncd.domain.row_block import RowBlock
from syncd.domain.snapshot import CatalogRow, Certificate, Defect, Position, Reading
from syncd.domain.tracking import Tracked
from syncd.service.recording import Recorder, Watch
from syncd.service.remarks import Remarks
from syncd.service.terms import CycleRequest
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
    """A comparison that found these rows new, and some that are broken."""

    blocks: Sequence[RowBlock]
    rows: Sequence[CatalogRow]
    certificate: Certificate = READING.certificate
    duplicates: int = 0

    def new(self) -> Iterator[RowBlock]:
        yield from self.blocks

    def changed(self) -> Iterator[RowBlock]:
        yield from ()

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


def _left(found: Found, there: list[Tracked]) -> object:
    state, remarks = FakeState(), Remarks()
    with state.transaction() as transaction:
        transaction.put(there)
    reading = Recorder(state, RULES, Policy(), Watch(REQUEST, remarks)).whole(found, READING)
    assert reading.stray_count == 1
    return state.contents.skus, reading, sorted(remarks.sentences())
