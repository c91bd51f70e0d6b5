"""Cycles, the last reading and small facts."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from syncd.domain.attributes import ItemId
from syncd.domain.change import Action, Change, ChangeOutcome
from syncd.domain.cycle import (
    ChangeResult,
    Counts,
    CycleId,
    CycleResult,
    Guard,
    GuardStop,
    Mode,
    QuarantinedSku,
)
from syncd.domain.snapshot import Certificate, HeldSku, PageRun, Position, Reading
from syncd.domain.tracking import Held, SkuState
from syncd.ports import Census, State
from tests.contract.state.examples import CYCLE, FAILURE, NOON, put, sku

_PAGES = (PageRun("", 1, 2, 6),)
_CERTIFICATE = Certificate("catalog.csv", 10, 12, ("no line end",), ("same size",), pages=_PAGES)
_HELD = HeldSku("a", Held("hsCode", "1234.56.YW", "digits only", 7, "catalog.csv"))
_RESULT = CycleResult(
    id=CYCLE,
    mode=Mode.ONCE,
    started=NOON,
    finished=NOON + timedelta(seconds=1.5),
    certificate=_CERTIFICATE,
    duplicates=2,
    adopted=3,
    guards=(
        GuardStop(Guard.MAX_DELETE, 0.1, 0.4, (Action.DELETE,), "Too many.", (ItemId("b"),)),
        GuardStop(Guard.MAX_CREATE, 1000, 1001, (Action.CREATE, Action.UPDATE), "Too many."),
    ),
    held=(_HELD,),
    quarantined=(QuarantinedSku(ItemId("q"), FAILURE, NOON),),
    states={SkuState.IN_SYNC: 7, SkuState.PENDING: 1},
    writes_due=1,
    requests=42,
    notes=("The key may not read SKUs.",),
    error="The remote went away.",
    counts=Counts(1, 2, 3, 4, 5, 6),
)
_READING = Reading(
    position=Position("path:1:2:3", "meaning"),
    digest="d41d",
    certificate=_CERTIFICATE,
    at=NOON,
    duplicates=2,
    complete_reads=5,
    yardstick=11,
    strays=(_HELD,),
    stray_count=1001,
    counted=Position("path:1:2:2", "another meaning"),
)


def _record(state: State, *results: CycleResult) -> None:
    with state.transaction() as transaction:
        for result in results:
            transaction.record_cycle(result)


def test_a_cycle_comes_back_as_it_was(state: State) -> None:
    _record(state, _RESULT)

    assert state.cycle(CYCLE) == _RESULT


def test_shares_stay_shares_and_counts_stay_counts(state: State) -> None:
    whole = GuardStop(Guard.MAX_UPDATE, 1.0, 1, (), "One is not one.")
    _record(state, replace(_RESULT, guards=(whole,)))

    found = state.cycle(CYCLE)
    assert found is not None
    assert [type(found.guards[0].limit), type(found.guards[0].actual)] == [float, int]


def test_a_cycle_without_a_certificate_comes_back(state: State) -> None:
    early = CycleResult(CYCLE, Mode.SCHEDULED, NOON, NOON, None, error="No such file.")
    _record(state, early)

    assert state.cycle(CYCLE) == early


def test_the_changes_are_left_to_the_journal(state: State) -> None:
    change = ChangeResult(Change(ItemId("a"), Action.CREATE, 1), ChangeOutcome.DONE)
    _record(state, replace(_RESULT, changes=(change,)))

    assert state.cycle(CYCLE) == _RESULT


def test_a_cycle_that_is_recorded_again_is_replaced(state: State) -> None:
    _record(state, _RESULT)
    _record(state, replace(_RESULT, requests=43))

    assert [result.requests for result in state.cycles(5)] == [43]


def test_the_latest_cycles_come_first(state: State) -> None:
    hours = [CycleId(f"20261121T{hour:02}0000Z-0000") for hour in range(5)]
    _record(state, *(replace(_RESULT, id=hour) for hour in hours))

    assert [result.id for result in state.cycles(2)] == [hours[4], hours[3]]


def test_a_census_that_a_cycle_has_left_follows_what_is_written_after_it(state: State) -> None:
    put(state, [sku("a", owned=True), sku("b")])
    _record(state, _RESULT)
    after_the_cycle = state.census()
    put(state, [sku("a", SkuState.HELD)])
    after_a_write = state.census()
    with state.transaction() as transaction:
        transaction.record_cycle(_RESULT)
        transaction.forget([ItemId("b")])

    assert after_the_cycle == Census({SkuState.PENDING: 2}, 1)
    assert after_a_write == Census({SkuState.PENDING: 1, SkuState.HELD: 1}, 0)
    assert state.census() == Census({SkuState.HELD: 1}, 0)


def test_a_census_that_a_read_has_left_follows_what_is_written_after_it(state: State) -> None:
    with state.transaction() as transaction:
        transaction.put([sku("a")])
        transaction.record_reading(_READING)
        transaction.put([sku("b", SkuState.HELD)])
    after_the_read = state.census()
    put(state, [sku("a", SkuState.HELD)])

    assert after_the_read == Census({SkuState.PENDING: 1, SkuState.HELD: 1}, 0)
    assert state.census() == Census({SkuState.HELD: 2}, 0)


def test_a_census_outlives_a_write_that_was_broken_off(state: State) -> None:
    put(state, [sku("a")])
    _record(state, _RESULT)
    with suppress(ZeroDivisionError), state.transaction() as transaction:
        transaction.put([sku("b")])
        raise ZeroDivisionError

    assert state.census() == Census({SkuState.PENDING: 1}, 0)


def test_a_clock_that_was_put_back_does_not_hide_the_latest_cycle(state: State) -> None:
    later, earlier, running = (CycleId(f"{year}1121T000000Z-0000") for year in (2036, 2026, 2025))
    for cycle in (later, earlier):
        _record(state, replace(_RESULT, id=cycle))
        with state.transaction() as transaction:
            transaction.seal(cycle, NOON)
    _record(state, replace(_RESULT, id=running))

    assert [result.id for result in state.cycles(2)] == [running, earlier]
    assert [result.id for result in state.cycles(9)] == [running, earlier, later]


def test_a_cycle_that_never_was_is_none(state: State) -> None:
    assert state.cycle(CYCLE) is None
    assert list(state.cycles(5)) == []


def test_the_last_reading_replaces_the_one_before(state: State) -> None:
    assert state.reading() is None
    for reading in (_READING, replace(_READING, yardstick=None, strays=())):
        with state.transaction() as transaction:
            transaction.record_reading(reading)

        assert state.reading() == reading


def test_a_fact_is_remembered_until_another_takes_its_name(state: State) -> None:
    assert state.remembered("account") is None
    for value in ("one", "two", ""):
        with state.transaction() as transaction:
            transaction.remember("account", value)
            transaction.remember("other", "kept")

        assert state.remembered("account") == value
    assert state.remembered("other") == "kept"
