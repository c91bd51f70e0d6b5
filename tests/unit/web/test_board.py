"""What the board reads of a state, and what it makes of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from syncd.domain.change import Action
from syncd.domain.cycle import UNFINISHED, CycleId, CycleResult, Guard, GuardStop
from syncd.domain.delivery import Kind
from syncd.domain.journal import Settlement
from syncd.domain.snapshot import Certificate, HeldSku, Position, Reading
from syncd.domain.tracking import Held, SkuState
from syncd.service.board import CYCLES, LOOKED_AT, read_board
from tests.contract.state.examples import intent, put, sku
from tests.contract.state.histories import result
from tests.fakes.state import FakeState

NOW = datetime(2026, 11, 21, 12, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = 24 * HOUR


STOP = GuardStop(Guard.MAX_DELETE, 0.1, 0.4, (Action.DELETE,), "Too many.")


@pytest.fixture
def state() -> FakeState:
    return FakeState()


def _record(state: FakeState, *results: CycleResult) -> None:
    with state.transaction() as transaction:
        for one in results:
            transaction.record_cycle(one)


def _write(state: FakeState, begun: datetime, action: Action, kind: Kind | None) -> None:
    with state.transaction() as transaction:
        (write,) = transaction.begin_writes([intent("a", action, begun)])
        if kind is not None:
            transaction.end_writes([Settlement(write, kind, begun)])


def test_an_empty_state_has_an_empty_board(state: FakeState) -> None:
    board = read_board(state, NOW, DAY)

    assert (board.last, board.judged, board.unfinished, board.stops) == (None, None, None, ())
    assert (board.held_count, board.count(*SkuState)) == (0, 0)
    assert [hour.failed for hour in board.hours] == [0] * 24


def test_the_hours_are_those_of_the_clock_and_the_last_is_not_over(state: FakeState) -> None:
    hours = read_board(state, NOW, DAY).hours

    assert [hour.start for hour in hours[:2]] == [
        datetime(2026, 11, 20, 13, tzinfo=UTC),
        datetime(2026, 11, 20, 14, tzinfo=UTC),
    ]
    assert hours[-1].start == datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_writes_stand_in_their_hour_by_what_became_of_them(state: FakeState) -> None:
    _write(state, NOW, Action.CREATE, Kind.ACCEPTED)
    _write(state, NOW, Action.DELETE, Kind.GONE)
    _write(state, NOW, Action.UPDATE, Kind.GONE)
    _write(state, NOW - HOUR, Action.UPDATE, Kind.REFUSED)
    _write(state, NOW - HOUR, Action.UPDATE, Kind.UNKNOWN)
    _write(state, NOW - 25 * HOUR, Action.UPDATE, Kind.ACCEPTED)

    *earlier, before, last = read_board(state, NOW, DAY).hours

    assert (dict(last.done), last.failed) == ({Action.CREATE: 1, Action.DELETE: 1}, 1)
    assert (dict(before.done), before.failed) == ({}, 2)
    assert not any(hour.done or hour.failed for hour in earlier)


def test_a_write_that_is_on_its_way_is_no_failure(state: FakeState) -> None:
    _write(state, NOW, Action.CREATE, None)

    assert read_board(state, NOW, DAY).hours[-1].failed == 0


def test_a_cycle_that_goes_on_is_not_the_last_one(state: FakeState) -> None:
    ended, goes_on = CycleId("20261121T1"), CycleId("20261121T2")
    _record(state, result(ended), result(goes_on, error=UNFINISHED))

    board = read_board(state, NOW, DAY)

    assert board.last == result(ended)
    assert board.unfinished == result(goes_on, error=UNFINISHED)


def test_a_cycle_that_was_killed_is_one_that_has_ended(state: FakeState) -> None:
    killed, ended = CycleId("20261121T1"), CycleId("20261121T2")
    _record(state, result(killed, error=UNFINISHED), result(ended))

    board = read_board(state, NOW, DAY)

    assert board.unfinished is None
    assert [cycle.id for cycle in board.cycles] == [ended, killed]


def test_what_guards_stopped_stands_until_another_cycle_comes_as_far(state: FakeState) -> None:
    stopped, failed, passed = (CycleId(f"20261121T{number}") for number in range(3))
    _record(state, replace(result(stopped), guards=(STOP,)), result(failed, error="no catalog"))

    assert read_board(state, NOW, DAY).stops == (STOP,)

    _record(state, result(passed))
    assert read_board(state, NOW, DAY).stops == ()


def test_only_the_latest_cycles_are_looked_at(state: FakeState) -> None:
    _record(state, *(result(CycleId(f"{number:04}")) for number in range(CYCLES + 5)))

    board = read_board(state, NOW, DAY)

    assert [board.cycles[0].id, board.cycles[-1].id] == [f"{CYCLES + 4:04}", "0005"]


def test_of_many_that_wait_some_are_looked_at_and_all_counted(state: FakeState) -> None:
    many = range(LOOKED_AT + 50)
    put(state, [sku(f"H{number:04}", SkuState.HELD) for number in many])
    put(state, [sku(f"Q{number:04}", SkuState.QUARANTINED) for number in many])

    board = read_board(state, NOW, DAY)

    assert (len(board.held), len(board.quarantined)) == (LOOKED_AT, LOOKED_AT)
    assert (board.held_count, board.count(SkuState.QUARANTINED)) == (len(many), len(many))


def test_rows_without_an_id_are_held_as_well(state: FakeState) -> None:
    stray = HeldSku("", Held("id", "", "every row needs an id", row=9))
    reading = Reading(
        Position("", ""), "", Certificate("c", 1, 1), NOW, strays=(stray,), stray_count=7
    )
    put(state, [sku("a", SkuState.HELD)])
    with state.transaction() as transaction:
        transaction.record_reading(reading)

    board = read_board(state, NOW, DAY)

    assert board.held_count == 8
    assert board.held[-1] == stray
