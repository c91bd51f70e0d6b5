"""Looking on, and small writes, in a process that works on the state by another handle."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from syncd.domain.attributes import ItemId
from syncd.domain.event import Event
from syncd.errors import LeaseHeldError, StateBusyError, StateError
from syncd.ports import State
from syncd.state import open_state, open_state_beside, open_state_to_receive
from tests.contract.state.examples import put, sku

PATIENCE = timedelta(milliseconds=200)
EVENT = Event("evt_1", "sku.updated", ItemId("a"), datetime(2026, 11, 21, 12, tzinfo=UTC))


def receive(state: State) -> bool:
    with state.transaction() as transaction:
        return transaction.receive(EVENT)


def test_it_sees_what_the_other_has_written_and_leaves_no_trace(url: str, file: Path) -> None:
    with closing(open_state(url)) as working:
        put(working, [sku("a")])
        before = sorted(file.parent.iterdir())
        with closing(open_state_beside(url, PATIENCE)) as beside:
            assert beside.tracked([ItemId("a")]) == {"a": sku("a")}
            put(working, [sku("b")])
            assert sum(beside.census().states.values()) == 2
            assert sorted(file.parent.iterdir()) == before
            with pytest.raises(StateError):
                put(beside, [sku("c")])


def test_a_private_copy_of_it_can_be_written(url: str) -> None:
    with closing(open_state(url)) as working, closing(open_state_beside(url, PATIENCE)) as beside:
        with beside.overlay() as overlay:
            put(overlay, [sku("a")])
            assert sum(overlay.census().states.values()) == 1
        assert sum(working.census().states.values()) == 0


def test_what_is_not_there_is_told_when_it_is_asked_for_and_not_made(url: str, file: Path) -> None:
    with closing(open_state_beside(url, PATIENCE)) as beside, pytest.raises(StateError):
        beside.census()
    assert list(file.parent.iterdir()) == []


def test_closing_it_takes_no_lock_of_the_other_away(url: str) -> None:
    with closing(open_state(url)) as working:
        put(working, [sku("a")])
        with working.lease("a cycle", timedelta()), working.duty("a daemon") as duty:
            for _ in range(3):
                with closing(open_state_beside(url, PATIENCE)) as beside:
                    beside.census()
                with closing(open_state_to_receive(url, PATIENCE)) as receiving:
                    receive(receiving)
            duty.show()
            put(working, [sku("b")])
            with closing(open_state(url)) as other:
                another = other.lease("another", timedelta())
                with pytest.raises(LeaseHeldError), another:
                    pytest.fail("it was taken though it is held")


def test_a_small_write_passes_beside_a_cycle(url: str) -> None:
    with closing(open_state(url)) as working, working.lease("a cycle", timedelta()):
        with closing(open_state_to_receive(url, PATIENCE)) as receiving:
            assert receive(receiving)
        assert not receive(working)  # which still may write


def test_a_small_write_waits_no_longer_than_it_may(url: str, file: Path) -> None:
    open_state(url).close()
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with closing(open_state_to_receive(url, PATIENCE)) as receiving:
            began = time.monotonic()
            with pytest.raises(StateBusyError):
                receive(receiving)
        assert time.monotonic() - began < 2
