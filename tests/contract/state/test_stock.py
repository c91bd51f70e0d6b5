"""The history of stock: one point a day for each item, and no more than is kept."""

from __future__ import annotations

from datetime import timedelta

import pytest

from syncd.domain.attributes import ItemId
from syncd.domain.stock import StockPoint
from syncd.ports import State
from tests.contract.state.examples import sku
from tests.contract.state.histories import at

A, B = ItemId("a"), ItemId("b")


def point(item: ItemId, day: int, quantity: float | None, hours: int = 0) -> StockPoint:
    moment = at(day) + timedelta(hours=hours)
    return StockPoint(item, moment, quantity, in_stock=bool(quantity))


def note(state: State, *points: StockPoint) -> None:
    with state.transaction() as transaction:
        transaction.note_stock(points)


def test_points_come_oldest_first_as_they_were_noted(state: State, other: State) -> None:
    back = StockPoint(A, at(2), None, in_stock=False, back=at(9))
    note(state, point(A, 0, 3.5), point(B, 1, 0))
    note(state, back)

    assert other.stock_of([B, A, ItemId("c")]) == {
        A: [point(A, 0, 3.5), back],
        B: [point(B, 1, 0)],
    }


def test_of_a_day_the_last_point_counts(state: State) -> None:
    note(state, point(A, 0, 9), point(B, 0, 1))
    note(state, point(A, 0, 7, hours=5))

    assert state.stock_of([A, B]) == {A: [point(A, 0, 7, hours=5)], B: [point(B, 0, 1)]}


def test_nothing_is_noted_where_the_transaction_fails(state: State) -> None:
    def break_off() -> None:
        with state.transaction() as transaction:
            transaction.note_stock([point(A, 0, 9)])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()
    assert state.stock_of([A]) == {}


def test_points_that_were_over_before_the_history_begins_are_forgotten(state: State) -> None:
    with state.transaction() as transaction:
        transaction.put([sku("a"), sku("b")])
    note(state, *(point(A, day, day + 1.0) for day in range(4)), point(B, 0, 5))
    note(state, point(ItemId("gone"), 0, 1))

    assert sum(state.prune(at(2))) == 3

    assert state.stock_of([A]) == {A: [point(A, 2, 3), point(A, 3, 4)]}
    assert state.stock_of([B]) == {B: [point(B, 0, 5)]}  # it has had five all the time
    assert state.stock_of([ItemId("gone")]) == {}


def test_many_points_are_noted_and_read_at_once(state: State) -> None:
    ids = [ItemId(f"sku-{number:04}") for number in range(2_500)]
    note(state, *(point(item, 0, 1) for item in ids))

    assert list(state.stock_of(ids)) == ids
