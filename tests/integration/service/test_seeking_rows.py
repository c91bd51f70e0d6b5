"""The row of a record that is held is sought before anything is locked for recording it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from syncd.catalog import FileSource
from syncd.catalog.scan import Scan
from syncd.catalog.sql import Look
from syncd.domain.attributes import ItemId
from syncd.domain.cycle import CycleId, Mode
from syncd.domain.event import Event
from syncd.domain.policy import Policy
from syncd.domain.snapshot import Reading
from syncd.ports import State
from syncd.service.recording import Recorder, Watch
from syncd.service.remarks import Remarks
from syncd.service.terms import CycleRequest
from syncd.state import open_state, open_state_to_receive
from tests.contract.catalog.reads import file_catalog
from tests.property.test_canonical import RULES

if TYPE_CHECKING:
    import pytest
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
        _spoilt(tmp_path, state)
        _whenever_rows_are_sought(monkeypatch, receive)
        _read(tmp_path, state)
        held = state.tracked([ItemId("E")])[ItemId("E")].held

    assert kept == [True]
    assert held is not None
    assert (held.attribute, held.row) == ("countryOfOrigin", 6)


def _spoilt(folder: Path, state: State) -> None:
    """Record a catalog, and then let one of its rows break a rule."""
    file = folder / "catalog.csv"
    file.write_text("".join(LINES))
    _read(folder, state)
    file.write_text("".join(LINES).replace("E,1,DK", "E,1,nowhere"))


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
