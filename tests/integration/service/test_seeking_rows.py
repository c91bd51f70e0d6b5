"""Rows are looked at, and held ones sought, before anything is locked to record them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from syncd.catalog import FileSource
from syncd.catalog.scan import Scan
from syncd.catalog.sql import Look
from syncd.domain.attributes import Attribute, ItemId
from syncd.domain.cycle import CycleId, Mode
from syncd.domain.event import Event
from syncd.domain.policy import Policy
from syncd.domain.row_block import RowBlock
from syncd.domain.snapshot import CatalogRow, Reading
from syncd.engine.translate import Translator
from syncd.engine.wishes import Wishes
from syncd.ports import State
from syncd.service.recording import Recorder, Watch
from syncd.service.remarks import Remarks
from syncd.service.terms import CycleRequest
from syncd.state import open_state, open_state_to_receive
from tests.contract.catalog.reads import file_catalog
from tests.property.test_canonical import RULES

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

LINES = ["sku,mpn,origin\n", *(f"{letter},1,DK\n" for letter in "ABCDEFGHI")]
EVENT = Event("e", "sku.updated", ItemId("A"), datetime.now(UTC))


def test_an_event_is_kept_while_the_row_of_a_changed_record_is_sought(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[bool] = []

    def receive() -> None:
        with (
            closing(open_state_to_receive(_url(tmp_path), timedelta())) as beside,
            beside.transaction() as transaction,
        ):
            kept.append(transaction.receive(EVENT))

    with closing(open_state(_url(tmp_path))) as state:
        _rewritten(tmp_path, state, "E,1,nowhere")
        _whenever_rows_are_sought(monkeypatch, receive)
        _read(tmp_path, state)
        held = state.tracked([ItemId("E")])[ItemId("E")].held

    assert kept == [True]
    assert held is not None
    assert (held.attribute, held.row) == ("countryOfOrigin", 6)


@pytest.mark.parametrize(("kept", "times"), [(1, 1), (0, 2)])
def test_few_changed_rows_are_handed_out_and_translated_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: int, times: int
) -> None:
    monkeypatch.setattr("syncd.service.recording._KEPT", kept)
    with closing(open_state(_url(tmp_path))) as state:
        _rewritten(tmp_path, state, "E,2,DK")
        given = _blocks_given(monkeypatch)
        _read(tmp_path, state)
        row = state.tracked([ItemId("E")])[ItemId("E")]

    assert given == [["E"]] * times
    assert row.desired is not None
    assert row.desired[Attribute.PART_NUMBER] == "2"


def _blocks_given(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    given: list[list[str]] = []
    translate = Translator.translate_block

    def note(self: Translator, block: RowBlock) -> tuple[Wishes, list[CatalogRow]]:
        given.append(list(block.ids))
        return translate(self, block)

    monkeypatch.setattr(Translator, "translate_block", note)
    return given


def _rewritten(folder: Path, state: State, line: str) -> None:
    """Record a catalog, and then let one of its rows be another."""
    file = folder / "catalog.csv"
    file.write_text("".join(LINES))
    _read(folder, state)
    file.write_text("".join(LINES).replace("E,1,DK", line))


def _read(folder: Path, state: State) -> None:
    request = CycleRequest(CycleId("1"), Mode.ONCE, "a test")
    watch = Watch(request, Remarks())
    recorder = Recorder(state, RULES, Policy(), watch)
    source = FileSource(file_catalog(folder / "catalog.csv"), "meaning")
    with (
        state.fingerprints() as fingerprints,
        source.read(None, watch.advance) as snapshot,
        snapshot.compare(fingerprints) as found,
    ):
        digest, now = snapshot.digest(), datetime.now(UTC)
        recorder.whole(found, Reading(snapshot.position, digest, found.certificate, now))


def _whenever_rows_are_sought(monkeypatch: pytest.MonkeyPatch, do: Callable[[], None]) -> None:
    rows = Scan.rows

    def note(self: Scan, connection: DuckDBPyConnection, look: Look) -> str:
        if look.name == "places":
            do()
        return rows(self, connection, look)

    monkeypatch.setattr(Scan, "rows", note)


def _url(folder: Path) -> str:
    return f"sqlite:///{folder / 'syncd.db'}"
